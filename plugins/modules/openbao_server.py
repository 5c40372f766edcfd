#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_server
short_description: Initialise an OpenBao server and keep its administration in order
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Waits for the server. When it has never been initialised, initialises it, puts the recovery keys (with Shamir's
    seal, the unseal keys) into a root-only escrow file on the host, uses the root token once to make the admin
    AppRole of the collection, and revokes it.
  - A run that was killed on the way is finished by the next one. Where that is not possible the module says so and
    what to do.
  - User lockout of AppRole logins is turned off, because else some bad secret-ids lock the good ones out too.
  - A sealed server is one error line that says how to unseal it.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Names what changes, never a key or token.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
extends_documentation_fragment:
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  seal:
    description: How the server opens itself after a start. With V(shamir) people do it.
    type: str
    choices: [static, shamir]
    default: static
  key_shares:
    description: Into how many shares the recovery or unseal key is split.
    type: int
    default: 3
  key_threshold:
    description: How many of them are needed.
    type: int
    default: 2
  escrow_file:
    description: Where the keys go. It may be carried away once its C(state) is V(complete).
    type: path
    default: /etc/steward/escrow/openbao.json
  timeout:
    description: Seconds to wait for the server to answer and to open itself.
    type: int
    default: 30
"""

EXAMPLES = r"""
- name: Initialise OpenBao
  steward.platform.openbao_server:

- name: Initialise a server whose unseal key is split among five people
  steward.platform.openbao_server:
    seal: shamir
    key_shares: 5
    key_threshold: 3

- name: See whether it is initialised, open and in order
  steward.platform.openbao_server:
  check_mode: true
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.plan import plan_server
from ansible_collections.steward.platform.plugins.module_utils.openbao.server import client

SPEC = {
    **ADMIN_SPEC,
    "seal": {"type": "str", "choices": ["static", "shamir"], "default": "static"},
    # Numbers, not keys: Ansible takes options called key for secrets unless told.
    "key_shares": {"type": "int", "default": 3, "no_log": False},
    "key_threshold": {"type": "int", "default": 2, "no_log": False},
    "escrow_file": {"type": "path", "default": "/etc/steward/escrow/openbao.json"},
    "timeout": {"type": "int", "default": 30},
}


def main():
    run_module(
        SPEC,
        observe=client.observe_server,
        plan=lambda options, world: plan_server(
            world, address=options["address"], escrow=options["escrow_file"], admin=options["admin_file"]
        ),
        apply=client.apply_server,
    )


if __name__ == "__main__":
    main()
