#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_report
short_description: Report the recovery of a site as JSON and as one HTML page
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Brings the journals of all hosts together and measures how long it took and how much was lost, beside what the
    platform declares. A drill is also compared with its source.
  - Writes C(<platform>-<kind>-<id>.json) and C(.html) into O(folder). The page needs nothing else and asks nobody.
attributes:
  check_mode:
    description: Can run in check mode and return the report without writing it.
    support: full
  diff_mode:
    description: Names the files.
    support: full
  idempotent:
    description: The same report is not written again.
    support: full
options:
  kind:
    description: What it is a report of.
    type: str
    choices: [recovery, drill]
    required: true
  journals:
    description: The journal of each host by its name, as M(steward.platform.recovery_site) returns it.
    type: dict
    required: true
  objectives:
    description: C(rto_seconds) and C(rpo_seconds) that the platform declares.
    type: dict
    default: {}
  lost:
    description: The moment at which the source was lost, in UTC. By default, when the recovery was begun.
    type: str
    default: ""
  source:
    description: For a drill, C(before) and C(after), the figures of the source around its target.
    type: dict
    default: {}
  found:
    description: For a drill, the figures of what came back.
    type: dict
    default: {}
  folder:
    description: Where the report is written; it is made when it is missing.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Report a recovery
  steward.platform.recovery_report:
    kind: recovery
    journals: {db1: "{{ recovered.journal }}"}
    objectives: {rto_seconds: 3600, rpo_seconds: 300}
    folder: reports
  delegate_to: localhost
  become: false

- name: Report it from when the data centre was lost
  steward.platform.recovery_report:
    kind: recovery
    journals: {db1: "{{ recovered.journal }}"}
    lost: "2024-12-25T14:30:00Z"
    folder: reports
  delegate_to: localhost
  become: false

- name: Report a drill
  steward.platform.recovery_report:
    kind: drill
    journals: {db1: "{{ recovered.journal }}"}
    source: {before: "{{ first.figures }}", after: "{{ second.figures }}"}
    found: "{{ copy.figures }}"
    folder: reports
  delegate_to: localhost
  become: false
"""

RETURN = r"""
report:
  description: The report, with C(verdict), C(rto_seconds), C(rpo_seconds), C(findings), C(timeline) and C(parts).
  type: dict
  returned: success
paths:
  description: Its files, JSON and HTML.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.recovery.site import client, reporting
from ansible_collections.steward.platform.plugins.module_utils.recovery.site.plan import MODES

SPEC = {
    "kind": {"type": "str", "required": True, "choices": list(MODES)},
    "journals": {"type": "dict", "required": True},
    "objectives": {"type": "dict", "default": {}},
    "lost": {"type": "str", "default": ""},
    "source": {"type": "dict", "default": {}},
    "found": {"type": "dict", "default": {}},
    "folder": {"type": "path", "required": True},
}


def main():
    run_module(
        SPEC,
        observe=client.observe_report,
        plan=reporting.plan_report,
        apply=client.write_report,
    )


if __name__ == "__main__":
    main()
