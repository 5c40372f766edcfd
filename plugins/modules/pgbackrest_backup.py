#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgbackrest_backup
short_description: Back a PostgreSQL cluster up with pgBackRest
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes a backup in one repository. WAL goes to all repositories all the time.
  - Without O(max_age) each run makes a backup.
requirements:
  - pgbackrest
  - python3-psycopg2
extends_documentation_fragment:
  - steward.platform.pgbackrest
  - steward.platform.pgbackrest.server
attributes:
  check_mode:
    description: Can run in check mode and say whether it would make a backup, without making one.
    support: full
  diff_mode:
    description: Shows the newest backup and what would follow it.
    support: full
  idempotent:
    description: A second run changes nothing with O(max_age), as long as the newest backup is younger.
    support: partial
options:
  repo:
    description: Number of the repository in pgBackRest's configuration.
    type: int
    default: 1
  type:
    description:
      - Kind of backup. V(full) has everything, V(diff) what changed since the last full one, V(incr) what changed since
        the last of any kind.
      - Without a full backup to begin with, a full one is made.
    type: str
    choices: [full, diff, incr]
    default: incr
  max_age:
    description:
      - Age in seconds up to which a backup that is at least of this O(type) is new enough. Then none is made.
      - By default, a backup is always made.
    type: int
  force:
    description: Make a backup, however young the newest one is.
    type: bool
    default: false
  annotations:
    description: Names and values that stay with the backup, of letters, digits and any of C(._:-).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Have a full backup that is not older than a week
  steward.platform.pgbackrest_backup:
    type: full
    max_age: 604800

- name: Back up what changed before something dangerous
  steward.platform.pgbackrest_backup:
    annotations:
      reason: migration

- name: Have a full backup in the second region
  steward.platform.pgbackrest_backup:
    repo: 2
    type: full
    max_age: 604800
"""

RETURN = r"""
backup:
  description: The newest backup before this run that is at least of the wanted type.
  returned: success
  type: dict
  sample:
    label: 20241225-143000F
    type: full
    started: "2024-12-25T14:30:00Z"
    finished: "2024-12-25T14:30:04Z"
    wal_start: "000000010000000000000002"
    wal_stop: "000000010000000000000003"
    lsn_start: 0/2000028
    lsn_stop: 0/3000088
    size: 23382430
    added: 2799576
    references: []
    damaged_pages: false
    annotations: {}
made:
  description: The backup that was made, as a part of a backup set has it.
  returned: when changed, not in check mode
  type: dict
  sample:
    part: postgresql
    engine: pgbackrest
    version: 2.55.1
    repository: repo1
    kind: full
    id: 20241225-143000F
    started: "2024-12-25T14:30:00Z"
    finished: "2024-12-25T14:30:04Z"
    seconds: 4.012
    size: 23382430
    added: 2799576
    files: 963
    details:
      lsn_start: 0/2000028
      lsn_stop: 0/3000088
      wal_start: "000000010000000000000002"
      wal_stop: "000000010000000000000003"
      timeline: 1
      references: []
      damaged_pages: false
      databases:
        - {name: shop, size: 7836195, tables: 12, rows: 4711}
"""

from ansible_collections.steward.platform.plugins.module_utils.core import clock
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import client, command
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.plan import plan_backup

SPEC = {
    "stanza": {"type": "str", "default": "main"},
    "port": {"type": "int", "default": 5432},
    "repo": {"type": "int", "default": 1},
    "type": {"type": "str", "choices": ["full", "diff", "incr"], "default": "incr"},
    "max_age": {"type": "int"},
    "force": {"type": "bool", "default": False},
    "annotations": {"type": "dict", "default": {}},
}


def plan(options, row):
    command.check_annotations(options["annotations"])
    return plan_backup(row, options["type"], now=clock.now(), max_age=options["max_age"], force=options["force"])


def apply(options, plan):
    made = client.backup(
        kind=options["type"],
        repo=options["repo"],
        stanza=options["stanza"],
        port=options["port"],
        annotations=options["annotations"],
    )
    return {"made": made}


def main() -> None:
    run_module(
        SPEC,
        observe=lambda options: client.info(stanza=options["stanza"]).repository(options["repo"]),
        plan=plan,
        apply=apply,
    )


if __name__ == "__main__":
    main()
