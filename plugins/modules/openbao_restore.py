#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_restore
short_description: Restore a snapshot to an empty OpenBao server
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - For a server that runs and has never been initialised, with the configuration and the unseal key of the one that
    made the snapshot. It is initialised with keys that are thrown away, given the snapshot, and waited for until it has
    opened itself.
  - Keys, logins and secrets are then those of the snapshot. A server that holds something already is refused.
  - When it fails on the way, the message says how the server is made empty again.
attributes:
  check_mode:
    description: Can run in check mode; the snapshot and the server are looked at, nothing is restored.
    support: full
  diff_mode:
    description: Names the steps.
    support: full
  idempotent:
    description: A server that was restored is refused.
    support: none
extends_documentation_fragment:
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  path:
    description: The snapshot on the host.
    type: path
    required: true
  confirm:
    description: The same as O(address), to say that this server is meant.
    type: str
    required: true
  timeout:
    description: Seconds to wait for the server to open itself, each time.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Restore the secrets of a lost host
  steward.platform.openbao_restore:
    path: /var/lib/steward/restore/openbao.snapshot
    confirm: https://127.0.0.1:8200

- name: Restore to another address
  steward.platform.openbao_restore:
    address: https://10.90.2.10:8200
    path: /var/lib/steward/restore/openbao.snapshot
    confirm: https://10.90.2.10:8200

- name: See whether it could be restored
  steward.platform.openbao_restore:
    path: /var/lib/steward/restore/openbao.snapshot
    confirm: https://127.0.0.1:8200
  check_mode: true
"""

RETURN = r"""
index:
  description: How far the log had come when the snapshot was made.
  type: int
  returned: success
  sample: 312
login:
  description: Whether the administrator's login in O(admin_file) V(works) with what was restored, or is V(absent) or
    V(refused).
  type: str
  returned: when it was restored
  sample: works
seconds:
  description: How long it took.
  type: float
  returned: when it was restored
  sample: 9.7
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot.plan import plan_restore

SPEC = {
    **ADMIN_SPEC,
    "path": {"type": "path", "required": True},
    "confirm": {"type": "str", "required": True},
    "timeout": {"type": "int", "default": 60},
}
NAMED = ("address", "path", "confirm")


def main():
    run_module(
        SPEC,
        observe=client.observe_empty,
        plan=lambda options, seen: plan_restore(*seen, **{name: options[name] for name in NAMED}),
        apply=lambda options, plan: client.restore(options),
    )


if __name__ == "__main__":
    main()
