#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_trial
short_description: Try the new images of a release before they may serve
version_added: 0.1.0
description:
  - For each service that the release adds or replaces, runs its checks, migrates an empty scratch database and, for a
    web service, starts one container and waits for its startup path. Workers and schedulers are not started, they
    would take real work.
  - The trial has its own containers, network and copies of the secrets, publishes no port, and leaves nothing behind.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.attributes
options:
  services:
    description: What RV(steward.platform.release_stage#module:services) said.
    type: dict
    required: true
  scratch:
    description: Of each database the name of its scratch copy.
    type: dict
    required: true
  timeout:
    description: Seconds each container has to answer.
    type: int
    default: 90
"""

EXAMPLES = r"""
- name: Try the images
  steward.platform.release_trial:
    platform: "{{ platform }}"
    services: "{{ staged.services }}"
    scratch:
      app: steward_scratch_app

- name: Give a slow starter more time
  steward.platform.release_trial:
    platform: "{{ platform }}"
    services: "{{ staged.services }}"
    scratch: {}
    timeout: 300

- name: Name what would be tried
  steward.platform.release_trial:
    platform: "{{ platform }}"
    services: "{{ staged.services }}"
    scratch: {}
  check_mode: true
"""

RETURN = r"""
tried:
  description: The services whose image was tried.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.release.trial.client import try_services


def main() -> None:
    spec = {
        "platform": {"type": "dict", "required": True},
        "services": {"type": "dict", "required": True},
        "scratch": {"type": "dict", "required": True},
        "timeout": {"type": "int", "default": 90},
    }
    run_info(spec, try_services)


if __name__ == "__main__":
    main()
