#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: escrow_keys_info
short_description: Open an escrow bundle
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Decrypts the bundle that M(steward.platform.escrow_bundle) made, with an identity of one of its recipients. Runs on
    the controller, so that the identity never leaves it; the keys are in memory only.
  - The task must say C(no_log), because its result is the keys.
  - Refuses the bundle of another platform before it is decrypted, and one whose outside was changed.
extends_documentation_fragment:
  - steward.platform.looking
options:
  path:
    description: The bundle.
    type: path
    required: true
  identity:
    description: File with the age identity or the private SSH key, which must not ask for a passphrase.
    type: path
    required: true
  platform:
    description: Name of the platform whose keys are wanted.
    type: str
    required: true
requirements:
  - age
"""

EXAMPLES = r"""
- name: Open the bundle
  steward.platform.escrow_keys_info:
    path: dotmac-escrow.json
    identity: ~/.config/age/identity
    platform: dotmac
  delegate_to: localhost
  become: false
  no_log: true
  register: escrow

- name: Open it with an SSH key
  steward.platform.escrow_keys_info:
    path: dotmac-escrow.json
    identity: ~/.ssh/id_ed25519
    platform: dotmac
  delegate_to: localhost
  become: false
  no_log: true
  register: escrow

- name: See that it can be opened, without keeping anything
  steward.platform.escrow_keys_info:
    path: dotmac-escrow.json
    identity: ~/.config/age/identity
    platform: dotmac
  delegate_to: localhost
  become: false
  no_log: true
"""

RETURN = r"""
keys:
  description: The keys by the name of their file in the escrow folder.
  type: dict
  returned: success
secrets:
  description: Those of the backups, as M(steward.platform.openbao_secret_info) would return them.
  type: dict
  returned: success
made:
  description: When the bundle was made.
  type: str
  returned: success
  sample: "2024-12-25T14:30:00Z"
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.recovery.escrow import client

SPEC = {
    "path": {"type": "path", "required": True},
    "identity": {"type": "path", "required": True},
    "platform": {"type": "str", "required": True},
}


def main():
    run_info(SPEC, lambda options: client.open_bundle(**options))


if __name__ == "__main__":
    main()
