#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_snapshot
short_description: Take a snapshot of OpenBao
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Takes a raft snapshot with the login of backups. It has everything OpenBao holds, readable with the seal's key only.
  - The file appears when it is there as a whole and its checksums are right.
  - A server that is sealed, not initialised or not to be reached is an error within seconds.
attributes:
  check_mode:
    description: Can run in check mode; then no snapshot is taken, but what would prevent one is an error.
    support: full
  diff_mode:
    description: Names the file.
    support: full
  idempotent:
    description: Takes a snapshot each time and replaces the file.
    support: none
extends_documentation_fragment:
  - steward.platform.openbao
options:
  path:
    description: Where the snapshot goes, with mode 0600. The directory must be root's alone.
    type: path
    required: true
  login_file:
    description: JSON file with C(role_id) and C(secret_id), as M(steward.platform.openbao_backup_login) makes it.
    type: path
    default: /etc/steward/backup/openbao-login.json
"""

EXAMPLES = r"""
- name: Take a snapshot
  steward.platform.openbao_snapshot:
    path: /var/lib/steward/backup/openbao.snapshot
  register: taken

- name: Say how large it is
  ansible.builtin.debug:
    var: taken.result.size

- name: See whether one could be taken
  steward.platform.openbao_snapshot:
    path: /var/lib/steward/backup/openbao.snapshot
  check_mode: true
"""

RETURN = r"""
result:
  description: What was taken.
  type: dict
  returned: when it was taken
  sample:
    version: 2.7.2
    started: "2026-01-01T02:00:00Z"
    finished: "2026-01-01T02:00:00Z"
    seconds: 0.2
    size: 81920
    details: {index: 312, term: 3, state_size: 229376, state_sha256: 9c5f36287c673f386e1533e9c044169a248e4ee50dd5}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ACCESS_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot.plan import plan_snapshot

SPEC = {
    **ACCESS_SPEC,
    "path": {"type": "path", "required": True},
    "login_file": {"type": "path", "default": "/etc/steward/backup/openbao-login.json"},
}


def main():
    run_module(
        SPEC,
        observe=client.look,
        plan=lambda options, health: plan_snapshot(options["address"], options["path"]),
        apply=lambda options, plan: {"result": client.take(options)},
    )


if __name__ == "__main__":
    main()
