#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_plan_info
short_description: Plan a recovery before anything stops
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Chooses the backups a moment is restored from, and returns the steps in order, with their sizes, the time each
    takes, what stops and for how long, and what is kept for undo. Nothing is asked of a host and nothing is changed;
    all facts are given as options.
  - The base of the database is the newest backup finished before the target whose WAL reaches it without a gap. A
    target that cannot be reached is an error that names the nearest moments that can.
  - Parts that cannot be replayed are of the newest set finished before the moment the database comes back to.
extends_documentation_fragment:
  - steward.platform.looking
options:
  platform:
    description: Name of the platform.
    type: str
    required: true
  scope:
    description:
      - What is brought back. V(full), V(database), V(config) and V(data) are short for V(full_system),
        V(database_only), V(configuration) and V(application_data).
      - V(emergency) is V(full_system) without the application data.
    type: str
    choices:
      - full_system
      - database_only
      - configuration
      - application_data
      - emergency
      - full
      - database
      - config
      - data
    default: full_system
  source:
    description:
      - Where it comes from - the id of a set, an absolute path, C(s3://bucket/path), or the name of a repository. When
        it is empty, the first repository.
      - The id of a set makes that set the base, also of targets whose time nobody recorded.
    type: str
    default: ""
  target:
    description:
      - The moment to come back to - a time such as V(2024-01-01 12:00:00+01:00), an LSN such as V(0/3000028),
        V(latest), or V(immediate) for the end of the backup itself. A transaction's number and the name of a
        restore point need O(target_type). When it is empty, V(immediate) where O(source) is a set, else V(latest).
    type: str
    default: ""
  target_type:
    description: What O(target) is; when it is empty, told by its shape.
    type: str
    choices: ["", latest, immediate, time, lsn, xid, name]
    default: ""
  zone:
    description: Time zone of a time that has none, such as V(Europe/Berlin). When it is empty, such a time is refused.
    type: str
    default: ""
  timeline:
    description: Timeline of the database to follow; V(0) is the newest.
    type: int
    default: 0
  method:
    description:
      - With V(beside) the database is restored and verified beside the live one, and the old directory is kept. With
        V(delta) only what differs is written into the live directory, which cannot be undone.
    type: str
    choices: [beside, delta]
    default: beside
  repositories:
    description: Names of the repositories, the main one first.
    type: list
    elements: str
    default: []
  sets:
    description:
      - Rows of the catalogue, each with C(id), C(finished) and C(parts); a part has C(part), C(engine), C(id),
        C(finished), C(size) in bytes, and of pgBackRest C(details) with C(timeline), C(lsn_start) and C(lsn_stop).
    type: list
    elements: dict
    required: true
  wal:
    description:
      - State of the WAL archive. C(runs) is WAL without a gap, each with C(timeline), the names of its C(first) and
        C(last) segment, and C(until), the time it reaches. C(forks) is timelines with C(timeline), C(parent) and
        C(lsn). C(points) is restore points with C(name) and C(lsn).
    type: dict
    default: {}
  evidence:
    description:
      - Records of earlier verifications, from whose measured rates times are estimated. Without one a default is used
        and named as such - 58 MB/s for PostgreSQL and 32 MB/s for files, half of what pgBackRest 2.55 and restic
        0.18 were measured with on Debian 13.
    type: list
    elements: dict
    default: []
  services:
    description: Names of the services that have to stop.
    type: list
    elements: str
    default: []
  free:
    description: Bytes that are free where it is restored; when it is not given, space is not judged.
    type: int
"""

EXAMPLES = r"""
- name: See what coming back to the latest moment means
  steward.platform.recovery_plan_info:
    platform: "{{ platform.name }}"
    scope: database_only
    sets: "{{ backup_sets }}"
    wal: "{{ backup_wal }}"
  register: recovery

- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ recovery.plan.text }}"

- name: Come back to the moment before somebody dropped a table
  steward.platform.recovery_plan_info:
    platform: "{{ platform.name }}"
    scope: database
    target: "2024-01-01 12:00:00"
    zone: Europe/Berlin
    sets: "{{ backup_sets }}"
    wal: "{{ backup_wal }}"
    services: [isp-framework, management]
    free: 200000000000

- name: Go back to a restore point of a given set
  steward.platform.recovery_plan_info:
    platform: "{{ platform.name }}"
    source: "20241225_020000"
    target: before-migration
    target_type: name
    sets: "{{ backup_sets }}"
    wal: "{{ backup_wal }}"
"""

RETURN = r"""
plan:
  description: The plan.
  returned: success
  type: dict
  contains:
    schema:
      description: Version of this document.
      type: int
      sample: 1
    platform:
      description: Name of the platform.
      type: str
    scope:
      description: The scope by its long name.
      type: str
      sample: database_only
    source:
      description: Where it comes from, C(kind) and C(value).
      type: dict
      sample: {kind: repository, value: main}
    target:
      description: The moment as it was understood, C(type) and C(value).
      type: dict
      sample: {type: time, value: "2024-01-01T11:00:00Z"}
    method:
      description: As it was given.
      type: str
    planned:
      description: When the plan was made.
      type: str
    restores_to:
      description: The moment that is come back to.
      type: str
      sample: "2024-01-01T11:00:00Z"
    lost_seconds:
      description: From that moment to the present one.
      type: int
    parts:
      description: Each part, with its set, the engine's own id of its backup, its size and moment, and whether WAL is
        replayed on it.
      type: list
      elements: dict
    left_out:
      description: Parts of the scope that stay as they are, because their first backup is younger than the moment.
      type: list
      elements: str
    steps:
      description: The steps in order, each with its own C(key), C(id), C(title), C(part), C(seconds), C(basis) of
        that estimate, C(size) in bytes, whether the platform is C(down) meanwhile, the steps it C(needs), its C(undo)
        and C(details).
      type: list
      elements: dict
    seconds:
      description: All steps together.
      type: float
    down_seconds:
      description: The steps while the platform is stopped.
      type: float
    stops:
      description: Services that stop.
      type: list
      elements: str
    space:
      description: Bytes that are needed beside what is there.
      type: int
    kept:
      description: Parts whose old state is kept for undo.
      type: list
      elements: str
    confirm:
      description: What has to be typed to carry out this plan.
      type: str
      sample: shop-20241225_020000
    text:
      description: The plan for people.
      type: str
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.recovery.client import plan_now
from ansible_collections.steward.platform.plugins.module_utils.recovery.model import SCOPES, SPELLINGS, TARGET_TYPES


def main() -> None:
    spec = {
        "platform": {"type": "str", "required": True},
        "scope": {"type": "str", "choices": [*SCOPES, *SPELLINGS], "default": "full_system"},
        "source": {"type": "str", "default": ""},
        "target": {"type": "str", "default": ""},
        "target_type": {"type": "str", "choices": ["", *TARGET_TYPES], "default": ""},
        "zone": {"type": "str", "default": ""},
        "timeline": {"type": "int", "default": 0},
        "method": {"type": "str", "choices": ["beside", "delta"], "default": "beside"},
        "repositories": {"type": "list", "elements": "str", "default": []},
        "sets": {"type": "list", "elements": "dict", "required": True},
        "wal": {"type": "dict", "default": {}},
        "evidence": {"type": "list", "elements": "dict", "default": []},
        "services": {"type": "list", "elements": "str", "default": []},
        "free": {"type": "int"},
    }
    run_info(spec, plan_now)


if __name__ == "__main__":
    main()
