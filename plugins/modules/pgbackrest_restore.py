#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgbackrest_restore
short_description: Restore a PostgreSQL cluster with pgBackRest into a directory
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Brings the files of the cluster into a directory. A server that is started there recovers to the target.
  - Into a new or empty directory this destroys nothing. The tablespaces of such a copy lie in C(<path>.tablespaces),
    what it fetches of WAL and its locks in C(<path>.spool), so that it never meets the live cluster.
  - Into a directory that holds something, it needs O(delta) and O(confirm). What is overwritten cannot be brought back.
  - Refuses a directory in which a server runs, and one within or around the directory of a cluster of this host.
  - Starts no server.
requirements:
  - pgbackrest
extends_documentation_fragment:
  - steward.platform.pgbackrest
attributes:
  check_mode:
    description: Can run in check mode and refuse what it would refuse, without writing anything.
    support: full
  diff_mode:
    description: Shows what becomes of the directory.
    support: full
  idempotent:
    description: Each run restores. A second one is refused, because the directory is not empty any more.
    support: none
options:
  path:
    description: The directory. The one above it must exist.
    type: path
    required: true
  repo:
    description: Number of the repository in pgBackRest's configuration. By default, the first that has what is needed.
    type: int
  label:
    description:
      - Label of the backup to begin with. By default, pgBackRest takes the newest, or the newest before a target of
        type V(time) or V(lsn).
      - For a target of type V(name) or V(xid) before the newest backup it must be given.
    type: str
    default: ""
  target_type:
    description:
      - Where recovery ends. V(latest) at the end of all WAL, V(immediate) as soon as the backup is consistent, the
        others at O(target).
    type: str
    choices: [latest, immediate, time, lsn, xid, name]
    default: latest
  target:
    description: A moment with its zone, as C(2024-12-25T14:30:00Z), an LSN, a transaction, or a restore point's name.
    type: str
    default: ""
  target_action:
    description: What the server does at the target.
    type: str
    choices: [pause, promote, shutdown]
    default: promote
  target_timeline:
    description: Number of the timeline to follow. By default, the newest.
    type: str
    default: ""
  delta:
    description: Keep files of a directory that holds something, where they are as in the backup.
    type: bool
    default: false
  confirm:
    description: The path again, when it holds something.
    type: str
    default: ""
  archive_mode:
    description:
      - With V(off) the restored server archives nothing, as it must be for a copy. V(preserve) is for the cluster that
        goes on.
    type: str
    choices: ["off", preserve]
    default: "off"
  processes:
    description: How many processes restore. By default, as pgBackRest's configuration says.
    type: int
  at:
    description:
      - A moment with its zone. A repository in a versioned bucket is read as it was then.
      - Needs O(repo), which must be of type s3, and pgBackRest 2.54.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Restore a copy to look at
  steward.platform.pgbackrest_restore:
    path: /var/lib/postgresql/copy

- name: Restore a copy as it was before a migration
  steward.platform.pgbackrest_restore:
    path: /var/lib/postgresql/before
    target_type: name
    target: before_20241225_143000

- name: Restore the stopped cluster itself to a moment
  steward.platform.pgbackrest_restore:
    path: /var/lib/postgresql/17/main
    delta: true
    confirm: /var/lib/postgresql/17/main
    archive_mode: preserve
    target_type: time
    target: "2024-12-25T14:30:00Z"
"""

RETURN = r"""
restored:
  description:
    - What was restored. C(repo) and C(label) of the backup, C(size) in bytes, number of C(files), C(seconds) it took,
      C(path), and C(paths), all that was made and may be removed when the copy is not needed any more.
  returned: when changed, not in check mode
  type: dict
  sample:
    repo: 1
    label: 20241225-143000F
    size: 23383244
    files: 963
    seconds: 1.978
    path: /var/lib/postgresql/copy
    paths: [/var/lib/postgresql/copy, /var/lib/postgresql/copy.tablespaces, /var/lib/postgresql/copy.spool]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import client, command
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.plan import plan_restore

SPEC = {
    "stanza": {"type": "str", "default": "main"},
    "path": {"type": "path", "required": True},
    "repo": {"type": "int"},
    "label": {"type": "str", "default": ""},
    "target_type": {"type": "str", "choices": list(command.TARGETS), "default": "latest"},
    "target": {"type": "str", "default": ""},
    "target_action": {"type": "str", "choices": list(command.ACTIONS), "default": "promote"},
    "target_timeline": {"type": "str", "default": ""},
    "delta": {"type": "bool", "default": False},
    "confirm": {"type": "str", "default": ""},
    "archive_mode": {"type": "str", "choices": list(command.ARCHIVE_MODES), "default": "off"},
    "processes": {"type": "int"},
    "at": {"type": "str", "default": ""},
}


def plan(options, seen):
    command.build_target(
        kind=options["target_type"],
        value=options["target"],
        action=options["target_action"],
        timeline=options["target_timeline"],
    )
    return plan_restore(
        options["path"], **seen, delta=options["delta"], confirm=options["confirm"], stanza=options["stanza"]
    )


def main() -> None:
    run_module(
        SPEC,
        observe=lambda options: client.observe_target(options["path"]),
        plan=plan,
        apply=lambda options, plan: {"restored": client.restore(**options)},
    )


if __name__ == "__main__":
    main()
