#!/usr/bin/python
# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The internal CA on its host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
short_description: Keep the internal certificate authority of a platform
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes a private key (P-256) and a certificate signed with it, once, and returns the certificate.
  - An authority that is there is kept, also when O(subject) or O(days) differ, because every host trusts it.
  - A certificate without its key, or with another one, is refused. Replacing it silently would cut off every client.
  - Needs C(python3-cryptography) on the host.
attributes:
  check_mode:
    description: Predicts the change. On a host without an authority RV(certificate) is then empty.
    support: full
  diff_mode:
    description: Shows what is made, never the key.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  path:
    description:
      - Folder of C(ca.key) (mode C(0400)) and C(ca.pem) (mode C(0644)), made when missing.
    type: path
    default: /etc/steward/pki
  subject:
    description:
      - Common name of a new authority, at most 64 characters.
    type: str
    required: true
  days:
    description:
      - Lifetime of a new authority.
    type: int
    default: 3650
"""

EXAMPLES = r"""
- name: Keep the authority of the platform
  steward.platform.certificate_authority:
    subject: dotmac internal CA
  register: authority

- name: Keep an authority elsewhere
  steward.platform.certificate_authority:
    path: /srv/authority
    subject: staging internal CA
    days: 365

- name: Show what every client has to trust
  ansible.builtin.debug:
    var: authority.certificate
"""

RETURN = r"""
certificate:
  description: The authority's certificate in PEM, empty in check mode when there is none yet.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE-----\n..."
"""

from ..module_utils.core.module import Parameters, run_module
from ..module_utils.core.plan import Plan
from ..module_utils.pki.client import apply_authority, observe_authority
from ..module_utils.pki.model import Authority
from ..module_utils.pki.plan import plan_authority


def observe(options: Parameters) -> Authority:
    return observe_authority(options["path"])


def plan(options: Parameters, seen: Authority) -> Plan:
    return plan_authority(seen, options["subject"], options["days"], options["path"])


def apply(options: Parameters, wanted: Plan) -> Parameters:
    return apply_authority(options["path"], options["subject"], options["days"], wanted)


def main() -> None:
    run_module(
        {
            "path": {"type": "path", "default": "/etc/steward/pki"},
            "subject": {"type": "str", "required": True},
            "days": {"type": "int", "default": 3650},
        },
        observe=observe,
        plan=plan,
        apply=apply,
    )


if __name__ == "__main__":
    main()
