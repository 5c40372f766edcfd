#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_restore
short_description: Bring a Redis instance back to a snapshot
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Another server loads the snapshot first, beside the running instance, and counts its keys. For an instance with an
    append-only file it writes that, too. A damaged snapshot is refused there, before anything stops.
  - Then the instance stops, its files are put aside, and it starts with the others. Its configuration stays as it is.
    When it does not come back with the keys of the snapshot, it gets its former files back at once.
  - The former files stay beside the data directory until they are accepted or taken back. They need room, and for the
    time of the restore the keys are in memory twice.
  - Services should be stopped before, or they write into what is then put aside.
requirements:
  - python3-redis
attributes:
  check_mode:
    description: Checks the snapshot and predicts changes without making any.
    support: full
  diff_mode:
    description: Shows the keys there are and those of the snapshot.
    support: full
  idempotent:
    description: V(restored) restores each time. The other states change nothing where nothing is put aside.
    support: partial
options:
  instance:
    description: Name of the instance, as in the role P(steward.platform.redis#role).
    type: str
    required: true
  confirm:
    description: The name of the instance once more.
    type: str
    required: true
  state:
    description:
      - V(restored) restores O(path).
      - V(accepted) removes what restores have put aside; there is no way back then.
      - V(undone) takes the last restore back. What was written since is gone.
    type: str
    choices: [restored, accepted, undone]
    default: restored
  path:
    description: The snapshot. Needed by V(restored).
    type: path
"""

EXAMPLES = r"""
- name: Bring the queue back
  steward.platform.redis_restore:
    instance: queue
    path: /var/backups/steward/redis/queue-20241225_020000.rdb
    confirm: queue

- name: Take that back
  steward.platform.redis_restore:
    instance: queue
    state: undone
    confirm: queue

- name: Accept what is there
  steward.platform.redis_restore:
    instance: queue
    state: accepted
    confirm: queue
"""

RETURN = r"""
kept:
  description: Folders with what restores have put aside, before this one.
  returned: success
  type: list
  elements: str
  sample: []
result:
  description: What was restored, or nothing.
  returned: success
  type: dict
  sample:
    instance: queue
    path: /var/backups/steward/redis/queue-20241225_020000.rdb
    keys: {"0": {keys: 100, expiring: 3}, "4": {keys: 18, expiring: 0}}
    kept: /var/lib/redis/queue.before-20241225_090000
    away: 0.4
    started: "2024-12-25T09:00:00Z"
    finished: "2024-12-25T09:00:02Z"
    seconds: 1.9
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.redis.snapshot import client, plan

SPEC = {
    "instance": {"type": "str", "required": True},
    "confirm": {"type": "str", "required": True},
    "state": {"type": "str", "choices": list(plan.STATES), "default": "restored"},
    "path": {"type": "path"},
}


def observe(options):
    plan.refuse_unconfirmed(options["confirm"], options["instance"])
    path = options["path"] if options["state"] == "restored" else ""
    return client.observe_restore(instance=options["instance"], path=path)


def apply(options, changes):
    name, result = options["instance"], None
    for change in changes.changes:
        if change.action == plan.RESTORE:
            result = client.restore(instance=name, path=options["path"])
        elif change.action == plan.UNDO:
            client.undo(instance=name, kept=change.data["kept"])
        else:
            client.accept(kept=change.data["kept"])
    return {"result": result}


def main():
    required = [("state", "restored", ["path"])]
    run_module(SPEC, observe=observe, plan=plan.plan_restore, apply=apply, required_if=required)


if __name__ == "__main__":
    main()
