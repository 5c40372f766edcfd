#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_secret_info
short_description: Read secrets of a platform from OpenBao
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Returns the fields of the named secrets, for tasks that hand them to a data service in options that are not
    logged.
  - Runs on the host of OpenBao, so it is delegated there. The task must say C(no_log), because its result is the
    secrets.
extends_documentation_fragment:
  - steward.platform.looking
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  platform:
    description: Name of the platform, which is the name of the store.
    type: str
    required: true
  paths:
    description: Paths of the secrets in the store.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Read the passwords of the database's clients
  steward.platform.openbao_secret_info:
    platform: "{{ platform.name }}"
    paths: [database/isp-framework]
  delegate_to: "{{ platform.groups.secrets[0] }}"
  no_log: true
  register: credentials

- name: Read every generated secret
  steward.platform.openbao_secret_info:
    platform: "{{ platform.name }}"
    paths: "{{ platform.secrets | rejectattr('kind', 'equalto', 'external') | map(attribute='path') }}"
  delegate_to: "{{ platform.groups.secrets[0] }}"
  no_log: true
  register: generated

- name: Read from a server elsewhere
  steward.platform.openbao_secret_info:
    address: https://openbao.internal:8200
    platform: dotmac
    paths: [redis/worker]
  no_log: true
  register: elsewhere
"""

RETURN = r"""
secrets:
  description: The fields of each secret by its path.
  type: dict
  returned: success
  sample:
    database/isp-framework: {username: isp_framework, password: not-shown}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.openbao import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC

SPEC = {
    **ADMIN_SPEC,
    "platform": {"type": "str", "required": True},
    "paths": {"type": "list", "elements": "str", "required": True},
}


def main():
    run_info(
        SPEC,
        lambda options: {
            "secrets": client.read_secrets(client.connect(options), options["platform"], options["paths"])
        },
    )


if __name__ == "__main__":
    main()
