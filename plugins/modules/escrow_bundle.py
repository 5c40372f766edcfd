#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: escrow_bundle
short_description: Encrypt the keys of the escrow folder for the operators
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Reads the keys in C(/etc/steward/escrow) of the first secrets host and encrypts them with C(age), so that each of
    the recipients alone can open them. The keys leave the host encrypted only.
  - Refuses to make a bundle with which nothing could be restored, and one that nobody could open.
attributes:
  check_mode:
    description: Can run in check mode and say whether there would be a new bundle.
    support: full
  diff_mode:
    description: Shows the names of the keys and the recipients, never a key.
    support: full
  idempotent:
    description: No new bundle while O(present) has the same keys for the same recipients.
    support: full
options:
  platform:
    description: Name of the platform.
    type: str
    required: true
  recipients:
    description: Who may open it, each an age recipient or a public SSH key of type ed25519 or rsa.
    type: list
    elements: str
    required: true
  present:
    description: Text of the bundle that there is.
    type: str
    default: ""
requirements:
  - age
"""

EXAMPLES = r"""
- name: Make the first bundle
  steward.platform.escrow_bundle:
    platform: dotmac
    recipients: [age16gj3l3090dcq94m2s5y6ppdlpc0mfxn6j668kjerrzx2trjpzp3qmldvfv]
  register: escrow

- name: Make another when a key or a recipient is new
  steward.platform.escrow_bundle:
    platform: dotmac
    recipients: "{{ operators | map(attribute='ssh_keys') | flatten }}"
    present: "{{ lookup('ansible.builtin.file', 'dotmac-escrow.json') }}"
  register: escrow

- name: See which keys would be in it
  steward.platform.escrow_bundle:
    platform: dotmac
    recipients: "{{ recovery_recipients }}"
  check_mode: true
"""

RETURN = r"""
bundle:
  description: The bundle, encrypted.
  type: str
  returned: when there is a new one, not in check mode
keys:
  description: Names of the keys in it.
  type: list
  elements: str
  returned: success
  sample: [backup-mac-key, backup-pgbackrest-cipher, backup-restic-password, openbao-unseal-1.key, openbao.json]
recipients:
  description: Who can open it.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.recovery.escrow import client, plan

SPEC = {
    "platform": {"type": "str", "required": True},
    "recipients": {"type": "list", "elements": "str", "required": True},
    "present": {"type": "str", "default": ""},
}


def main():
    run_module(
        SPEC,
        observe=client.observe,
        plan=lambda options, seen: plan.plan_bundle(seen[0], options["present"]),
        apply=lambda options, changes: {"bundle": client.encrypt(*client.observe(options))},
    )


if __name__ == "__main__":
    main()
