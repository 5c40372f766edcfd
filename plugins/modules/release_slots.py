#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_slots
short_description: Take one step of the switch from the serving release to a new one
version_added: 0.1.0
description:
  - Starts, hands over, publishes, stops or takes back the containers of a release on one app host. Moving
    the traffic is the work of M(steward.platform.director), watching that of M(steward.platform.release_watch),
    between the steps.
  - Every step can be repeated after a controller died in it.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.attributes
options:
  state:
    description:
      - V(started) starts the new web services and workers beside the old ones and waits until they are ready.
      - V(handed_over) stops the old scheduler and then starts the new one.
      - V(committed) makes the release the current one. What is before can be taken back, what comes after is cleaning
        up.
      - V(retired) stops what the release replaced; containers and logs stay.
      - V(withdrawn) stops what the release had started, keeps its logs, brings the old scheduler back and marks the
        release failed.
      - V(serving) makes the containers be as the ledger says; what an interrupted deploy left is stopped.
    type: str
    choices: [started, handed_over, committed, retired, withdrawn, serving]
    required: true
  address:
    description: The host's private address.
    type: str
    required: true
  release:
    description: Id of the new release. Not needed by V(serving).
    type: str
    default: ""
  previous:
    description: Id of the release that served before, empty when there was none.
    type: str
    default: ""
  services:
    description: What RV(steward.platform.release_stage#module:services) said. Not needed by V(serving).
    type: dict
    default: {}
  ready_timeout:
    description: Seconds each new slot has to become ready.
    type: int
    default: 90
  hand_over:
    description:
      - Whether V(started) hands the scheduler over as well, once the others are ready.
      - Saves a step where nothing is watched between the two.
    type: bool
    default: false
  error:
    description: Why it is V(withdrawn), for the record.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Start the new slots
  steward.platform.release_slots:
    state: started
    platform: "{{ platform }}"
    release: "20241225_143000"
    previous: "20241224_090000"
    services: "{{ staged.services }}"
    address: 10.0.0.10

- name: Make the containers be as the ledger says
  steward.platform.release_slots:
    state: serving
    platform: "{{ platform }}"
    address: 10.0.0.10
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.release.switch import client
from ansible_collections.steward.platform.plugins.module_utils.release.switch.plan import PLANS, plan


def main() -> None:
    spec = {
        "platform": {"type": "dict", "required": True},
        "state": {"type": "str", "choices": list(PLANS), "required": True},
        "address": {"type": "str", "required": True},
        "release": {"type": "str", "default": ""},
        "previous": {"type": "str", "default": ""},
        "services": {"type": "dict", "default": {}},
        "ready_timeout": {"type": "int", "default": 90},
        "hand_over": {"type": "bool", "default": False},
        "error": {"type": "str", "default": ""},
    }
    run_module(spec, observe=client.observe, plan=plan, apply=client.apply)


if __name__ == "__main__":
    main()
