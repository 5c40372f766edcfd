#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_render
short_description: Render the secrets of an application host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Runs the unit that renders the secrets when some rendered file is not as it should be, and then checks the files.
  - A service whose files are still wrong is an error that names it, with what the unit said last.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without rendering.
    support: full
  diff_mode:
    description: Names the services, never a secret.
    support: full
  idempotent:
    description: A second run changes nothing, unless O(force) is given.
    support: full
extends_documentation_fragment:
  - steward.platform.openbao
  - steward.platform.openbao.rendered
options:
  unit:
    description: The unit that renders.
    type: str
    required: true
  force:
    description: Render also what looks right, because the way it is rendered changed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Render what is old
  steward.platform.openbao_render:
    address: https://10.90.2.10:8200
    platform: "{{ platform.name }}"
    services: "{{ platform.services }}"
    secrets_directory: "{{ platform.paths.secrets }}"
    unit: dotmac-secrets.service

- name: Render everything again
  steward.platform.openbao_render:
    address: https://10.90.2.10:8200
    platform: "{{ platform.name }}"
    services: "{{ platform.services }}"
    secrets_directory: "{{ platform.paths.secrets }}"
    unit: dotmac-secrets.service
    force: true

- name: See whether a rotation has reached this host
  steward.platform.openbao_render:
    address: https://10.90.2.10:8200
    platform: "{{ platform.name }}"
    services: "{{ platform.services }}"
    secrets_directory: "{{ platform.paths.secrets }}"
    unit: dotmac-secrets.service
  check_mode: true
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.agent import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ACCESS_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.parse import parse_services
from ansible_collections.steward.platform.plugins.module_utils.openbao.plan import plan_rendering

SPEC = {
    **ACCESS_SPEC,
    "platform": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "dict", "required": True},
    "approle_directory": {"type": "path", "default": "/etc/steward/approle"},
    # A path, not a secret.
    "secrets_directory": {"type": "path", "required": True, "no_log": False},
    "unit": {"type": "str", "required": True},
    "force": {"type": "bool", "default": False},
}


def main():
    run_module(
        SPEC,
        observe=lambda options: client.check_services(options, parse_services(options["services"])),
        plan=lambda options, seen: plan_rendering(parse_services(options["services"]), seen, force=options["force"]),
        apply=lambda options, plan: client.render(options, parse_services(options["services"])),
    )


if __name__ == "__main__":
    main()
