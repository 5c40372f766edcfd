#!/usr/bin/python
# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates signed by the internal CA."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_issue
short_description: Sign requested certificates with the internal authority
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Runs on the host of the authority and signs the requests that M(steward.platform.certificate_request) returned on
    other hosts.
  - From a signing request only the key is taken, after it proved itself. Names, usages and lifetime are those of the
    entry, so a host cannot ask for the name of another one.
  - A certificate never outlives the authority, and is valid from five minutes ago, because clocks differ.
  - Needs C(python3-cryptography) on the host.
attributes:
  check_mode:
    description: Predicts the change, RV(certificates) is then empty.
    support: full
  diff_mode:
    description: Shows names and lifetime of each certificate and why it was due.
    support: full
  idempotent:
    description: Every request is signed anew. Ask only for what is due.
    support: none
options:
  path:
    description:
      - Folder of the authority.
    type: path
    default: /etc/steward/pki
  requests:
    description:
      - What to sign.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate in the result.
        type: str
        required: true
      reason:
        description: Why it is due, shown in the diff.
        type: str
        default: ""
      csr:
        description: Signing request in PEM. May be empty in check mode only.
        type: str
        required: true
      names:
        description: Host names and addresses the certificate is for, the first one becomes its subject.
        type: list
        elements: str
        required: true
      usages:
        description: What the certificate may be used for.
        type: list
        elements: str
        choices: [server, client]
        default: [server]
      days:
        description: Lifetime.
        type: int
        required: true
"""

EXAMPLES = r"""
- name: Sign what the host requested
  steward.platform.certificate_issue:
    requests: "{{ requested.requests }}"
  delegate_to: "{{ groups['secrets'][0] }}"
  register: issued

- name: Sign with an authority elsewhere
  steward.platform.certificate_issue:
    path: /srv/authority
    requests: "{{ requested.requests }}"
  delegate_to: authority.example.com

- name: Sign a request from a file
  steward.platform.certificate_issue:
    requests:
      - name: printer
        csr: "{{ lookup('ansible.builtin.file', 'printer.csr') }}"
        names: [printer.example.com]
        days: 90
"""

RETURN = r"""
certificates:
  description: The signed certificates, PEM by name. The authority itself is not part of them.
  returned: success
  type: dict
"""

from ..module_utils.core.module import Parameters, run_module
from ..module_utils.core.plan import Plan
from ..module_utils.pki.client import apply_issue
from ..module_utils.pki.plan import plan_issue

REQUEST = {
    "name": {"type": "str", "required": True},
    "reason": {"type": "str", "default": ""},
    "csr": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "usages": {"type": "list", "elements": "str", "choices": ["server", "client"], "default": ["server"]},
    "days": {"type": "int", "required": True},
}


def observe(options: Parameters) -> None:
    """What is signed depends on the request alone."""


def plan(options: Parameters, world: None) -> Plan:
    return plan_issue(options["requests"])


def apply(options: Parameters, wanted: Plan) -> Parameters:
    return apply_issue(options["path"], wanted)


def main() -> None:
    run_module(
        {
            "path": {"type": "path", "default": "/etc/steward/pki"},
            "requests": {"type": "list", "elements": "dict", "required": True, "options": REQUEST},
        },
        observe=observe,
        plan=plan,
        apply=apply,
    )


if __name__ == "__main__":
    main()
