#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_secret_id
short_description: Issue AppRole logins for services of one host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes a new secret-id for each named service, for one application host, and destroys those that the same host had
    for it before.
  - Runs on the host of OpenBao, so it is delegated there. The task must say C(no_log), because its result is the
    logins.
attributes:
  check_mode:
    description: Can run in check mode; then no login is issued and none returned.
    support: full
  diff_mode:
    description: Names the services, never a secret-id.
    support: full
  idempotent:
    description: Each run issues new logins; name only the services that need one.
    support: none
extends_documentation_fragment:
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  platform:
    description: Name of the platform, which begins the names of the AppRoles.
    type: str
    required: true
  services:
    description: Names of services.
    type: list
    elements: str
    required: true
  host:
    description: The application host's name in the inventory. The secret-ids carry it.
    type: str
    required: true
  cidrs:
    description: Networks from which the logins are accepted. Empty means from everywhere.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Issue the logins that this host has not
  steward.platform.openbao_secret_id:
    platform: "{{ platform.name }}"
    services: "{{ logins.missing }}"
    host: "{{ inventory_hostname }}"
    cidrs: ["{{ platform.hosts[inventory_hostname].private_address }}/32"]
  delegate_to: "{{ platform.groups.secrets[0] }}"
  no_log: true
  register: issued

- name: Replace the login of one service, which may have leaked
  steward.platform.openbao_secret_id:
    platform: dotmac
    services: [isp-framework]
    host: app1
  delegate_to: secrets1
  no_log: true
  register: replaced

- name: See for which services logins would be issued
  steward.platform.openbao_secret_id:
    platform: dotmac
    services: [isp-framework]
    host: app1
  delegate_to: secrets1
  check_mode: true
  diff: true
"""

RETURN = r"""
logins:
  description: The C(role_id) and C(secret_id) of each service.
  type: dict
  returned: when something was issued
  sample:
    isp-framework: {role_id: not-shown, secret_id: not-shown}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.catalog import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.plan import plan_logins

SPEC = {
    **ADMIN_SPEC,
    "platform": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "str", "required": True},
    "host": {"type": "str", "required": True},
    "cidrs": {"type": "list", "elements": "str", "default": []},
}


def main():
    run_module(
        SPEC,
        observe=lambda options: None,
        plan=lambda options, world: plan_logins(options["platform"], options["services"], options["host"]),
        apply=client.issue_logins,
    )


if __name__ == "__main__":
    main()
