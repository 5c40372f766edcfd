#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validation_info
short_description: See whether what serves on an app host is what it should be
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Checks the release that serves against its own record. It reads what C(steward validate) on the host reads, and
    needs no model.
  - V(environment) looks at secret files and variables by name and kind, and shows no value. V(imports) runs the
    commands C(checks) of each service, and V(migrations) its commands C(heads) and C(current), in a container of its
    own that is removed. V(containers) compares what runs with the ledger and with the Compose files of the release.
  - Nothing that serves is touched.
extends_documentation_fragment:
  - steward.platform.looking
options:
  checks:
    description: What to check, of V(environment), V(imports), V(migrations) and V(containers); all when it is empty.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check everything
  steward.platform.validation_info:
  register: seen

- name: See the findings
  ansible.builtin.debug:
    msg: "{{ seen.findings }}"

- name: See whether the databases are at the schema of the code
  steward.platform.validation_info:
    checks: [migrations]
"""

RETURN = r"""
report:
  description: The document that C(steward validate --json) prints.
  returned: success
  type: dict
status:
  description: The worst of all findings, V(pass), V(warn), V(unknown) or V(fail).
  returned: success
  type: str
findings:
  description: What is not well, one line each.
  returned: success
  type: list
  elements: str
table:
  description: The report for people, a table for each service.
  returned: success
  type: str
"""

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.core.module import Parameters, run_info
from ansible_collections.steward.platform.plugins.module_utils.validation.client import validate
from ansible_collections.steward.platform.plugins.module_utils.validation.report import lines, render


def look(parameters: Parameters) -> dict[str, Any]:
    report = validate(parameters["checks"])
    return {"report": report, "status": report["status"], "findings": lines(report), "table": render(report)}


def main() -> None:
    run_info({"checks": {"type": "list", "elements": "str", "default": []}}, look)


if __name__ == "__main__":
    main()
