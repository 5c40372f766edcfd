# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an application host needs on disk to get its services' secrets."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.openbao.command import agent_files
from ansible_collections.steward.platform.plugins.module_utils.openbao.parse import parse_services

DOCUMENTATION = r"""
name: openbao_agent_files
short_description: Files of an application host for its OpenBao agents
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes the agent configuration of each service, and the AppRole files of services that were given a login, as
    M(steward.platform.config_set) takes them in its option C(files).
positional: _input
options:
  _input:
    description: Services as the model has them, with C(name), C(uid) and C(secret_files).
    type: list
    elements: dict
    required: true
  mount:
    description: Name of the key-value store.
    type: str
    required: true
  address:
    description: URL of the server.
    type: str
    required: true
  ca_file:
    description: Certificates that vouch for the server.
    type: str
    required: true
  secrets_directory:
    description: Where each service's directory of rendered files is.
    type: str
    required: true
  logins:
    description: The C(role_id) and C(secret_id) of services that get new ones.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Configure the agents
  steward.platform.config_set:
    files: >-
      {{ platform.services | steward.platform.openbao_agent_files(mount=platform.name, address='https://10.90.2.10:8200',
         ca_file='/etc/ssl/steward/ca/ca.pem', secrets_directory=platform.paths.secrets) }}
"""

RETURN = r"""
_value:
  description: Entries for the option C(files).
  type: list
  elements: dict
"""


def openbao_agent_files(services, mount, address, ca_file, secrets_directory, logins=None):
    try:
        return agent_files(
            parse_services(services),
            logins or {},
            mount=mount,
            address=address,
            ca_file=ca_file,
            secrets_directory=secrets_directory,
        )
    except StewardError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter, under its own name."""

    def filters(self):
        return {"openbao_agent_files": openbao_agent_files}
