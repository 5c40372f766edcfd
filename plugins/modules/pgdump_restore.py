#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgdump_restore
short_description: Restore a database, or some tables of it, from a dump
version_added: 0.1.0
description:
  - Reads an archive of pg_dump of any format, or a file of SQL, packed or not, into a database that exists. What the
    file is shows its content; its name does not matter.
  - An archive is read to its end before the database is touched. SQL that creates, drops or connects to databases,
    changes roles or runs programs is refused, statement by statement and not by what its rows say; so is a file that
    is cut off.
  - The first error ends the restore. SQL runs in one transaction unless something in it cannot, and O(clean) always
    does. Otherwise a failed restore leaves the database with a part of the dump.
  - Afterwards the tables of the archive must be there, and the planner's statistics are made.
extends_documentation_fragment:
  - steward.platform.pgdump
attributes:
  check_mode:
    description: Looks at the dump and the database as the real run does and restores nothing.
    support: full
  diff_mode:
    description: Shows what the database has and what would be restored.
    support: full
  idempotent:
    description: A second run is refused, because the database is not empty, or with O(clean) restores again.
    support: none
options:
  path:
    description: The dump, a folder or a file.
    type: path
    required: true
  database:
    description: The database that is restored into.
    type: str
    required: true
  confirm:
    description: The name of the database once more.
    type: str
    required: true
  tables:
    description:
      - Only these tables, as C(schema.table), with their indexes, constraints, sequences, triggers, rights and
        partitions, but without foreign keys to others. Only from archives.
    type: list
    elements: str
    default: []
  schemas:
    description: Only these schemas. Only from archives.
    type: list
    elements: str
    default: []
  with_owner:
    description: Give objects to the roles that owned them, which must exist. Otherwise the role that restores has them.
    type: bool
    default: true
  clean:
    description:
      - The database may have something in it. What is restored is dropped there before, in the same transaction, so an
        error leaves everything as it was. What else is there stays, see RV(result.left).
      - Works over one connection, so O(jobs) is not used. Only with archives.
    type: bool
    default: false
  work:
    description: Folder with room for the whole size of a packed file.
    type: path
    default: /var/tmp
"""

EXAMPLES = r"""
- name: Restore a database into an empty one
  steward.platform.pgdump_restore:
    path: /var/backups/steward/dumps/20241225_020000/dotmac_isp
    database: dotmac_isp
    confirm: dotmac_isp

- name: Bring one table back as it was
  steward.platform.pgdump_restore:
    path: /var/backups/steward/dumps/20241225_020000/dotmac_isp
    database: dotmac_isp
    tables: [public.invoices]
    clean: true
    confirm: dotmac_isp

- name: Look at somebody's file in a scratch database
  steward.platform.pgdump_restore:
    path: /srv/incoming/bookedbarber.sql.gz
    database: steward_scratch_look
    with_owner: false
    confirm: steward_scratch_look
"""

RETURN = r"""
result:
  description: What was restored.
  returned: when something was restored
  type: dict
  contains:
    database:
      description: The database.
      type: str
      sample: dotmac_isp
    path:
      description: The dump.
      type: str
      sample: /var/backups/steward/dumps/20241225_020000/dotmac_isp
    kind:
      description: What it is, V(custom), V(directory), V(tar) or V(sql).
      type: str
      sample: directory
    tables:
      description: Tables that the database has now.
      type: int
      sample: 31
    rows:
      description: Rows that they have, estimated.
      type: int
      sample: 120422
    left:
      description: Tables that were there before and are not in what was restored.
      type: list
      elements: str
      sample: []
    alone:
      description: Statements of SQL that cannot be in a transaction, so that nothing was.
      type: list
      elements: str
      sample: []
    started:
      description: When it began.
      type: str
      sample: "2024-12-25T09:00:00Z"
    finished:
      description: When it ended.
      type: str
      sample: "2024-12-25T09:00:06Z"
    seconds:
      description: How long it took.
      type: float
      sample: 6.1
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.pgdump.model import SERVER, build_server
from ansible_collections.steward.platform.plugins.module_utils.pgdump.plan import plan_restore, refuse_unconfirmed
from ansible_collections.steward.platform.plugins.module_utils.pgdump.restore import client

SPEC = {
    "path": {"type": "path", "required": True},
    "database": {"type": "str", "required": True},
    "confirm": {"type": "str", "required": True},
    "tables": {"type": "list", "elements": "str", "default": []},
    "schemas": {"type": "list", "elements": "str", "default": []},
    "with_owner": {"type": "bool", "default": True},
    "clean": {"type": "bool", "default": False},
    "work": {"type": "path", "default": "/var/tmp"},
    "jobs": {"type": "int", "default": 2},
    "server": {"type": "dict", "options": SERVER},
}
WHAT = ("database", "path", "tables", "schemas", "with_owner", "clean", "work")


def observe(options):
    refuse_unconfirmed(options["confirm"], options["database"])
    return client.examine(server=build_server(options["server"]), **{name: options[name] for name in WHAT})


def restore(options, plan):
    what = {name: options[name] for name in WHAT}
    return {"result": client.restore(server=build_server(options["server"]), jobs=options["jobs"], **what)}


def main():
    run_module(SPEC, observe=observe, plan=plan_restore, apply=restore)


if __name__ == "__main__":
    main()
