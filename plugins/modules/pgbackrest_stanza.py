#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgbackrest_stanza
short_description: See that pgBackRest knows the PostgreSQL cluster of this host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Creates the stanza in each configured repository that lacks it, and upgrades it when the cluster is another one than
    it knows, as after an upgrade of PostgreSQL.
  - After a change it has PostgreSQL switch to a new segment of WAL and waits until the old one is in all repositories.
  - Refuses a repository that cannot be read with the key of its configuration. A repository is encrypted, or is not,
    from its creation on.
requirements:
  - pgbackrest
  - python3-psycopg2
extends_documentation_fragment:
  - steward.platform.pgbackrest
  - steward.platform.pgbackrest.server
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows one difference per repository.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Create the stanza where it is missing
  steward.platform.pgbackrest_stanza:

- name: See what a new repository needs
  steward.platform.pgbackrest_stanza:
  check_mode: true
  register: stanza

- name: Create the stanza of a second cluster
  steward.platform.pgbackrest_stanza:
    stanza: archive
    port: 5433
"""

RETURN = r"""
stanza:
  description: Name of the stanza.
  returned: success
  type: str
  sample: main
repositories:
  description: Numbers of the configured repositories.
  returned: success
  type: list
  elements: int
  sample: [1, 2]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import client
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.plan import plan_stanza

SPEC = {"stanza": {"type": "str", "default": "main"}, "port": {"type": "int", "default": 5432}}


def main() -> None:
    run_module(
        SPEC,
        observe=lambda options: (client.info(stanza=options["stanza"]), client.read_server(options["port"])),
        plan=lambda options, seen: plan_stanza(*seen),
        apply=lambda options, plan: client.apply_stanza(plan, stanza=options["stanza"]),
    )


if __name__ == "__main__":
    main()
