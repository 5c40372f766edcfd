# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the recovery of a site."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of both modules."""

    DOCUMENTATION = r"""
options:
  host:
    description: Name of the host in the inventory, which is its name in the repositories.
    type: str
    required: true
  platform:
    description: Name of the platform.
    type: str
    required: true
  asked:
    description: What to come back to. Whoever goes on with a recovery has to ask for the same again.
    type: dict
    default: {}
    suboptions:
      repository:
        description: Name of the repository; by default the first one.
        type: str
        default: ""
      set:
        description: Id of the set that all parts come from; by default each comes from the newest that has it.
        type: str
        default: ""
      target:
        description: The moment, as M(steward.platform.recovery_plan_info) takes it.
        type: str
        default: latest
      target_type:
        description: What O(asked.target) is; when it is empty, told by its shape.
        type: str
        choices: ["", latest, immediate, time, lsn, xid, name]
        default: ""
"""
