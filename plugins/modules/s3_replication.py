#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_replication
short_description: Copy a repository to a second region, object by object, and prove that it arrived
version_added: 0.1.0
description:
  - Copies every object of a bucket or directory that the target does not have or has otherwise. Size and ETag decide
    where they can; where not, the copy says of which content it was made.
  - Copies data before what refers to it (C(index) and C(snapshots) of restic, C(backup.manifest), C(backup.info) and
    C(archive.info) of pgBackRest). When something could not be copied, what may refer to it is held back, so the target
    always shows whole backups only.
  - Every copy has the SHA-256 of its content with it, and the server compares what it receives. Reading again compares
    with that checksum; a damaged copy is replaced, unless the source is not any more what it was.
  - Can be interrupted at any moment and run again. An object is whole or not there.
  - Locks of restic and temporary files are not copied. Deletes nothing unless O(delete_after_days) is given.
extends_documentation_fragment:
  - steward.platform.s3.both
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any. Copies are read as in a real run.
    support: full
  diff_mode:
    description: Shows the objects to copy and to delete, at most 100 of each stage.
    support: full
  idempotent:
    description: A second run copies nothing, unless the source changed or a copy was found damaged.
    support: full
options:
  mode:
    description:
      - V(incremental) reads O(verify_percent) of the copies again. V(full) reads all of them, and compares each with
        its checksum.
    type: str
    choices: [incremental, full]
    default: incremental
  verify_percent:
    description:
      - How many percent of the copies are read again in mode V(incremental), each time others. Reading all objects of a
        repository costs what a restore costs.
    type: int
    default: 1
  delete_after_days:
    description:
      - Days after which a copy is deleted that the source does not have any more, counted from the run that missed it
        first, which is kept at the target as C(steward-missed.json). Without it copies stay for ever.
      - Nothing is deleted when more than half of the copies would be, nor when something could not be copied.
    type: int
"""

EXAMPLES = r"""
- name: Copy what is new to the second region
  steward.platform.s3_replication:
    source:
      endpoint: https://s3.one.example.com
      profile: one
      bucket: backups
    target:
      endpoint: https://s3.two.example.com
      profile: two
      bucket: backups-copy

- name: Read everything at the second region and replace what is damaged
  steward.platform.s3_replication:
    mode: full
    source:
      endpoint: https://s3.one.example.com
      profile: one
      bucket: backups
    target:
      endpoint: https://s3.two.example.com
      profile: two
      bucket: backups-copy

- name: Copy a local repository, and forget what was removed there 90 days after it was copied
  steward.platform.s3_replication:
    delete_after_days: 90
    source:
      path: /var/backups/steward
    target:
      endpoint: https://s3.two.example.com
      profile: two
      bucket: backups-copy
      prefix: web1
"""

RETURN = r"""
report:
  description: What was done. When objects could not be copied the module fails and returns it all the same.
  returned: always
  type: dict
  contains:
    schema:
      description: Version of this document.
      type: int
    started:
      description: Moment the copying began.
      type: str
    finished:
      description: Moment it ended.
      type: str
    seconds:
      description: Time between them.
      type: float
    objects:
      description:
        - Numbers of objects, C(source) those at the source, C(present) those at the target before. C(changed) were
          still changing at the source and are left for the next run, C(held_back) were not tried after that,
          C(verified) were read again, and C(damaged) were found so among the copies. In check mode all that would be
          copied is held back.
      type: dict
    bytes:
      description: Bytes copied.
      type: int
    failures:
      description: Key and error of the first 20 that failed.
      type: list
      elements: dict
    warnings:
      description: What somebody should look at.
      type: list
      elements: str
    lag:
      description:
        - How far the target is behind. C(seconds) is the age of the oldest object it does not have, C(objects) how many
          these are, C(newest) the newest of them.
      type: dict
  sample:
    schema: 1
    started: "2026-11-28T02:00:00Z"
    finished: "2026-11-28T02:00:04Z"
    seconds: 4.1
    objects:
      {source: 120, present: 100, copied: 20, failed: 0, changed: 0, held_back: 0, deleted: 0, verified: 1, damaged: 0}
    bytes: 73400320
    failures: []
    warnings: []
    lag: {seconds: 0, objects: 0, newest: null}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.s3.options import ACCESS, SOURCE
from ansible_collections.steward.platform.plugins.module_utils.s3.replication import client

TARGET = {**ACCESS, "bucket": {"type": "str", "required": True}, "prefix": {"type": "str", "default": ""}}
SPEC = {
    "source": {"type": "dict", "required": True, "options": SOURCE},
    "target": {"type": "dict", "required": True, "options": TARGET},
    "mode": {"type": "str", "choices": ["incremental", "full"], "default": "incremental"},
    "verify_percent": {"type": "int", "default": 1},
    "delete_after_days": {"type": "int"},
}


def main():
    run_module(SPEC, observe=client.observe, plan=client.plan_for, apply=client.apply)


if __name__ == "__main__":
    main()
