#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: system_update_info
short_description: Plan the update of a host's Debian packages
version_added: 0.1.0
description:
  - Fetches the package lists into a folder of its own, C(/var/cache/steward/apt-lists), and tells which packages would
    be updated, which of them for security, which services use what they replace, and whether the host has to reboot.
  - A service that uses files which are no longer on disk is found by what its processes have in memory, also when
    somebody else has updated the host.
extends_documentation_fragment:
  - steward.platform.system_update
  - steward.platform.looking
"""

EXAMPLES = r"""
- name: Plan an update
  steward.platform.system_update_info:
    protected: [docker.service, "postgresql@*.service"]
  register: planned

- name: Show it
  ansible.builtin.debug:
    msg: "{{ planned.table }}"

- name: See what a reboot is needed for
  steward.platform.system_update_info:
    reboot: when_needed
  register: planned
"""

RETURN = r"""
packages:
  description: What is done with which package, with versions, origin, and whether it is a security update.
  returned: success
  type: list
  elements: dict
held:
  description: Packages that somebody holds; they stay.
  returned: success
  type: list
  elements: str
kept_back:
  description: Packages whose newer version cannot be had.
  returned: success
  type: list
  elements: str
refused_removals:
  description: Packages that would be removed by an upgrade which is left for that.
  returned: success
  type: list
  elements: str
restarts:
  description: Units that use replaced files and are restarted.
  returned: success
  type: list
  elements: str
deferred:
  description: Units that use replaced files and are not restarted.
  returned: success
  type: list
  elements: str
interrupted:
  description: Protected units that an upgraded package itself restarts.
  returned: success
  type: list
  elements: str
reboot:
  description: Whether the host is to reboot.
  returned: success
  type: bool
reboot_reasons:
  description: Why it must reboot to run what it has.
  returned: success
  type: list
  elements: str
table:
  description: The plan for people.
  returned: success
  type: str
"""

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.core.module import Parameters, run_info
from ansible_collections.steward.platform.plugins.module_utils.system_update.client import observe
from ansible_collections.steward.platform.plugins.module_utils.system_update.model import REBOOTS, RESTARTS
from ansible_collections.steward.platform.plugins.module_utils.system_update.plan import plan


def look(parameters: Parameters) -> dict[str, Any]:
    return dict(plan(parameters, observe(parameters)).facts)


def main() -> None:
    spec = {
        "allow_removals": {"type": "bool", "default": False},
        "restart": {"type": "str", "choices": list(RESTARTS), "default": "safe"},
        "reboot": {"type": "str", "choices": list(REBOOTS), "default": "when_needed"},
        "protected": {"type": "list", "elements": "str", "default": []},
    }
    run_info(spec, look)


if __name__ == "__main__":
    main()
