#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_pruning
short_description: Remove what no kept release needs
version_added: 0.1.0
description:
  - Keeps the newest deploys that have served, everything made since the oldest of them, the release that serves and the
    one it comes from. Of the others the folders are removed, and the images and stopped containers that no kept release
    refers to.
  - Only images named C(<platform>/…) are looked at, so base images and those of others stay.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.attributes
options:
  keep:
    description: How many deploys that have served are kept to go back to, at least 1.
    type: int
    default: 5
"""

EXAMPLES = r"""
- name: Keep five releases to go back to
  steward.platform.release_pruning:
    platform: "{{ platform }}"

- name: Keep two where disks are small
  steward.platform.release_pruning:
    platform: "{{ platform }}"
    keep: 2

- name: See what would be removed
  steward.platform.release_pruning:
    platform: "{{ platform }}"
  check_mode: true
  diff: true
"""

RETURN = r"""
kept:
  description: Ids of the releases that are kept.
  returned: success
  type: list
  elements: str
  sample: ["20241224_143000", "20241225_143000"]
removed:
  description: Ids of the releases that are removed.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.release.pruning import client
from ansible_collections.steward.platform.plugins.module_utils.release.pruning.plan import plan_pruning


def main() -> None:
    spec = {"platform": {"type": "dict", "required": True}, "keep": {"type": "int", "default": 5}}
    run_module(spec, observe=client.observe, plan=plan_pruning, apply=client.apply)


if __name__ == "__main__":
    main()
