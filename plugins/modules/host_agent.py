#!/usr/bin/python
# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program ``steward`` on a host; its action plugin builds and uploads it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_agent
short_description: Install the program steward on a host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Builds the program from this collection on the controller, as one file that Debian's C(python3) runs, and installs
    it atomically with mode C(0755).
  - The same collection gives the same bytes on every controller, so a host is only touched when the code differs.
  - The file is sent only when it differs.
attributes:
  check_mode:
    description: Predicts the change, sends nothing.
    support: full
  diff_mode:
    description: Shows version and content hash of the program before and after.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  action:
    description: Builds the program on the controller.
    support: full
options:
  path:
    description:
      - Where the program is installed. The folder must exist.
    type: path
    default: /usr/local/bin/steward
  digest:
    description:
      - SHA-256 of the program. Filled in by the action.
    type: str
    default: ""
  build:
    description:
      - Version and content hash for the diff. Filled in by the action.
    type: str
    default: ""
  source:
    description:
      - Uploaded program on the host. Filled in by the action.
    type: path
"""

EXAMPLES = r"""
- name: Install the program steward
  steward.platform.host_agent:

- name: Install it beside another version
  steward.platform.host_agent:
    path: /opt/steward/bin/steward

- name: See whether a host has the program of this collection
  steward.platform.host_agent:
  check_mode: true
  register: agent
"""

RETURN = r"""
build:
  description: The program's name with version and content hash.
  returned: success
  type: str
  sample: steward 0.1.0 (0f3a9c5d7e21)
"""

from ..module_utils.core.module import Parameters, run_module
from ..module_utils.core.plan import Plan
from ..module_utils.zipapp.client import install
from ..module_utils.zipapp.client import observe as observe_program
from ..module_utils.zipapp.plan import Installed, plan_install


def observe(options: Parameters) -> Installed | None:
    return observe_program(options["path"])


def plan(options: Parameters, seen: Installed | None) -> Plan:
    return plan_install(options["path"], options["digest"], options["build"], seen)


def apply(options: Parameters, wanted: Plan) -> None:
    # Without an upload this call only asks whether one is needed.
    if options["source"]:
        install(options["source"], options["path"], options["digest"])


def main() -> None:
    run_module(
        {
            "path": {"type": "path", "default": "/usr/local/bin/steward"},
            "digest": {"type": "str", "default": ""},
            "build": {"type": "str", "default": ""},
            "source": {"type": "path"},
        },
        observe=observe,
        plan=plan,
        apply=apply,
    )


if __name__ == "__main__":
    main()
