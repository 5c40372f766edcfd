#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_site
short_description: Bring what was lost back to a bare host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - C(playbooks/recover_site.yml) deploys the platform anew and calls this between the stages of the deploy.
  - Each step is written into a journal on the host before it is done. What was killed or has failed goes on there.
  - Nothing is written into a repository. Restoring leaves the archive of WAL alone; a server that is started afterwards
    archives as it is configured.
attributes:
  check_mode:
    description: Can run in check mode and name the steps that would be done, once the recovery was begun.
    support: partial
    details: What would come back is chosen by V(begin) alone, which writes the journal.
  diff_mode:
    description: Names the steps.
    support: full
  idempotent:
    description: What was done is not done again.
    support: full
extends_documentation_fragment:
  - steward.platform.recovery_site
options:
  stage:
    description:
      - V(begin) chooses the backups and writes the journal, when C(/etc/steward/backup.json) and its keys are there.
      - V(source) brings the keys, the authority and the files of services; V(secrets) OpenBao's content, when it runs
        and is empty; V(database) PostgreSQL's, when it is installed and was never started; V(content) erases again who
        was erased and fills Redis, when both run; V(serving) notes that the platform serves.
    type: str
    choices: [begin, source, secrets, database, content, serving]
    required: true
  mode:
    description: Whether the site is lost, or this is a drill.
    type: str
    choices: [recovery, drill]
    default: recovery
  zone:
    description: Time zone of a target that has none.
    type: str
    default: ""
  point:
    description: C(name) and C(lsn) of a restore point that nothing in the repositories tells of.
    type: dict
    default: {}
  moment:
    description: For a host without PostgreSQL, the moment to which the databases come back elsewhere.
    type: str
    default: ""
  begun:
    description: The moment from which the time to recover is counted.
    type: str
    default: ""
  keys:
    description: What M(steward.platform.escrow_keys_info) returns; V(source) needs it.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Choose what comes back
  steward.platform.recovery_site:
    stage: begin
    host: db1
    platform: dotmac
    asked: {target: "2024-12-25T14:30:00Z"}

- name: Bring the keys and the files
  steward.platform.recovery_site:
    stage: source
    host: db1
    platform: dotmac
    asked: {target: "2024-12-25T14:30:00Z"}
    keys: "{{ escrow['keys'] }}"
  no_log: true

- name: Bring the database
  steward.platform.recovery_site:
    stage: database
    host: db1
    platform: dotmac
"""

RETURN = r"""
journal:
  description: The journal as it is now.
  type: dict
  returned: when there is one
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.recovery.site import client, plan

SPEC = {
    **plan.SPEC,
    "stage": {"type": "str", "required": True, "choices": [plan.BEGIN, *plan.STAGES]},
    "mode": {"type": "str", "choices": list(plan.MODES), "default": plan.MODES[0]},
    "zone": {"type": "str", "default": ""},
    "point": {"type": "dict", "default": {}},
    "moment": {"type": "str", "default": ""},
    "begun": {"type": "str", "default": ""},
    "keys": {"type": "dict", "default": {}, "no_log": True},
}


def apply(options, changes):
    if options["stage"] == plan.BEGIN:
        return {"journal": client.begin(options)}
    return {"journal": client.go(options["stage"], options["keys"])}


def main():
    run_module(
        SPEC,
        observe=lambda options: client.load(),
        plan=lambda options, journal: plan.plan_stage(options["stage"], journal),
        apply=apply,
    )


if __name__ == "__main__":
    main()
