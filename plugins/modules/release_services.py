#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_services
short_description: Stop what serves on a host, or start it again
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Stops or starts the services of the release that serves on the host, all at once, by their units. Units stay
    enabled. A service has started when all its containers run.
  - For procedures that hold the lease; by hand there is C(steward app).
attributes:
  check_mode:
    description: Can run in check mode and name the services it would stop or start.
    support: full
  diff_mode:
    description: Shows the state before and after for each service.
    support: full
  idempotent:
    description: A second run changes nothing while the services stay in their state.
    support: full
options:
  state:
    description: What the services shall be.
    type: str
    choices: [stopped, started]
    required: true
  services:
    description: The services meant; all of the host when it is empty.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Stop what writes
  steward.platform.release_services:
    state: stopped
  register: fenced

- name: Start it again
  steward.platform.release_services:
    state: started
    services: "{{ fenced.services }}"
"""

RETURN = r"""
services:
  description: Those that were stopped or started.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.release.running.client import apply, observe_here
from ansible_collections.steward.platform.plugins.module_utils.release.running.plan import VERBS, plan_all


def main():
    run_module(
        {
            "state": {"type": "str", "choices": list(VERBS), "required": True},
            "services": {"type": "list", "elements": "str", "default": []},
        },
        observe=lambda options: observe_here(),
        plan=lambda options, services: plan_all(options["state"], services, options["services"]),
        apply=lambda options, plan: apply(VERBS[options["state"]], plan),
    )


if __name__ == "__main__":
    main()
