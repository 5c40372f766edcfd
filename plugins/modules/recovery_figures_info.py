#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_figures_info
short_description: Read rows and checksums of all tables of a PostgreSQL server
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Counts the rows of each table and sums up their checksums, so that two servers can be compared. The order of the
    rows does not matter; each database is read as it is at one moment.
  - Reads every table whole, so it takes about as long as a dump.
extends_documentation_fragment:
  - steward.platform.looking
options:
  port:
    description: Port of the server.
    type: int
    default: 5432
requirements:
  - python3-psycopg2
"""

EXAMPLES = r"""
- name: Read what is there
  steward.platform.recovery_figures_info:
  register: source

- name: Read another server of this host
  steward.platform.recovery_figures_info:
    port: 5433
  register: copy

- name: See that nothing is missing
  ansible.builtin.assert:
    that: source.figures == copy.figures
"""

RETURN = r"""
figures:
  description: C(rows) and C(checksum) of each table by its database, schema and name.
  type: dict
  returned: success
  sample:
    shop.public.orders: {rows: 3, checksum: "-2188410521893372014"}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.recovery.site import client


def main():
    run_info(
        {"port": {"type": "int", "default": 5432}},
        lambda options: {"figures": client.read_figures(options["port"])},
    )


if __name__ == "__main__":
    main()
