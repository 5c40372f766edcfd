#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_migration
short_description: Bring the databases to the schema of a release
version_added: 0.1.0
description:
  - Asks each service that migrates for the revision its database is at and the one its image wants, and migrates
    where they differ.
  - Runs under a lock of its own, with PostgreSQL's C(lock_timeout), so that a migration gives up rather than make the
    serving release wait behind it. More than one newest revision is refused.
  - Revisions before and after are written into the release's record.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.identity
  - steward.platform.release.attributes
options:
  services:
    description: What RV(steward.platform.release_stage#module:services) said.
    type: dict
    required: true
  lock_timeout:
    description: Seconds that a statement of the migration waits for a lock.
    type: int
    default: 5
"""

EXAMPLES = r"""
- name: Migrate
  steward.platform.release_migration:
    platform: "{{ platform }}"
    services: "{{ staged.services }}"
    release: "20241225_143000"
  register: migrated

- name: See which revisions it would reach
  steward.platform.release_migration:
    platform: "{{ platform }}"
    services: "{{ staged.services }}"
    release: "20241225_143000"
  check_mode: true
  diff: true

- name: Migrate a busy database patiently
  steward.platform.release_migration:
    platform: "{{ platform }}"
    services: "{{ staged.services }}"
    release: "20241225_143000"
    lock_timeout: 60
"""

RETURN = r"""
migrations:
  description: Of each service that migrates the revisions before and after.
  returned: always
  type: dict
  sample: {isp-framework: {before: [0001], after: [0002]}}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.release.migration import client
from ansible_collections.steward.platform.plugins.module_utils.release.migration.plan import plan


def main() -> None:
    spec = {
        "platform": {"type": "dict", "required": True},
        "services": {"type": "dict", "required": True},
        "release": {"type": "str", "required": True},
        "lock_timeout": {"type": "int", "default": 5},
    }
    run_module(spec, observe=client.observe, plan=plan, apply=client.apply)


if __name__ == "__main__":
    main()
