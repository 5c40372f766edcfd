#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgdump_backup
short_description: Dump databases of any PostgreSQL server
version_added: 0.1.0
description:
  - Dumps databases with pg_dump, in parallel and compressed, together with the server's roles without their passwords.
    Each database is as it was at one moment; what writes to it meanwhile goes on.
  - The folder O(path) appears when it is complete, or not at all. It belongs to root and nobody else can read it.
  - Fails when a dump has fewer tables than the database had at that moment. A database without tables is told in
    the C(details) of RV(result).
extends_documentation_fragment:
  - steward.platform.pgdump
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows what would be dumped.
    support: full
  idempotent:
    description: Where the folder is there, nothing is done. Give each dump a folder of its own.
    support: full
options:
  path:
    description:
      - New folder of the dump. Its parent must exist. In it each database is a folder for pg_restore, or with
        O(content=schema) a file of SQL, and the roles are in C(globals.sql).
    type: path
    required: true
  databases:
    description: Databases to dump. Without it all that are no templates and can be connected to.
    type: list
    elements: str
  content:
    description:
      - V(data) dumps everything.
      - V(schema) dumps definitions without rows.
    type: str
    choices: [data, schema]
    default: data
  level:
    description: Compression, V(none), or V(zstd), V(gzip) or V(lz4) with a level. Not used by O(content=schema).
    type: str
    default: zstd:3
"""

EXAMPLES = r"""
- name: Dump all databases of this host
  steward.platform.pgdump_backup:
    path: /var/backups/steward/dumps/20241225_020000

- name: Dump one database of a server elsewhere
  steward.platform.pgdump_backup:
    path: /var/backups/steward/dumps/20241225_020000-billing
    databases: [billing]
    server:
      host: db.example.com
      user: backup
      passfile: /etc/steward/backup/pgpass
      sslrootcert: /etc/ssl/certs/db-ca.pem

- name: Dump the definitions only
  steward.platform.pgdump_backup:
    path: /var/backups/steward/dumps/20241222_010000-schema
    content: schema
"""

RETURN = r"""
path:
  description: The folder.
  returned: success
  type: str
  sample: /var/backups/steward/dumps/20241225_020000
result:
  description: What was dumped. Nothing when the folder was there before.
  returned: success
  type: dict
  sample:
    part: postgresql
    engine: pgdump
    version: "17.12"
    repository: null
    kind: dump
    id: /var/backups/steward/dumps/20241225_020000
    started: "2024-12-25T02:00:00Z"
    finished: "2024-12-25T02:00:04Z"
    seconds: 3.9
    size: 18874368
    added: 2113536
    files: 42
    details:
      server_version: "17.12"
      databases:
        - {name: dotmac_isp, size: 18874368, dump_size: 2113536, tables: 31, rows: 120422}
      warnings: []
      missed: []
"""

import os

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.pgdump import client
from ansible_collections.steward.platform.plugins.module_utils.pgdump.model import SERVER, build_server
from ansible_collections.steward.platform.plugins.module_utils.pgdump.plan import plan_dump

SPEC = {
    "path": {"type": "path", "required": True},
    "databases": {"type": "list", "elements": "str"},
    "content": {"type": "str", "choices": ["data", "schema"], "default": "data"},
    "level": {"type": "str", "default": "zstd:3"},
    "jobs": {"type": "int", "default": 2},
    "server": {"type": "dict", "options": SERVER},
}


def observe(options):
    if os.path.lexists(options["path"]):
        return None
    return client.list_databases(server=build_server(options["server"]))


def dump(options, plan):
    result = client.dump_server(
        server=build_server(options["server"]),
        folder=options["path"],
        databases=options["databases"],
        jobs=options["jobs"],
        level=options["level"],
        schema_only=options["content"] == "schema",
    )
    return {"result": result}


def main():
    run_module(SPEC, observe=observe, plan=plan_dump, apply=dump)


if __name__ == "__main__":
    main()
