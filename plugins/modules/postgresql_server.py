#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_server
short_description: See that a PostgreSQL cluster runs as its files say
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Asks the running server, not its files. It reads files that changed since the server did, restarts the server when a
    setting waits for that, and refuses files with errors.
  - Connects to each address as a client does and compares the certificate it is shown. A server that started
    before its private address
    was there listens on loopback only and reports success; this module finds that and restarts it.
  - Fails when the server still does not serve as wanted.
requirements:
  - python3-psycopg2
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows what is wrong with the server and what would be done.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  version:
    description: Major version of the cluster.
    type: str
    default: "17"
  cluster:
    description: Name of the cluster.
    type: str
    default: main
  port:
    description: Port of the cluster.
    type: int
    default: 5432
  addresses:
    description: Addresses on which it must answer with TLS.
    type: list
    elements: str
    required: true
  settings_file:
    description: Our file in the cluster's C(conf.d). No other file may take precedence over what it sets.
    type: str
    default: 50-steward.conf
  ca_file:
    description: CA that clients trust.
    type: path
    default: /etc/ssl/steward/ca/ca.pem
  certificate:
    description: Certificate that the server must show.
    type: path
    default: /etc/ssl/steward/host.pem
"""

EXAMPLES = r"""
- name: See that the server listens and uses its settings
  steward.platform.postgresql_server:
    addresses: [127.0.0.1, 10.90.2.10]
"""

RETURN = r"""
server:
  description: What was seen last.
  returned: success
  type: dict
  contains:
    active:
      description: Whether the unit runs.
      type: bool
    version:
      description: Full version.
      type: str
    listens:
      description: Each address with what it answered.
      type: dict
  sample: {active: true, version: "17.12", listens: {127.0.0.1: TLS with the host's certificate}}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.postgresql import client, server

SPEC = {
    "version": {"type": "str", "default": "17"},
    "cluster": {"type": "str", "default": "main"},
    "port": {"type": "int", "default": 5432},
    "addresses": {"type": "list", "elements": "str", "required": True},
    "settings_file": {"type": "str", "default": "50-steward.conf"},
    "ca_file": {"type": "path", "default": "/etc/ssl/steward/ca/ca.pem"},
    "certificate": {"type": "path", "default": "/etc/ssl/steward/host.pem"},
}


def main():
    run_module(
        SPEC,
        observe=lambda options: client.observe_server(server.build_wanted(options)),
        plan=lambda options, state: server.plan_server(server.build_wanted(options).unit, state),
        apply=lambda options, plan: client.apply_server(server.build_wanted(options), plan),
    )


if __name__ == "__main__":
    main()
