#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: director
short_description: Say which servers HAProxy sends traffic to
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Keeps one file for each service in C(/etc/haproxy/services) and the running HAProxy the same.
  - When only the active servers differ, the traffic is moved through HAProxy's runtime API and nothing is reloaded,
    so no request is lost. New servers are drained and checked first. Only when HAProxy's own check and a direct request
    have found all of them ready do they serve, and only then are the old ones drained and put into maintenance.
  - The file is written between the two, so that a restart of HAProxy at any moment finds servers that were seen ready.
  - Traffic can be moved on trial, see O(persistent).
  - Services, ports and addresses that differ need a reload of HAProxy, which is done only then.
notes:
  - HAProxy must load C(/etc/haproxy/services) beside C(/etc/haproxy/haproxy.cfg), as the role
    P(steward.platform.proxy#role) sets it up.
  - Files in that directory that do not carry this module's mark are left alone.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without moving any traffic.
    support: full
  diff_mode:
    description: Shows each server's change of state and each file's difference.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  services:
    description: All services; a service that is no longer named is removed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the service, in small letters, digits and C(-).
        type: str
        required: true
      entry_port:
        description: Port on which the service answers for ever, on every one of O(bind_addresses).
        type: int
        required: true
      ready_path:
        description: Path that a server answers with status 200 when it can serve.
        type: str
        required: true
      servers:
        description:
          - Every place where a replica may run, whether one runs there or not. Changing this list needs a reload.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the server.
            type: str
            required: true
          address:
            description: IPv4 or IPv6 address.
            type: str
            required: true
          port:
            description: Port.
            type: int
            required: true
      active:
        description:
          - Names of the servers that serve. May be empty.
          - When it is not given, those that serve now go on, as the service's file has it.
        type: list
        elements: str
  bind_addresses:
    description: Addresses of this host on which the entry ports listen.
    type: list
    elements: str
    default: [127.0.0.1]
  health_port:
    description:
      - Port on loopback that answers 200 when every service has a ready server, and 503 naming one that has none.
    type: int
  persistent:
    description:
      - Whether the files name the active servers. With V(false) only the running HAProxy moves its traffic, and a
        restart of HAProxy or its host goes back to the servers that served before, until a run with V(true) confirms
        the move.
    type: bool
    default: true
  ready_timeout:
    description: Seconds for new servers to become ready.
    type: int
    default: 60
  drain_timeout:
    description: Seconds for old servers to finish their requests. Those left then go on without being waited for.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Describe the service and both its slots, leaving the traffic as it is
  steward.platform.director:
    bind_addresses: [127.0.0.1, 10.90.2.10]
    services:
      - name: isp-framework
        entry_port: 8001
        ready_path: /health/ready
        servers:
          - {name: blue-1, address: 10.90.2.10, port: 18000}
          - {name: green-1, address: 10.90.2.10, port: 18008}

- name: Move the traffic to the green slot
  steward.platform.director:
    bind_addresses: [127.0.0.1, 10.90.2.10]
    services:
      - name: isp-framework
        entry_port: 8001
        ready_path: /health/ready
        servers:
          - {name: blue-1, address: 10.90.2.10, port: 18000}
          - {name: green-1, address: 10.90.2.10, port: 18008}
        active: [green-1]
    ready_timeout: 30

- name: Remove all services
  steward.platform.director:
    services: []
"""

RETURN = r"""
active:
  description: Names of the servers that serve, by service.
  returned: success
  type: dict
  sample: {isp-framework: [green-1]}
moves:
  description: What became different for the servers, one line a service.
  returned: success
  type: list
  elements: str
  sample: ["isp-framework: blue-1 ready → maint, green-1 maint → ready"]
reloaded:
  description: Whether HAProxy was reloaded (in check mode, would be).
  returned: success
  type: bool
remaining_sessions:
  description: Sessions and queued requests that old servers still had after O(drain_timeout), by service and server.
  returned: success
  type: dict
  sample: {isp-framework/blue-1: 1}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.director import client
from ansible_collections.steward.platform.plugins.module_utils.director.model import parse_wish
from ansible_collections.steward.platform.plugins.module_utils.director.plan import plan_director

SERVER = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
}
SERVICE = {
    "name": {"type": "str", "required": True},
    "entry_port": {"type": "int", "required": True},
    "ready_path": {"type": "str", "required": True},
    "servers": {"type": "list", "elements": "dict", "default": [], "options": SERVER},
    "active": {"type": "list", "elements": "str"},
}
SPEC = {
    "services": {"type": "list", "elements": "dict", "required": True, "options": SERVICE},
    "bind_addresses": {"type": "list", "elements": "str", "default": ["127.0.0.1"]},
    "health_port": {"type": "int"},
    "persistent": {"type": "bool", "default": True},
    "ready_timeout": {"type": "int", "default": 60},
    "drain_timeout": {"type": "int", "default": 60},
}


def main():
    run_module(
        SPEC,
        observe=lambda options: client.observe(parse_wish(options)),
        plan=lambda options, world: plan_director(parse_wish(options), world, persistent=options["persistent"]),
        apply=lambda options, plan: client.apply(
            plan, ready_timeout=options["ready_timeout"], drain_timeout=options["drain_timeout"]
        ),
    )


if __name__ == "__main__":
    main()
