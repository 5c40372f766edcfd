#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restic_restore
short_description: Bring files back from a restic snapshot
version_added: 0.1.0
description:
  - Restores a snapshot, or a part of it, below a directory that is empty or not there, and reads every file again
    afterwards.
  - A file that cannot be restored, and a snapshot in which there is nothing of what was asked for, are errors.
attributes:
  check_mode:
    description: Can run in check mode and list what would be restored.
    support: full
  diff_mode:
    description: Lists what is restored, at most 200 entries of it.
    support: full
  idempotent:
    description: Restores each time it is asked to; without O(overwrite) a second run is refused.
    support: none
extends_documentation_fragment:
  - steward.platform.restic
options:
  snapshot:
    description: Id of the snapshot, at least its first 8 digits.
    type: str
    required: true
  target:
    description:
      - Directory below which the files come, with their whole paths unless O(subfolder) is given. The directory
        in which it is must exist.
    type: path
    required: true
  include:
    description: Paths of the snapshot that are restored. All are when it is empty.
    type: list
    elements: str
    default: []
  subfolder:
    description:
      - Directory of the snapshot that becomes O(target), without the way to it. It appears when all of it is there,
        with its own owner and mode.
      - With O(overwrite) only its content is restored, one file after the other.
    type: str
    default: ""
  verify:
    description: Whether each restored file is read again.
    type: bool
    default: true
  overwrite:
    description: Whether the target may have files already. Those of the same names are replaced, others stay.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See what would be restored
  steward.platform.restic_restore:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    snapshot: f18f8e03
    target: /srv/shop/uploads.restored
    subfolder: /srv/shop/uploads
  check_mode: true
  diff: true

- name: Restore it beside what is there
  steward.platform.restic_restore:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    snapshot: f18f8e03
    target: /srv/shop/uploads.restored
    subfolder: /srv/shop/uploads

- name: Put one file back in its place
  steward.platform.restic_restore:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    snapshot: f18f8e03
    target: /
    include: [/etc/nginx/nginx.conf]
    overwrite: true
"""

RETURN = r"""
items:
  description: Paths that are restored, at most 200.
  type: list
  elements: str
  returned: success
  sample: [/etc/nginx/nginx.conf]
items_total:
  description: How many there are.
  type: int
  returned: success
  sample: 1
restored:
  description: Files and bytes that were restored; nothing in check mode.
  type: dict
  returned: when it was restored
  sample: {files: 1, size: 1447}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.restic import client, model
from ansible_collections.steward.platform.plugins.module_utils.restic.plan import plan_restore

SPEC = {
    **model.SPEC,
    "snapshot": {"type": "str", "required": True},
    "target": {"type": "path", "required": True},
    "include": {"type": "list", "elements": "str", "default": []},
    "subfolder": {"type": "str", "default": ""},
    "verify": {"type": "bool", "default": True},
    "overwrite": {"type": "bool", "default": False},
}
WHAT = ("snapshot", "target", "include", "subfolder", "wait")


def repository(options):
    return model.build_repository(options["repository"], host=options["host"])


def observe(options):
    client.look_at_target(options["target"], overwrite=options["overwrite"])
    return client.survey(repository(options), **{name: options[name] for name in WHAT})


def apply(options, changes):
    given = {name: options[name] for name in (*WHAT, "verify", "overwrite")}
    return {"restored": client.restore(repository(options), **given)}


def main():
    run_module(
        SPEC,
        observe=observe,
        plan=lambda options, seen: plan_restore(options["snapshot"], options["target"], *seen),
        apply=apply,
    )


if __name__ == "__main__":
    main()
