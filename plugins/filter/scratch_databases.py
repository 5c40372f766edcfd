# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scratch databases in which a new release is tried."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
name: scratch_databases
short_description: The scratch copy of each database that somebody migrates
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives for each database with an owner its scratch copy as M(steward.platform.postgresql_catalog) takes it.
positional: state
options:
  _input:
    description: The normalised model.
    type: dict
    required: true
  state:
    description: Whether the copies are to be there.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: See them
  ansible.builtin.debug:
    msg: "{{ platform | steward.platform.scratch_databases }}"
"""

RETURN = r"""
_value:
  description: Name, owner_of and state of each.
  type: list
  elements: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.postgresql.model import SCRATCH_PREFIX


def scratch_databases(platform: dict[str, Any], state: str = "present") -> list[dict[str, str]]:
    """The scratch copies, by the name of the database each stands for."""
    return [
        {"name": f"{SCRATCH_PREFIX}{database['name']}", "owner_of": database["name"], "state": state}
        for database in platform["databases"]
        if any(client["access"] == "owner" for client in database["clients"])
    ]


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, Any]:
        return {"scratch_databases": scratch_databases}
