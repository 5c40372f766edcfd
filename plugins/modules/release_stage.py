#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_stage
short_description: Plan a release and lay its folder beside the serving one
version_added: 0.1.0
description:
  - Compares images and configuration of every service with the release that serves. Same content is no new release.
  - Otherwise writes C(/opt/<platform>/releases/<id>) with one Compose document a service and the record. Nothing
    starts and nothing that serves is touched.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.again
  - steward.platform.release.identity
  - steward.platform.release.attributes
options:
  images:
    description: Of each build the reference of its image, as M(steward.platform.container_image) returns them.
    type: dict
    required: true
  address:
    description: The host's private address, where containers publish their ports.
    type: str
    required: true
  schedulers:
    description: Whether this host runs the schedulers. Only one app host may.
    type: bool
    required: true
  by:
    description: Who deploys, for the record.
    type: str
    required: true
  options:
    description: The options of this deploy, for the record.
    type: dict
    default: {}
  origin:
    description: Where the release comes from, for the record.
    type: dict
    default: {kind: deploy, release: ""}
    suboptions:
      kind:
        description: What was asked for.
        type: str
        choices: [deploy, rollback, scale, restart, rotation]
        default: deploy
      release:
        description: Id of the earlier release that it is made from; empty for a deploy.
        type: str
        default: ""
  renew:
    description: Services that get fresh containers even where nothing differs.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Stage the release
  steward.platform.release_stage:
    platform: "{{ platform }}"
    images: "{{ built.images }}"
    release: "20241225_143000"
    address: 10.0.0.10
    schedulers: true
    by: jane@laptop
  register: staged

- name: See what a release would change
  steward.platform.release_stage:
    platform: "{{ platform }}"
    images: "{{ built.images }}"
    release: "20241225_143000"
    address: 10.0.0.10
    schedulers: true
    by: jane@laptop
  check_mode: true
  diff: true

- name: Name the services that are replaced
  ansible.builtin.debug:
    msg: "{{ staged.services | dict2items | selectattr('value.action', 'equalto', 'replace') | map(attribute='key') }}"
"""

RETURN = r"""
services:
  description:
    - Of each service what happens to it (RV(ignore:action) V(add), V(replace), V(keep) or V(remove)), its slot, ports
      and image.
  returned: always
  type: dict
previous:
  description: Id of the release that serves now, empty before the first.
  returned: always
  type: str
is_new:
  description: Whether this is a new release.
  returned: always
  type: bool
active_servers:
  description: Of each web service the servers of the director that are to serve once traffic moves.
  returned: always
  type: dict
strays:
  description: Projects that run here although the serving release has them not, as an interrupted run leaves them.
  returned: always
  type: list
  elements: str
  sample: [dotmac-isp-framework-green]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.release.model import AGAIN_SPEC, ORIGINS
from ansible_collections.steward.platform.plugins.module_utils.release.staging import client
from ansible_collections.steward.platform.plugins.module_utils.release.staging.plan import plan


def main() -> None:
    origin = {
        "kind": {"type": "str", "choices": list(ORIGINS), "default": "deploy"},
        "release": {"type": "str", "default": ""},
    }
    spec = {
        **AGAIN_SPEC,
        "images": {"type": "dict", "required": True},
        "release": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "schedulers": {"type": "bool", "required": True},
        "by": {"type": "str", "required": True},
        "options": {"type": "dict", "default": {}},
        "origin": {"type": "dict", "options": origin, "default": {"kind": "deploy", "release": ""}},
        "renew": {"type": "list", "elements": "str", "default": []},
    }
    run_module(spec, observe=client.observe, plan=plan, apply=client.apply)


if __name__ == "__main__":
    main()
