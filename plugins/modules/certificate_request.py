#!/usr/bin/python
# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys on a host and the requests for certificates that are due."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_request
short_description: Keep the private keys of a host and request the certificates that are due
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes missing private keys (P-256), gives them owner, group and mode, and returns a signing request for each
    certificate that has to be issued.
  - A certificate is due when it is missing, is for other names or usages, belongs to another key, was signed by
    another authority, or has begun the last third of its lifetime.
  - Keys stay when a certificate is renewed, so that the present pair works until the new certificate is installed.
    They never leave the host.
  - Needs C(python3-cryptography) on the host.
attributes:
  check_mode:
    description: Predicts keys and reasons. A request for a key that does not exist yet has an empty C(csr).
    support: full
  diff_mode:
    description: Shows which keys are made or protected, never a key.
    support: full
  idempotent:
    description: A second run changes nothing. Requests are returned until their certificates are installed.
    support: full
options:
  authority:
    description:
      - The authority's certificate in PEM, as M(steward.platform.certificate_authority) returns it.
      - Empty when there is none yet.
    type: str
    required: true
  certificates:
    description:
      - The certificates this host should hold.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate in requests and results.
        type: str
        required: true
      path:
        description: File of the certificate, which is only read.
        type: path
        required: true
      key:
        description: File of the private key.
        type: path
        required: true
      names:
        description: Host names and addresses the certificate is for, the first one becomes its subject.
        type: list
        elements: str
        required: true
      days:
        description: Lifetime.
        type: int
        required: true
      usages:
        description: What the certificate may be used for.
        type: list
        elements: str
        choices: [server, client]
        default: [server]
      key_mode:
        description: Mode of the key's file.
        type: str
        default: "0600"
      key_group:
        description: Group of the key's file, which belongs to V(root).
        type: str
        default: root
"""

EXAMPLES = r"""
- name: Ask which certificates are due
  steward.platform.certificate_request:
    authority: "{{ authority.certificate }}"
    certificates:
      - name: host
        path: /etc/ssl/steward/host.pem
        key: /etc/ssl/steward/host.key
        names: [db1, localhost, 10.0.0.5]
        days: 365
  register: requested

- name: Share the key with a group
  steward.platform.certificate_request:
    authority: "{{ authority.certificate }}"
    certificates:
      - name: internal
        path: /etc/ssl/internal.pem
        key: /etc/ssl/internal.key
        key_mode: "0640"
        key_group: ssl-cert
        names: [db1]
        usages: [server, client]
        days: 90

- name: Tell why certificates are due
  ansible.builtin.debug:
    msg: "{{ requested.requests | map(attribute='reason') }}"
"""

RETURN = r"""
requests:
  description: One entry for each certificate that is due, for M(steward.platform.certificate_issue).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the certificate.
      type: str
    reason:
      description: Why it is due.
      type: str
      sample: there is none
    csr:
      description: The signing request in PEM, empty in check mode when the key does not exist yet.
      type: str
    names:
      description: Names it is for.
      type: list
      elements: str
    usages:
      description: What it may be used for.
      type: list
      elements: str
    days:
      description: Lifetime.
      type: int
certificates:
  description: The certificates that are good, PEM by name.
  returned: success
  type: dict
"""

from ..module_utils.core import clock
from ..module_utils.core.module import Parameters, run_module
from ..module_utils.core.plan import Plan
from ..module_utils.pki.client import apply_request, observe_wishes
from ..module_utils.pki.model import Held, Wish
from ..module_utils.pki.plan import plan_request

CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "key": {"type": "path", "required": True, "no_log": False},
    "names": {"type": "list", "elements": "str", "required": True},
    "days": {"type": "int", "required": True},
    "usages": {"type": "list", "elements": "str", "choices": ["server", "client"], "default": ["server"]},
    "key_mode": {"type": "str", "default": "0600", "no_log": False},
    "key_group": {"type": "str", "default": "root", "no_log": False},
}


def wishes(options: Parameters) -> list[Wish]:
    return [Wish.read(row) for row in options["certificates"]]


def observe(options: Parameters) -> dict[str, Held]:
    return observe_wishes(wishes(options), options["authority"])


def plan(options: Parameters, held: dict[str, Held]) -> Plan:
    return plan_request(wishes(options), held, clock.now())


def apply(options: Parameters, wanted: Plan) -> Parameters:
    return apply_request(wishes(options), options["authority"], wanted)


def main() -> None:
    run_module(
        {
            "authority": {"type": "str", "required": True},
            "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
        },
        observe=observe,
        plan=plan,
        apply=apply,
    )


if __name__ == "__main__":
    main()
