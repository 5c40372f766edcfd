#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restic_repository
short_description: Make the encrypted restic repository of a host
version_added: 0.1.0
description:
  - Makes the repository when it is not there.
  - One that is there must open with the password; else the module fails and says so in one line.
attributes:
  check_mode:
    description: Can run in check mode and predict the change without making it.
    support: full
  diff_mode:
    description: Names the repository.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
extends_documentation_fragment:
  - steward.platform.restic
"""

EXAMPLES = r"""
- name: Make the repository of this host
  steward.platform.restic_repository:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1

- name: Make it in another region, too
  steward.platform.restic_repository:
    repository:
      name: second
      type: s3
      endpoint: s3.example.org
      bucket: backups
      ca_file: /etc/ssl/certs/ca-certificates.crt
    host: web1

- name: See whether the password opens it
  steward.platform.restic_repository:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
  check_mode: true
"""

RETURN = r"""
url:
  description: The repository as restic names it.
  type: str
  returned: success
  sample: /var/backups/steward/restic/web1
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.restic import client, model
from ansible_collections.steward.platform.plugins.module_utils.restic.plan import plan_repository


def repository(options):
    return model.build_repository(options["repository"], host=options["host"])


def main():
    run_module(
        model.SPEC,
        observe=lambda options: client.exists(repository(options), wait=options["wait"]),
        plan=lambda options, exists: plan_repository(repository(options), exists=exists),
        apply=lambda options, changes: client.initialise(repository(options)),
    )


if __name__ == "__main__":
    main()
