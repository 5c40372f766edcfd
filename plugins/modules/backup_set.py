#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_set
short_description: Make a backup set of a host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes a set as C(steward backup) on the host does, with what C(/etc/steward/backup.json) names, and records how it
    ended. A set is visible when its manifest lies in the repository, which is written last.
  - When a part fails that the set cannot do without, there is no set and the module fails. When another one fails the
    set is there, its C(outcome) is V(partial), and RV(problems) says why.
  - Where the host has nothing of the type, nothing is made and RV(problems) says so.
attributes:
  check_mode:
    description: Can run in check mode and tell which parts would be made.
    support: full
  diff_mode:
    description: Names the parts.
    support: full
  idempotent:
    description: With O(max_age), a complete set of the type that is younger is enough and nothing changes.
    support: partial
options:
  type:
    description:
      - What the set holds. V(full) is everything, V(incremental) what changed in the databases with cache,
        configuration and recent logs, V(config) configuration, V(emergency) databases, cache, configuration and
        secrets, V(schema) the databases' schemas, V(database) the databases alone.
      - Without a usable base an incremental backup of PostgreSQL is a full one.
    type: str
    choices: [full, incremental, config, emergency, schema, database]
    default: full
  label:
    description: A name for people, kept in the manifest.
    type: str
  remote:
    description: Names of further repositories that get the set at once.
    type: list
    elements: str
  retention:
    description: Keep the set at least so many days, whatever the retention of its repository says.
    type: int
  encrypted:
    description: Refuse to make the set when one of its repositories is not encrypted. V(false) refuses encrypted ones.
    type: bool
  compress:
    description: How hard logical dumps and files are compressed, 0 not at all, 9 as far as possible.
    type: int
    default: 3
  id:
    description: The set's id, so that several hosts have one. By default the moment when it is begun, in UTC.
    type: str
    default: ""
  max_age:
    description: Seconds that the newest complete set of the type may be old so that none is made. By default one is.
    type: int
"""

EXAMPLES = r"""
- name: Make a set
  steward.platform.backup_set:
    type: full
    label: before the migration

- name: See to it that there is one of the last day
  steward.platform.backup_set:
    max_age: 86400

- name: Show what would be made
  steward.platform.backup_set:
    type: incremental
  check_mode: true
  diff: true
"""

RETURN = r"""
set:
  description:
    - The manifest of the set, of the one that was young enough when nothing changed. None in check mode.
  type: dict
  returned: success
  sample: {id: "20241225_020000", type: full, outcome: complete, label: ""}
problems:
  description: What was odd, or failed without making the set useless.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.steward.platform.plugins.module_utils.backup_set.job import client
from ansible_collections.steward.platform.plugins.module_utils.backup_set.model import TYPES
from ansible_collections.steward.platform.plugins.module_utils.backup_set.units import PROGRAM
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.zipapp.client import read_version

SPEC = {
    "type": {"type": "str", "choices": list(TYPES), "default": "full"},
    "label": {"type": "str"},
    "remote": {"type": "list", "elements": "str"},
    "retention": {"type": "int"},
    "encrypted": {"type": "bool"},
    "compress": {"type": "int", "default": 3},
    "id": {"type": "str", "default": ""},
    "max_age": {"type": "int"},
}


def main():
    run_module(
        SPEC,
        observe=client.observe,
        plan=client.plan,
        apply=lambda options, plan: client.apply(options, steward=read_version(PROGRAM)),
    )


if __name__ == "__main__":
    main()
