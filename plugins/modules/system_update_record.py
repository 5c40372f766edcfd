#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: system_update_record
short_description: Record how the update of a host ended
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Completes C(/var/lib/steward/system-update.json), and adds it as one line to C(/var/log/steward/updates.jsonl).
attributes:
  check_mode:
    description: In check mode nothing was updated, so this is skipped.
    support: none
  diff_mode:
    description: A record is bookkeeping, not configuration.
    support: none
  idempotent:
    description: Never reports a change.
    support: full
options:
  outcome:
    description: How it ended.
    type: str
    choices: [ok, failed]
    required: true
  error:
    description: What went wrong.
    type: str
    default: ""
  updated:
    description: Whether M(steward.platform.system_update) changed something; it began the record then.
    type: bool
    default: true
  rebooted:
    description: Whether the host was rebooted.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Record that all is well
  steward.platform.system_update_record:
    outcome: ok
    rebooted: true

- name: Record a failure
  steward.platform.system_update_record:
    outcome: failed
    error: "{{ ansible_failed_result.msg }}"

- name: Record that there was nothing to do
  steward.platform.system_update_record:
    outcome: ok
    updated: false
"""

RETURN = r"""
record:
  description: The whole record.
  returned: success
  type: dict
"""

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.core.module import Parameters, run_info
from ansible_collections.steward.platform.plugins.module_utils.system_update.client import close


def look(parameters: Parameters) -> dict[str, Any]:
    return {"record": close(parameters)}


def main() -> None:
    spec = {
        "outcome": {"type": "str", "choices": ["ok", "failed"], "required": True},
        "error": {"type": "str", "default": ""},
        "updated": {"type": "bool", "default": True},
        "rebooted": {"type": "bool", "default": False},
    }
    run_info(spec, look, supports_check_mode=False)


if __name__ == "__main__":
    main()
