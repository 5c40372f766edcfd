#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgbackrest_info
short_description: Read which backups there are, and whether WAL leads from them to the present
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Reads the backups and the archived WAL of each repository, and what PostgreSQL says of its archiving.
  - pgBackRest itself says nothing of segments that are missing in the middle of the WAL. This module does, and tells a
    gap that stops recovery from one that a newer backup has made good.
  - Works while PostgreSQL is stopped, too. Then nothing is said of its archiving.
requirements:
  - pgbackrest
  - python3-psycopg2
extends_documentation_fragment:
  - steward.platform.looking
  - steward.platform.pgbackrest
  - steward.platform.pgbackrest.server
options:
  repo:
    description: Number of the repository in pgBackRest's configuration. By default, all are read.
    type: int
  at:
    description:
      - A moment with its zone, as C(2024-12-25T14:30:00Z). A repository in a versioned bucket is read as it was then.
      - Needs O(repo), which must be of type s3, and pgBackRest 2.54.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Read the backups and their WAL
  steward.platform.pgbackrest_info:
  register: backups

- name: Refuse to go on while something is wrong with them
  ansible.builtin.assert:
    that: backups.findings | selectattr('status', 'equalto', 'fail') | length == 0

- name: Read what the second region held before somebody deleted it
  steward.platform.pgbackrest_info:
    repo: 2
    at: "2024-12-25T14:30:00Z"
"""

RETURN = r"""
schema:
  description: Version of this document.
  returned: success
  type: int
  sample: 1
stanza:
  description: Name of the stanza.
  returned: success
  type: str
  sample: main
version:
  description: Release of pgBackRest.
  returned: success
  type: str
  sample: 2.55.1
repositories:
  description: The repositories.
  returned: success
  type: list
  elements: dict
  contains:
    repo:
      description: Number of the repository.
      type: int
      sample: 1
    status:
      description: V(ok), or what is wrong in pgBackRest's words.
      type: str
    cipher:
      description: How it is encrypted, V(none) when it is not.
      type: str
      sample: aes-256-cbc
    backups:
      description: Backups of the present cluster, oldest first, as M(steward.platform.pgbackrest_backup) returns them.
      type: list
      elements: dict
    unusable:
      description: Labels of backups that cannot be relied on, for want of WAL or another backup, or for damaged pages.
      type: list
      elements: str
    wal_gaps:
      description:
        - WAL segments that are missing on the way to the newest timeline, each with C(first), C(last), C(count),
          C(verdict), C(before) and C(healed_by).
        - The verdict V(breaking) says that recovery does not get past it, V(healed) that it does from the backup
          C(healed_by) on, V(unneeded) that no recovery comes by. C(before) is when the last segment before it arrived.
      type: list
      elements: dict
    wal_broken:
      description: Whether a gap keeps recovery from coming to the present.
      type: bool
    newest_restorable:
      description:
        - How far recovery comes. C(segment) is the last one, C(moment) when it arrived in the repository, C(backup) the
          one to begin with. Nothing when no backup can be restored.
      type: dict
      sample:
        segment: "000000010000000000000007"
        timeline: 1
        moment: "2024-12-25T14:30:04Z"
        backup: 20241225-143000F
archiver:
  description: What PostgreSQL says of its archiving. C(unknown) says why it could not be asked.
  returned: success
  type: dict
  contains:
    failing:
      description: Whether the last try was in vain.
      type: bool
    defect:
      description: A setting with which nothing is archived, or nothing.
      type: str
    last_archived:
      description: Name of the segment that was archived last.
      type: str
    last_archived_at:
      description: When that was.
      type: str
    last_failed:
      description: Name of the segment with which it failed last.
      type: str
    last_failed_at:
      description: When that was.
      type: str
    failed:
      description: How often it failed since the statistics were reset.
      type: int
    waiting:
      description: Segments that wait to be archived.
      type: int
findings:
  description: A judgement of each repository, each gap and the archiving.
  returned: success
  type: list
  elements: dict
  sample:
    - name: repository-1
      status: pass
      message: 2 backups, recovery comes to 2024-12-25T14:30:04Z (000000010000000000000007)
      hint: ""
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import client

SPEC = {
    "stanza": {"type": "str", "default": "main"},
    "port": {"type": "int", "default": 5432},
    "repo": {"type": "int"},
    "at": {"type": "str", "default": ""},
}


def main() -> None:
    run_info(SPEC, lambda options: client.read_report(**options))


if __name__ == "__main__":
    main()
