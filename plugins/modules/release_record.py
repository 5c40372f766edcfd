#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_record
short_description: Complete the record of a release
version_added: 0.1.0
description:
  - Overlays the record C(/opt/<platform>/releases/<id>/release.json) with what is known at the end of a deploy, such
    as the stages with their seconds and outcome.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.identity
  - steward.platform.release.attributes
options:
  entries:
    description: Keys and values to write.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Record the stages
  steward.platform.release_record:
    platform: "{{ platform }}"
    release: "20241225_143000"
    entries:
      stages: "{{ finished.lease.stages }}"

- name: Record where the data can be brought back to
  steward.platform.release_record:
    platform: "{{ platform }}"
    release: "20241225_143000"
    entries:
      restore_point: {name: release_20241225_143000}

- name: See what would be written
  steward.platform.release_record:
    platform: "{{ platform }}"
    release: "20241225_143000"
    entries:
      note: kept for the audit
  check_mode: true
  diff: true
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.release.staging import client
from ansible_collections.steward.platform.plugins.module_utils.release.staging.plan import plan_record


def main() -> None:
    spec = {
        "platform": {"type": "dict", "required": True},
        "release": {"type": "str", "required": True},
        "entries": {"type": "dict", "required": True},
    }
    run_module(spec, observe=client.observe_record, plan=plan_record, apply=client.apply_record)


if __name__ == "__main__":
    main()
