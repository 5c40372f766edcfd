#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restic_snapshot_info
short_description: List the snapshots of a host's restic repository
version_added: 0.1.0
description:
  - Lists the snapshots, oldest first.
extends_documentation_fragment:
  - steward.platform.restic
  - steward.platform.looking
options:
  tags:
    description: Only snapshots with all of these tags.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: List all snapshots
  steward.platform.restic_snapshot_info:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
  register: stored

- name: Show the newest one
  ansible.builtin.debug:
    msg: "{{ stored.snapshots | last }}"

- name: List the parts of one set
  steward.platform.restic_snapshot_info:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    tags: {set: "20260101_020000"}
"""

RETURN = r"""
schema:
  description: Version of this document.
  returned: success
  type: int
  sample: 1
snapshots:
  description: The snapshots.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: f18f8e0359879868deb646b333e99bf58b85d5804fac4c8bc0f43887a627d256
    time:
      description: When it was begun.
      type: str
      sample: "2026-01-01T02:00:00.990582Z"
    host:
      description: Whose files they are.
      type: str
      sample: web1
    paths:
      description: What was stored.
      type: list
      elements: str
      sample: [/etc]
    tags:
      description: Its tags.
      type: list
      elements: str
      sample: [part=configuration]
    size:
      description: Bytes of the files.
      type: int
      sample: 3000003
    added:
      description: Bytes that the repository grew by.
      type: int
      sample: 1024
    files:
      description: Number of files.
      type: int
      sample: 2
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.restic import client, model

SPEC = {**model.SPEC, "tags": {"type": "dict", "default": {}}}


def observe(options):
    repository = model.build_repository(options["repository"], host=options["host"])
    found = client.snapshots(repository, tags=options["tags"], wait=options["wait"])
    return {"schema": 1, "snapshots": [snapshot.to_dict() for snapshot in found]}


def main():
    run_info(SPEC, observe)


if __name__ == "__main__":
    main()
