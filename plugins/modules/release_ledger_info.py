#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_ledger_info
short_description: List the releases of a platform
version_added: 0.1.0
description:
  - Reads every release's record on an app host and tells which of their images are still here.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.looking
"""

EXAMPLES = r"""
- name: List the releases
  steward.platform.release_ledger_info:
    platform: "{{ platform }}"
  register: ledger

- name: Show them as a table
  ansible.builtin.debug:
    msg: "{{ ledger.table }}"

- name: Name those that were replaced by a newer one
  ansible.builtin.debug:
    msg: "{{ ledger.releases | selectattr('state', 'equalto', 'retired') | map(attribute='id') }}"
"""

RETURN = r"""
releases:
  description:
    - One entry a release, newest first. C(state) is V(staged), V(serving), V(retired), V(rolled_back) or V(failed).
    - C(complete) says whether all its images are here, C(bytes) what they take.
  returned: success
  type: list
  elements: dict
  sample:
    - id: "20241225_143000"
      state: serving
      since: "2024-12-25T14:32:10Z"
      by: jane@laptop
      origin: {kind: deploy, release: ""}
      images: {isp-framework: "sha256:1f2e"}
      schema: {isp-framework: ["0002"]}
      restore_point: null
      bytes: 214000000
      complete: true
table:
  description: The same for people.
  returned: success
  type: str
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.release.rollback.client import observe_ledger


def main() -> None:
    run_info({"platform": {"type": "dict", "required": True}}, observe_ledger)


if __name__ == "__main__":
    main()
