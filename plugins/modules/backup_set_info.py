#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_set_info
short_description: Read the backup sets of a host, and how well it could be recovered now
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Reads what a host keeps of its backups, as C(steward backup list) and C(steward backup status) do. No repository
    and no engine is asked, so this says how they were when a job last looked, and when that was.
  - A set is there when its manifest is. A manifest whose seal is broken is refused, a set whose parts are gone from
    the repositories is damaged.
extends_documentation_fragment:
  - steward.platform.looking
options:
  all:
    description: Also tell of what has no manifest - sets that are being made, and remains of those that failed.
    type: bool
    default: false
  type:
    description: Only sets of this type; all when it is not given.
    type: str
    choices: [full, incremental, config, emergency, schema, database]
"""

EXAMPLES = r"""
- name: Read the sets
  steward.platform.backup_set_info:
  register: backups

- name: Show to which moment one could go back
  ansible.builtin.debug:
    msg: "{{ backups.status.window }}, {{ backups.status.rpo_seconds }} s would be lost"

- name: Read the full sets
  steward.platform.backup_set_info:
    type: full
  register: full

- name: Refuse to go on without a complete one
  ansible.builtin.assert:
    that: full.sets | selectattr('outcome', 'equalto', 'complete') | length > 0
"""

RETURN = r"""
sets:
  description: The sets, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The set's id, when it was begun in UTC.
      type: str
      sample: "20241225_020000"
    type:
      description: Its type; empty when it has no good manifest.
      type: str
      sample: full
    state:
      description:
        - V(published), V(damaged) when parts are gone, V(refused) when its manifest is not what was sealed, V(unread)
          when its manifest lies in a repository and was not fetched, V(unpublished) when it has none.
      type: str
      sample: published
    outcome:
      description: V(complete), V(partial) or V(failed), when it has a manifest.
      type: str
      sample: complete
    label:
      description: The name that people gave it.
      type: str
    started:
      description: When it was begun.
      type: str
      sample: "2024-12-25T02:00:00Z"
    finished:
      description: When its last part was there.
      type: str
      sample: "2024-12-25T02:01:10Z"
    seconds:
      description: How long it took.
      type: float
      sample: 70.2
    size:
      description: Bytes of data in all its parts.
      type: int
      sample: 2147483648
    added:
      description: Bytes that were added to the repositories.
      type: int
      sample: 104857600
    parts:
      description:
        - Its parts, each with C(part), C(engine), C(kind), C(repository), C(id), which is the engine's, C(size) and
          C(added).
      type: list
      elements: dict
    failures:
      description: The parts that could not be made, each with C(part), C(engine) and C(error).
      type: list
      elements: dict
    warnings:
      description: What was odd when it was made.
      type: list
      elements: str
    complete_in:
      description: Repositories from which alone it can be restored.
      type: list
      elements: str
      sample: [main, second]
    missing:
      description: What is gone of it.
      type: list
      elements: str
    keep_until:
      description: Until when it is kept whatever the retention says; none when nothing was said.
      type: str
    proven:
      description: Its deepest verification that ended well, C(level), C(finished) and C(repository); none without one.
      type: dict
      sample: {level: 3, finished: "2024-12-25T05:10:00Z", repository: main}
looked:
  description: When each repository was last asked.
  returned: success
  type: dict
  sample: {main: "2024-12-25T04:00:00Z"}
status:
  description: How well the host could be recovered.
  returned: success
  type: dict
  contains:
    verdict:
      description: The worst of the findings, V(pass), V(warn), V(unknown) or V(fail).
      type: str
      sample: pass
    rpo_seconds:
      description: Seconds of work that would be lost now; none when some data is in no good set.
      type: float
      sample: 41.0
    window:
      description:
        - C(oldest) and C(newest) moment to which PostgreSQL goes back, and C(by) what, V(wal) for any moment between,
          V(set) for those of the sets; none when there is none.
      type: dict
      sample: {oldest: "2024-12-18T02:00:00Z", newest: "2024-12-25T14:29:19Z", by: wal}
    moments:
      description: Of each part that is data the C(newest) moment to which it goes back, and its C(age_seconds).
      type: dict
    proven:
      description: Of each level of verification the last that ended well.
      type: dict
    jobs:
      description: The jobs with their last result, their last success and whether they are overdue.
      type: list
      elements: dict
    last:
      description: Of each type of set the newest.
      type: dict
    objectives:
      description: What was promised, C(rpo) and C(rto) in seconds, C(proof) in days.
      type: dict
      sample: {rpo: 3600, rto: 14400, proof: 8}
    repositories:
      description: The repositories, with how many sets can be restored from each alone.
      type: list
      elements: dict
    wal:
      description: How the WAL archive was when it was last looked at; none before.
      type: dict
    findings:
      description: What is wrong, each with C(name), C(status), C(message) and C(hint).
      type: list
      elements: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.backup_set import client, report
from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import visible
from ansible_collections.steward.platform.plugins.module_utils.backup_set.model import TYPES
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info


def observe(options):
    seen = client.look()
    chosen = visible(seen.entries, everything=options["all"], set_type=options["type"] or "")
    listed = report.build_list(seen, chosen)
    return {"sets": listed["sets"], "looked": listed["looked"], "status": report.build_status(seen)}


def main():
    run_info(
        {
            "all": {"type": "bool", "default": False},
            "type": {"type": "str", "choices": list(TYPES)},
        },
        observe,
    )


if __name__ == "__main__":
    main()
