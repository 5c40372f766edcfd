#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_backup_login
short_description: Give backups a login at OpenBao that reads snapshots only
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Keeps the policy and AppRole C(steward-backup), which may read C(sys/storage/raft/snapshot) and nothing else, and a
    login of it in a file that only root reads. The login is accepted from OpenBao's own host only.
  - A login that works is kept; a missing or refused one is replaced, and earlier ones are destroyed.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows policy and settings in full, never a secret-id.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
extends_documentation_fragment:
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  login_file:
    description: Where the login goes. Its directory is made with mode 0700 when it is missing.
    type: path
    default: /etc/steward/backup/openbao-login.json
"""

EXAMPLES = r"""
- name: Let backups take snapshots
  steward.platform.openbao_backup_login:

- name: Replace a login that may have leaked
  ansible.builtin.file:
    path: /etc/steward/backup/openbao-login.json
    state: absent
# Then run the first task again.

- name: See whether the login works
  steward.platform.openbao_backup_login:
  check_mode: true
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot.plan import plan_login

SPEC = {**ADMIN_SPEC, "login_file": {"type": "path", "default": "/etc/steward/backup/openbao-login.json"}}


def main():
    run_module(
        SPEC,
        observe=client.observe_login,
        plan=lambda options, world: plan_login(world, path=options["login_file"]),
        apply=client.apply_login,
    )


if __name__ == "__main__":
    main()
