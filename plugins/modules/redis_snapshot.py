#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_snapshot
short_description: Take a snapshot of a Redis instance
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Lets an instance of this host write what it has at one moment, waits until that very file is there, and checks the
    copy with redis-check-rdb. Services go on meanwhile.
  - The file O(path) appears when it is complete and checked, or not at all. Only root can read it.
  - Fails when the file has no keys and the instance has some.
  - An instance that keeps no files itself has none of it afterwards either.
requirements:
  - python3-redis
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows how many keys would be in the snapshot.
    support: full
  idempotent:
    description: Where the file is there, nothing is done. Give each snapshot a file of its own.
    support: full
options:
  instance:
    description: Name of the instance, as in the role P(steward.platform.redis#role).
    type: str
    required: true
  path:
    description: New file. Its folder must exist.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Take a snapshot of the queue
  steward.platform.redis_snapshot:
    instance: queue
    path: /var/backups/steward/redis/queue-20241225_020000.rdb
  register: snapshot

- name: Say how many keys are in it
  ansible.builtin.debug:
    var: snapshot.result.details.keys
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /var/backups/steward/redis/queue-20241225_020000.rdb
result:
  description:
    - What was taken. C(details.keys) were counted in the file, C(details.databases) by the instance just before.
      Nothing when the file was there before.
  returned: success
  type: dict
  sample:
    part: redis-queue
    engine: redis
    version: 8.0.2
    repository: null
    kind: snapshot
    id: /var/backups/steward/redis/queue-20241225_020000.rdb
    started: "2024-12-25T02:00:00Z"
    finished: "2024-12-25T02:00:01Z"
    seconds: 0.6
    size: 10421
    added: 10421
    files: 1
    details:
      keys: 118
      expiring: 3
      databases: {"0": {keys: 100, expiring: 3}, "4": {keys: 18, expiring: 0}}
"""

import os

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.redis.snapshot import client
from ansible_collections.steward.platform.plugins.module_utils.redis.snapshot.plan import plan_snapshot


def observe(options):
    return None if os.path.lexists(options["path"]) else client.count_keys(instance=options["instance"])


def main():
    run_module(
        {"instance": {"type": "str", "required": True}, "path": {"type": "path", "required": True}},
        observe=observe,
        plan=plan_snapshot,
        apply=lambda options, plan: {"result": client.snapshot(**options)},
    )


if __name__ == "__main__":
    main()
