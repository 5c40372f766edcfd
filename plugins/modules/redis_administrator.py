#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_administrator
short_description: Keep the password of a host's local Redis administrator
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Generates the password once, into the file C(/etc/steward/redis.password) that only root can read, and returns
    its hash for ACL files.
  - The password never leaves the host. Nobody elsewhere needs it, and status and health work while OpenBao is sealed.
  - To change it, remove the file and run the role redis again.
attributes:
  check_mode:
    description: Can run in check mode. The hash of a password that does not exist yet is predicted as zeros.
    support: full
  diff_mode:
    description: Shows that a password would be made, never the password.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Keep the local administrator's password
  steward.platform.redis_administrator:
  register: administrator
"""

RETURN = r"""
hash:
  description: SHA-256 of the password, in hexadecimal.
  returned: success
  type: str
  sample: 5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.redis import client
from ansible_collections.steward.platform.plugins.module_utils.redis.plan import plan_administrator


def make(options, plan):
    client.make_password()
    return {"hash": client.hash_of_password()}


def main():
    run_module(
        {},
        observe=lambda options: client.hash_of_password() if client.has_password() else None,
        plan=lambda options, known: plan_administrator(client.PASSWORD_FILE, known),
        apply=make,
    )


if __name__ == "__main__":
    main()
