#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: credential_refusal_info
short_description: Try that retired credentials are refused
version_added: 0.1.0
description:
  - Runs on an application host. Reads each credential from OpenBao as one of its services, and connects to every
    database and Redis instance it is for, with the current password and with the one that
    M(steward.platform.openbao_rotation) retired.
  - An old one that is accepted is an error, and so is a current one that is refused, or a server that gives neither
    answer. No password leaves the host.
  - Keys open no server, so there is nothing to try with them.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.looking
  - steward.platform.openbao
options:
  paths:
    description: Paths of the credentials.
    type: list
    elements: str
    required: true
  approle_directory:
    description: Where the files C(<service>.role-id) and C(<service>.secret-id) are.
    type: path
    default: /etc/steward/approle
requirements:
  - python3-psycopg2
  - python3-redis
"""

EXAMPLES = r"""
- name: Try that the old password of a service is refused
  steward.platform.credential_refusal_info:
    address: https://10.90.2.10:8200
    platform: "{{ platform }}"
    paths: [database/isp-framework]

- name: Try those of a rotation
  steward.platform.credential_refusal_info:
    address: https://10.90.2.10:8200
    platform: "{{ platform }}"
    paths: "{{ rotation.paths }}"
  register: tried

- name: Show where they were refused
  ansible.builtin.debug:
    var: tried.refused
"""

RETURN = r"""
refused:
  description: Where an old credential was tried and refused.
  returned: success
  type: list
  elements: str
  sample: ["database/isp-framework at 10.90.2.10:5432/dotmac_isp"]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ACCESS_SPEC
from ansible_collections.steward.platform.plugins.module_utils.release.rotation.client import observe_refusal

SPEC = {
    **ACCESS_SPEC,
    "platform": {"type": "dict", "required": True},
    "paths": {"type": "list", "elements": "str", "required": True},
    "approle_directory": {"type": "path", "default": "/etc/steward/approle"},
}


def main() -> None:
    run_info(SPEC, observe_refusal)


if __name__ == "__main__":
    main()
