#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: system_update
short_description: Update a host's Debian packages
version_added: 0.1.0
description:
  - Does what M(steward.platform.system_update_info) plans, then restarts the services that use replaced files. It does
    not reboot; RV(reboot) tells whether that is to be done.
  - Held packages stay, configuration files that somebody changed stay.
  - What was done is written to C(/var/lib/steward/system-update.json).
extends_documentation_fragment:
  - steward.platform.system_update
attributes:
  check_mode:
    description: Fetches the package lists into a folder of its own, and changes nothing else.
    support: full
  diff_mode:
    description: Shows the versions of each package.
    support: full
  idempotent:
    description: A second run changes nothing, as long as no newer version appears.
    support: full
"""

EXAMPLES = r"""
- name: Update, and leave to a later hour what interrupts
  steward.platform.system_update:
    protected: [docker.service, "postgresql@*.service"]
  register: updated

- name: Update and restart everything that uses replaced files
  steward.platform.system_update:
    restart: all
    reboot: "false"

- name: See what would be done
  steward.platform.system_update:
  check_mode: true
  diff: true
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

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.system_update.client import apply, observe
from ansible_collections.steward.platform.plugins.module_utils.system_update.model import REBOOTS, RESTARTS
from ansible_collections.steward.platform.plugins.module_utils.system_update.plan import plan


def main() -> None:
    spec = {
        "allow_removals": {"type": "bool", "default": False},
        "restart": {"type": "str", "choices": list(RESTARTS), "default": "safe"},
        "reboot": {"type": "str", "choices": list(REBOOTS), "default": "when_needed"},
        "protected": {"type": "list", "elements": "str", "default": []},
    }
    run_module(spec, observe=observe, plan=plan, apply=apply)


if __name__ == "__main__":
    main()
