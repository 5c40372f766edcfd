#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_copy
short_description: Fill scratch databases with what others hold
version_added: 0.1.0
description:
  - Copies databases of the server on this host, with pg_dump and pg_restore, into scratch databases that are empty.
    What writes to them meanwhile goes on; a copy shows one moment.
  - Needs room in C(/var/tmp) for the compressed dump of the largest of them, which is removed again.
options:
  scratch_databases:
    description: The empty databases, as M(steward.platform.postgresql_catalog) makes them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The empty database.
        type: str
        required: true
      owner_of:
        description: The database that is copied into it.
        type: str
        required: true
      state:
        description: As in M(steward.platform.postgresql_catalog), where the same list is given.
        type: str
        choices: [present]
        default: present
  port:
    description: Port of the server.
    type: int
    default: 5432
attributes:
  check_mode:
    description: Does nothing in check mode.
    support: none
  diff_mode:
    description: Shows what becomes different.
    support: none
  idempotent:
    description: A second run is refused, because the copies are no longer empty.
    support: none
author:
  - steward.platform contributors (@steward)
"""

EXAMPLES = r"""
- name: Copy a database to try a migration on
  steward.platform.postgresql_copy:
    scratch_databases:
      - {name: steward_scratch_dotmac_isp, owner_of: dotmac_isp}

- name: Copy two from another port
  steward.platform.postgresql_copy:
    port: 5433
    scratch_databases:
      - {name: steward_scratch_dotmac_isp, owner_of: dotmac_isp}
      - {name: steward_scratch_mgmt_platform, owner_of: mgmt_platform}
"""

RETURN = r"""
dump_bytes:
  description: Of each copy how large its compressed dump was.
  returned: success
  type: dict
  sample: {steward_scratch_dotmac_isp: 104213}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.postgresql.copy.client import copy_databases

SCRATCH = {
    "name": {"type": "str", "required": True},
    "owner_of": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present"], "default": "present"},
}


def main() -> None:
    spec = {
        "scratch_databases": {"type": "list", "elements": "dict", "required": True, "options": SCRATCH},
        "port": {"type": "int", "default": 5432},
    }
    run_info(spec, copy_databases, supports_check_mode=False)


if __name__ == "__main__":
    main()
