#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_seal_key
short_description: Make the key of OpenBao's static seal once
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes a key of 256 random bits on the host, mode 0400 and owned by root, and a copy of it in the escrow directory.
  - An existing key is never replaced. Where OpenBao has data but its key is gone, a new key is refused, because it
    would not open the data.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Names the key's path, never the key.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  path:
    description: Where the key is.
    type: path
    required: true
  previous_path:
    description: The key that is being rotated out. While it is there, a new one may be made beside existing data.
    type: path
  copy:
    description: Where the copy goes when the key is made. It may be carried away.
    type: path
    required: true
  data_directory:
    description: Where OpenBao's data is.
    type: path
    default: /var/lib/openbao/raft
"""

EXAMPLES = r"""
- name: Make the seal's key
  steward.platform.openbao_seal_key:
    path: /etc/openbao/unseal-1.key
    copy: /etc/steward/escrow/openbao-unseal-1.key

- name: Make the next key for a rotation
  steward.platform.openbao_seal_key:
    path: /etc/openbao/unseal-2.key
    previous_path: /etc/openbao/unseal-1.key
    copy: /etc/steward/escrow/openbao-unseal-2.key

- name: See whether there is a key
  steward.platform.openbao_seal_key:
    path: /etc/openbao/unseal-1.key
    copy: /etc/steward/escrow/openbao-unseal-1.key
  check_mode: true
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.install import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.install.plan import plan_key

SPEC = {
    "path": {"type": "path", "required": True},
    "previous_path": {"type": "path"},
    "copy": {"type": "path", "required": True},
    "data_directory": {"type": "path", "default": "/var/lib/openbao/raft"},
}


def main():
    run_module(
        SPEC,
        observe=client.observe_key,
        plan=lambda options, world: plan_key(world, path=options["path"], copy=options["copy"]),
        apply=client.apply_key,
    )


if __name__ == "__main__":
    main()
