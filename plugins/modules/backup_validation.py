#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_validation
short_description: Prove that a backup set or a dump can be restored
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Verifies as C(steward backup verify) on the host does, and records what was found in
    C(/var/log/steward/backup-evidence.jsonl), good or bad. Each line of that is bound to the line before.
  - A database is restored into a scratch instance that nobody reaches, that reaches nobody, and that is gone in the
    end. Nothing that serves is touched.
  - The module fails when what was verified cannot be relied on; RV(proof) and RV(report) are returned all the same.
attributes:
  check_mode:
    description: Can run in check mode and tell what would be verified.
    support: full
  diff_mode:
    description: Names what is verified.
    support: full
  idempotent:
    description: With O(max_age), a proof that is younger and went as far is enough and nothing changes.
    support: partial
options:
  target:
    description:
      - A set's id, the absolute path of a dump, or V(s3://BUCKET/KEY) of a dump in the bucket of a configured
        repository. Empty for the newest full set.
      - A dump may be an archive of C(pg_dump) or plain SQL of one database, also packed. SQL of a whole server, as
        C(pg_dumpall) writes it, is inspected and not restored.
    type: str
    default: ""
  level:
    description:
      - How far. V(0) it is listed. V(1) checksums are right and no WAL is missing. V(2) it is restored aside, and WAL
        is replayed to its end. V(3) it holds what it held, its indexes are sound, and the row is there that was
        written after the backup. V(4) the web services that serve on this host become ready against it. Files and
        snapshots go as far as V(2), dumps of anybody as far as V(3).
    type: int
    default: 3
  integrity_only:
    description: Levels V(0) and V(1) only, nothing is restored.
    type: bool
    default: false
  repository:
    description: Name of the repository from which to verify. Empty for the main one.
    type: str
    default: ""
  remember:
    description: Days for which what was read and found whole is not read again.
    type: int
    default: 0
  accept_losses:
    description: Tell what was lost since the set before as a warning, because it was meant to.
    type: bool
    default: false
  max_age:
    description: Seconds that the newest proof of this level may be old so that none is made. By default one is.
    type: int
"""

EXAMPLES = r"""
- name: Prove the newest full set
  steward.platform.backup_validation:

- name: See to it that one was proven in the last week
  steward.platform.backup_validation:
    max_age: 604800

- name: Look into a dump that somebody brought
  steward.platform.backup_validation:
    target: /srv/dumps/shop.sql.gz
"""

RETURN = r"""
proof:
  description:
    - How it ended (C(result)), what a recovery takes (C(rto_seconds)) and would have lost (C(rpo_seconds)), and for
      each of C(parts) its checks with their figures. With O(max_age), the record that was young enough. None in check
      mode.
  type: dict
  returned: when something was verified
  sample: {subject: "20241225_020000", result: pass, rto_seconds: 31.5, rpo_seconds: 60, parts: []}
report:
  description: The same for people, one line each.
  type: list
  elements: str
  returned: when something was verified
problems:
  description: Warnings, one line each.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.steward.platform.plugins.module_utils.backup_set.job import client
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module

SPEC = {
    "target": {"type": "str", "default": ""},
    "level": {"type": "int", "default": 3},
    "integrity_only": {"type": "bool", "default": False},
    "repository": {"type": "str", "default": ""},
    "remember": {"type": "int", "default": 0},
    "accept_losses": {"type": "bool", "default": False},
    "max_age": {"type": "int"},
}


def main():
    run_module(
        SPEC,
        observe=client.observe_proof,
        plan=client.plan_proof,
        apply=lambda options, plan: client.apply_proof(options),
    )


if __name__ == "__main__":
    main()
