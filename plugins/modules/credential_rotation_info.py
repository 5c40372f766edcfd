#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: credential_rotation_info
short_description: Plan the rotation of generated secrets
version_added: 0.1.0
description:
  - Chooses the generated secrets that are meant and the services that hold them, and says what a rotation will do, also
    what it would continue. Nothing is changed.
  - A name that is unknown, or that of a secret from outside, is an error.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.looking
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  service:
    description: Rotate all generated secrets of this service. Not together with O(credential).
    type: str
    default: ""
  credential:
    description: Rotate the secret with this path. When both are empty, all generated secrets
      that services use are meant.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: See what rotating everything would do
  steward.platform.credential_rotation_info:
    platform: "{{ platform }}"
  register: rotation

- name: Plan for one service
  steward.platform.credential_rotation_info:
    platform: "{{ platform }}"
    service: isp-framework
  register: rotation

- name: Plan for one secret
  steward.platform.credential_rotation_info:
    platform: "{{ platform }}"
    credential: database/isp-framework
  register: rotation
"""

RETURN = r"""
plan:
  description: The secrets, who uses them and the steps, for people.
  returned: success
  type: str
secrets:
  description: The chosen entries of the model's secrets.
  returned: success
  type: list
  elements: dict
paths:
  description: The paths of the chosen secrets.
  returned: success
  type: list
  elements: str
  sample: [database/isp-framework]
services:
  description: The services that hold one of them.
  returned: success
  type: list
  elements: str
  sample: [isp-framework]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.release.rotation.client import observe_plan

SPEC = {
    **ADMIN_SPEC,
    "platform": {"type": "dict", "required": True},
    "service": {"type": "str", "default": ""},
    # A path, not a secret.
    "credential": {"type": "str", "default": "", "no_log": False},
}


def main() -> None:
    run_info(SPEC, observe_plan)


if __name__ == "__main__":
    main()
