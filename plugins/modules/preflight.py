#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Refuse a deploy before it changes anything
version_added: 0.1.0
description:
  - Checks system, disk, memory, clock, ports and the Docker API of the host against what its groups will run.
  - The action on the controller also checks every C(deploy_*) option, and the given secrets for placeholders,
    weakness and reuse, naming them and never showing a value.
  - All defects are told at once, one line each.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.looking
options:
  groups:
    description: The groups of the platform this host is in.
    type: list
    elements: str
    required: true
  now:
    description: Set by the action only. The controller's clock in seconds since 1970.
    type: float
  force:
    description: Set by the action only. Whether disk, memory and clock only warn.
    type: bool
    default: false
  secrets_restored:
    description: Whether secrets that were not given come back with OpenBao's snapshot, so that none is missed.
    type: bool
    default: false
  expected_secrets:
    description: Set by the action only. Paths of secrets that were not given, so that OpenBao must have them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check the host
  steward.platform.preflight:
    platform: "{{ platform }}"
    groups: "{{ platform.hosts[inventory_hostname].groups }}"
  register: checked

- name: See every finding
  ansible.builtin.debug:
    var: checked.findings

- name: See the options of this deploy
  ansible.builtin.debug:
    var: checked.deploy
"""

RETURN = r"""
findings:
  description: What was checked, with name, status, message and hint.
  returned: always
  type: list
  elements: dict
deploy:
  description: The options of this deploy by their short names, with defaults.
  returned: success
  type: dict
  sample: {force: false, skip_backup: false}
"""

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.findings import FAIL
from ansible_collections.steward.platform.plugins.module_utils.core.module import Parameters, run_info
from ansible_collections.steward.platform.plugins.module_utils.preflight import client
from ansible_collections.steward.platform.plugins.module_utils.preflight.plan import find_all


def look(parameters: Parameters) -> dict[str, Any]:
    expected = [] if parameters["secrets_restored"] else parameters["expected_secrets"]
    host = client.observe(parameters["platform"]["name"], expected)
    found = find_all(
        parameters["platform"],
        parameters["groups"],
        host,
        parameters["now"],
        expected,
        force=parameters["force"],
    )
    findings = [finding.to_dict() for finding in found]
    failed = [finding for finding in found if finding.status == FAIL]
    if failed:
        lines = "\n".join(f"- {finding.message}. {finding.hint}" for finding in failed)
        raise StewardError(f"this host is not ready, nothing was changed:\n{lines}", data={"findings": findings})
    return {"findings": findings}


def main() -> None:
    spec = {
        "platform": {"type": "dict", "required": True},
        "groups": {"type": "list", "elements": "str", "required": True},
        "secrets_restored": {"type": "bool", "default": False},
        "now": {"type": "float"},
        "force": {"type": "bool", "default": False},
        "expected_secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
    }
    run_info(spec, look)


if __name__ == "__main__":
    main()
