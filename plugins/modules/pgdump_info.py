#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgdump_info
short_description: Say what a dump of a PostgreSQL database is
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Says by its content, never by its name, what a file or folder is that is said to be a dump, and what it would do.
    Nothing of it is run and no server is asked.
extends_documentation_fragment:
  - steward.platform.looking
options:
  path:
    description: The file or folder.
    type: path
    required: true
  read_all:
    description: Read an archive to its end, so that a damaged one is an error. Otherwise only its table of contents.
    type: bool
    default: true
  work:
    description: Folder with room for the whole size of a packed file.
    type: path
    default: /var/tmp
requirements:
  - postgresql-client of at least the version that wrote an archive
  - zstd or lz4 for files that those packed
"""

EXAMPLES = r"""
- name: See what came
  steward.platform.pgdump_info:
    path: /srv/incoming/bookedbarber.sql.gz
  register: dump

- name: Refuse what must not be restored
  ansible.builtin.assert:
    that: dump.restorable
    fail_msg: "{{ dump.problem }}"

- name: Only look at the table of contents of a large one
  steward.platform.pgdump_info:
    path: /srv/incoming/large.dump
    read_all: false
"""

RETURN = r"""
schema:
  description: Version of this document.
  returned: success
  type: int
  sample: 1
path:
  description: What was looked at.
  returned: success
  type: str
  sample: /srv/incoming/bookedbarber.sql.gz
kind:
  description: V(custom), V(directory), V(tar), V(sql), V(cluster_sql) of pg_dumpall, or V(unknown).
  returned: success
  type: str
  sample: custom
packing:
  description: What packed it, V(gzip), V(zstd), V(xz), V(bzip2) or V(lz4), or empty.
  returned: success
  type: str
  sample: gzip
size:
  description: Bytes.
  returned: success
  type: int
  sample: 4213211
databases:
  description: Databases that it names.
  returned: success
  type: list
  elements: str
  sample: [bookedbarber]
dangerous:
  description: Statements of SQL that reach beyond one database, with their lines. At most 20.
  returned: success
  type: list
  elements: str
  sample: ["line 22: DROP DATABASE BOOKEDBARBER"]
tables:
  description: Tables that it makes.
  returned: success
  type: int
  sample: 24
restorable:
  description: Whether P(steward.platform.pgdump_restore#module) takes it.
  returned: success
  type: bool
  sample: true
problem:
  description: Why not, or empty.
  returned: success
  type: str
  sample: ""
server_version:
  description: Version of the server it comes from, of archives.
  returned: success
  type: str
  sample: 16.4
dump_version:
  description: Version of the pg_dump that wrote it, of archives.
  returned: success
  type: str
  sample: 16.4
compression:
  description: Compression within, of archives.
  returned: success
  type: str
  sample: zstd
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.pgdump.foreign.client import inspect_foreign

SPEC = {
    "path": {"type": "path", "required": True},
    "read_all": {"type": "bool", "default": True},
    "work": {"type": "path", "default": "/var/tmp"},
}


def main():
    run_info(SPEC, lambda options: {"schema": 1, **inspect_foreign(**options)})


if __name__ == "__main__":
    main()
