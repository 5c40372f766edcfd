#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery
short_description: Bring a host's data back, and take that back
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Does on a host what C(steward restore) does there. Everything that can fail on the backup's side is done before
    anything stops - checksums are compared and the replacement is restored and replayed beside the live database -
    then both are exchanged, and the old one is kept until O(state=accepted) or O(state=undone).
  - Each step is written into a journal before it is done. After a crash or a reboot the same call goes on where it
    was, and O(state=undone) goes back from anywhere.
  - After the database went to another moment a set of its new timeline is made at once.
attributes:
  check_mode:
    description: Can run in check mode and return the plan without changing anything.
    support: full
  diff_mode:
    description: Shows the steps that are left.
    support: full
  idempotent:
    description:
      - Each call with O(state=restored) that is not the continuation of one begins a new recovery; with V(undone) and
        V(accepted) a second run changes nothing.
    support: partial
options:
  state:
    description:
      - With V(restored) a recovery is begun, or the one that was begun goes on.
      - With V(undone) the last one is taken back as far as it came; with V(accepted) what it kept is removed.
    type: str
    choices: [restored, undone, accepted]
    default: restored
  stage:
    description:
      - How far to go now. V(prepared) ends before anything stops, V(switched) before services start and the set of
        the new timeline is made.
    type: str
    choices: [prepared, switched, finished]
    default: finished
  resume:
    description: Go on with what was begun and begin nothing; the options that say what is wanted are not looked at.
    type: bool
    default: false
  scope:
    description: What is brought back, as M(steward.platform.recovery_plan_info) explains it.
    type: str
    choices: [full_system, database_only, configuration, application_data, emergency, full, database, config, data]
    default: full_system
  source:
    description: The id of a set, or one of the host's repositories by its name or place - an absolute path or
      C(s3://bucket/path). When it is empty, the first one.
    type: str
    default: ""
  target:
    description: The moment to come back to, as M(steward.platform.recovery_plan_info) explains it.
    type: str
    default: ""
  target_type:
    description: What O(target) is; when it is empty, told by its shape.
    type: str
    choices: ["", latest, immediate, time, lsn, xid, name]
    default: ""
  timeline:
    description: Timeline of the database to follow; V(0) is the newest.
    type: int
    default: 0
  method:
    description: V(beside) keeps the old data directory; V(delta) overwrites it, which cannot be undone.
    type: str
    choices: [beside, delta]
    default: beside
  stop_services:
    description: Whether the platform's services on this host are stopped meanwhile. Not so when the caller does it.
    type: bool
    default: true
  confirm:
    description: What the plan says is to be typed. Needed when a recovery begins.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: See what it would do
  steward.platform.recovery:
    scope: database_only
    target: "2024-01-01 12:00:00+01:00"
  check_mode: true
  register: seen

- name: Bring the database back to that moment
  steward.platform.recovery:
    scope: database_only
    target: "2024-01-01 12:00:00+01:00"
    confirm: "{{ seen.plan.confirm }}"

- name: Remove the database of before
  steward.platform.recovery:
    state: accepted
"""

RETURN = r"""
plan:
  description: The plan, as M(steward.platform.recovery_plan_info) returns it.
  returned: when there is one
  type: dict
recovery:
  description: The last recovery of the host, its C(id), C(state), C(steps), C(warnings), what was C(kept) and what
    comes C(next).
  returned: success
  type: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.backup_set.units import PROGRAM
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.recovery.model import SCOPES, SPELLINGS, TARGET_TYPES
from ansible_collections.steward.platform.plugins.module_utils.recovery.plan import METHODS
from ansible_collections.steward.platform.plugins.module_utils.recovery.running import client
from ansible_collections.steward.platform.plugins.module_utils.recovery.running.plan import STAGES, STATES, plan_act
from ansible_collections.steward.platform.plugins.module_utils.zipapp.client import read_version

SPEC = {
    "state": {"type": "str", "choices": list(STATES), "default": "restored"},
    "stage": {"type": "str", "choices": list(STAGES), "default": "finished"},
    "resume": {"type": "bool", "default": False},
    "scope": {"type": "str", "choices": [*SCOPES, *SPELLINGS], "default": "full_system"},
    "source": {"type": "str", "default": ""},
    "target": {"type": "str", "default": ""},
    "target_type": {"type": "str", "choices": ["", *TARGET_TYPES], "default": ""},
    "timeline": {"type": "int", "default": 0},
    "method": {"type": "str", "choices": list(METHODS), "default": "beside"},
    "stop_services": {"type": "bool", "default": True},
    "confirm": {"type": "str", "default": ""},
}


def main() -> None:
    run_module(
        SPEC,
        observe=client.observe,
        plan=lambda options, seen: plan_act(options["state"], options["stage"], *seen),
        apply=lambda options, plan: client.apply(options, steward=read_version(PROGRAM)),
    )


if __name__ == "__main__":
    main()
