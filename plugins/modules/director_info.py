#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: director_info
short_description: Read which servers HAProxy sends traffic to
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Reads the services that P(steward.platform.director#module) has set up, and what the running HAProxy says of
    their servers.
extends_documentation_fragment:
  - steward.platform.looking
"""

EXAMPLES = r"""
- name: Read who serves
  steward.platform.director_info:
  register: traffic

- name: Show the active servers
  ansible.builtin.debug:
    msg: "{{ traffic.services | items2dict(key_name='name', value_name='active') }}"

- name: Refuse to go on while a service has no active server
  ansible.builtin.assert:
    that: traffic.services | selectattr('active', 'equalto', []) | length == 0
"""

RETURN = r"""
schema:
  description: Version of this document.
  returned: success
  type: int
  sample: 1
services:
  description: The services.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service.
      type: str
      sample: isp-framework
    active:
      description: Names of the servers that serve.
      type: list
      elements: str
      sample: [blue-1]
    servers:
      description: Every place where a replica may run.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the server.
          type: str
        endpoint:
          description: Address and port.
          type: str
        state:
          description:
            - Whether it shall serve - V(ready), V(drain), V(maint), or V(absent) when HAProxy has not loaded it.
          type: str
        status:
          description: Whether it can serve, in HAProxy's words.
          type: str
        check:
          description: Result of the last health check and the status it answered.
          type: str
        sessions:
          description: Requests it is working on.
          type: int
        queue:
          description: Requests waiting for it.
          type: int
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.director import client


def main():
    run_info({}, lambda options: client.read_services())


if __name__ == "__main__":
    main()
