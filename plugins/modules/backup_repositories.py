#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_repositories
short_description: Make the restic repositories of a host that are missing
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Makes this host's restic repository in each place that C(/etc/steward/backup.json) names, where there is none.
  - One that is there must open with the host's password; else the module fails and says so in one line.
  - Those of pgBackRest are made by M(steward.platform.pgbackrest_stanza).
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Names the repositories.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  wait:
    description: Seconds to wait for somebody else who uses a repository.
    type: int
    default: 60
requirements:
  - restic 0.18 or newer
"""

EXAMPLES = r"""
- name: Make the repositories
  steward.platform.backup_repositories:

- name: See which are missing, and whether the password opens the others
  steward.platform.backup_repositories:
  check_mode: true
  diff: true

- name: Wait for a backup that is going on
  steward.platform.backup_repositories:
    wait: 1800
"""

RETURN = r"""
repositories:
  description: The repositories by the name of their place, as restic names them.
  type: dict
  returned: success
  sample: {local: /var/backups/steward/restic/web1}
"""

from ansible_collections.steward.platform.plugins.module_utils.backup_set.making import client, plan
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module


def main():
    run_module(
        {"wait": {"type": "int", "default": 60}},
        observe=lambda options: client.look_at_repositories(wait=options["wait"]),
        plan=lambda options, seen: plan.plan_repositories(seen),
        apply=lambda options, changes: client.make_repositories(changes),
    )


if __name__ == "__main__":
    main()
