#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgbackrest_restore_point
short_description: Name this moment of a PostgreSQL server, to restore to it later
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes a named restore point and waits until the WAL up to it is in all repositories.
  - The same name given twice is two points, of which a restore takes the first. So give one that is new.
attributes:
  check_mode:
    description: Can run in check mode and predict the change without making it.
    support: full
  diff_mode:
    description: Names the point.
    support: full
  idempotent:
    description: Each run makes a point.
    support: none
requirements:
  - pgbackrest
  - python3-psycopg2
extends_documentation_fragment:
  - steward.platform.pgbackrest.server
options:
  name:
    description: Name of the point, at most 63 characters.
    type: str
    required: true
  wait:
    description: Seconds until the WAL up to the point must be archived.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Name the moment before a migration
  steward.platform.pgbackrest_restore_point:
    name: release_20241225_143000
  register: point

- name: Wait longer for a slow repository
  steward.platform.pgbackrest_restore_point:
    name: before_import
    wait: 600

- name: See whether the name can be used
  steward.platform.pgbackrest_restore_point:
    name: before_import
  check_mode: true
"""

RETURN = r"""
point:
  description:
    - C(name), C(lsn), C(wal), which is the segment that holds it, C(timeline) and C(moment). None in check mode.
  type: dict
  returned: success
  sample:
    name: release_20241225_143000
    lsn: 0/5000138
    wal: "000000010000000000000005"
    timeline: 1
    moment: "2024-12-25T14:30:02Z"
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import client
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.plan import plan_point

SPEC = {
    "name": {"type": "str", "required": True},
    "port": {"type": "int", "default": 5432},
    "wait": {"type": "int", "default": 60},
}


def main():
    run_module(
        SPEC,
        observe=lambda options: None,
        plan=lambda options, world: plan_point(options["name"]),
        apply=lambda options, plan: {"point": client.create_restore_point(**options)},
    )


if __name__ == "__main__":
    main()
