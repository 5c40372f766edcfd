#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_renewal_info
short_description: Plan to run what serves once more
version_added: 0.1.0
description:
  - Plans a release of the code and configuration that serve, in another number of replicas or in fresh containers.
    M(steward.platform.release_stage) takes what it returns. Nothing is changed.
  - Sees that the images, services and secret files are there; what is missing is an error with one line each.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.again
  - steward.platform.looking
options:
  kind:
    description: Why, for the ledger.
    type: str
    required: true
    choices: [scale, restart, rotation]
  services:
    description: The services meant; all of them when it is empty.
    type: list
    elements: str
    default: []
  replicas:
    description: Containers on each app host; as many as now, but fresh ones, when it is not given.
    type: int
"""

EXAMPLES = r"""
- name: Plan three replicas
  steward.platform.release_renewal_info:
    platform: "{{ platform }}"
    kind: scale
    services: [isp-framework]
    replicas: 3
  register: wanted

- name: Plan fresh containers for every service
  steward.platform.release_renewal_info:
    platform: "{{ platform }}"
    kind: restart
  register: wanted

- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ wanted.plan }}"
"""

RETURN = r"""
plan:
  description: What will become of each service, for people.
  returned: success
  type: str
platform:
  description: The model of the release that serves, at the ports and in the number wanted.
  returned: success
  type: dict
images:
  description: Of each build the image that serves.
  returned: success
  type: dict
  sample: {isp-framework: "dotmac/isp-framework:1f2e"}
origin:
  description: Why, and the release that is run once more.
  returned: success
  type: dict
  sample: {kind: scale, release: "20241225_143000"}
scaled:
  description: Of each scaled service its number of replicas and that of the inventory.
  returned: success
  type: dict
  sample: {isp-framework: {replicas: 3, inventory: 2}}
renew:
  description: The services that get fresh containers.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.release.model import AGAIN_SPEC, RENEWALS
from ansible_collections.steward.platform.plugins.module_utils.release.renewal.client import observe
from ansible_collections.steward.platform.plugins.module_utils.release.renewal.plan import plan_renewal


def main() -> None:
    spec = {
        **AGAIN_SPEC,
        "kind": {"type": "str", "required": True, "choices": list(RENEWALS)},
        "services": {"type": "list", "elements": "str", "default": []},
        "replicas": {"type": "int"},
    }
    run_info(spec, lambda parameters: plan_renewal(parameters, observe(parameters)))


if __name__ == "__main__":
    main()
