#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_instances
short_description: See that Redis instances run with their settings and users
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Asks the running servers, not their files. What differs is changed live with C(CONFIG SET) and C(ACL LOAD); a
    server is restarted only for
    what cannot be changed otherwise.
  - Connects to each address as a client does and compares the certificate it is shown, so a renewed one is read.
  - Fails when a server is not as wanted in the end. The files that servers read at their start are written by
    M(steward.platform.config_set).
requirements:
  - python3-redis
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows one difference per setting, and the names of users.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  instances:
    description: The instances that must run.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name, the instance of Debian's unit C(redis-server@.service).
        type: str
        required: true
      port:
        description: TLS port.
        type: int
        required: true
      settings:
        description: Settings by name. V(bind) and V(tls-cert-file) must be among them.
        type: dict
        required: true
      users:
        description: Lines of its ACL file, as C(ACL LIST) shows them.
        type: list
        elements: str
        required: true
"""

EXAMPLES = r"""
- name: Run the cache with its settings
  steward.platform.redis_instances:
    instances:
      - name: cache
        port: 6379
        settings:
          bind: 127.0.0.1 10.90.2.10
          tls-port: 6379
          tls-cert-file: /etc/ssl/steward/host.pem
          maxmemory: 256mb
        users:
          - user default off sanitize-payload ~* &* +@all
"""

RETURN = r"""
unmanaged:
  description: Instances that are configured on the host without having been asked for. They were left alone.
  returned: success
  type: list
  elements: str
  sample: [old]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.redis import client
from ansible_collections.steward.platform.plugins.module_utils.redis.model import build_instances
from ansible_collections.steward.platform.plugins.module_utils.redis.plan import plan_instances

INSTANCE = {
    "name": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "settings": {"type": "dict", "required": True},
    "users": {"type": "list", "elements": "str", "required": True, "no_log": True},
}
SPEC = {"instances": {"type": "list", "elements": "dict", "required": True, "options": INSTANCE}}


def plan(options, seen):
    wish = build_instances(options)
    return plan_instances(wish, seen, client.find_unmanaged(wish))


def main():
    run_module(
        SPEC,
        observe=lambda options: client.observe(build_instances(options)),
        plan=plan,
        apply=lambda options, changes: client.apply(build_instances(options), changes),
    )


if __name__ == "__main__":
    main()
