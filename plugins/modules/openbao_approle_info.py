#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_approle_info
short_description: Check the OpenBao logins and rendered secrets of an application host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Logs in as each service with the AppRole files of this host, reads the service's secrets and compares them with
    the rendered files.
  - Returns names of services only. A server that is sealed or cannot be reached is an error, not a missing login.
extends_documentation_fragment:
  - steward.platform.looking
  - steward.platform.openbao
  - steward.platform.openbao.rendered
"""

EXAMPLES = r"""
- name: See which services lack a login or have old files
  steward.platform.openbao_approle_info:
    address: https://10.90.2.10:8200
    platform: "{{ platform.name }}"
    services: "{{ platform.services }}"
    secrets_directory: "{{ platform.paths.secrets }}"
  register: logins

- name: Refuse to go on with old secrets
  ansible.builtin.assert:
    that: logins.missing + logins.stale == []

- name: Check one service only
  steward.platform.openbao_approle_info:
    address: https://10.90.2.10:8200
    platform: "{{ platform.name }}"
    services: "{{ platform.services | selectattr('name', 'equalto', 'isp-framework') }}"
    secrets_directory: "{{ platform.paths.secrets }}"
"""

RETURN = r"""
missing:
  description: Services without a login that OpenBao accepts from this host.
  type: list
  elements: str
  returned: success
  sample: [mgmt-celery-beat]
stale:
  description: Services that can log in, but whose rendered files are absent, differ, or have a wrong mode or owner.
  type: list
  elements: str
  returned: success
  sample: [isp-framework]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.openbao.agent import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ACCESS_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.parse import parse_services

SPEC = {
    **ACCESS_SPEC,
    "platform": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "dict", "required": True},
    "approle_directory": {"type": "path", "default": "/etc/steward/approle"},
    # A path, not a secret.
    "secrets_directory": {"type": "path", "required": True, "no_log": False},
}


def main():
    run_info(SPEC, lambda options: client.check_services(options, parse_services(options["services"])))


if __name__ == "__main__":
    main()
