#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_schema
short_description: Bring databases to a schema revision
version_added: 0.1.0
description:
  - Runs a migration command in a container of a release that knows it, and sees that the database arrives. Used to go
    back and forth beside a rollback; M(steward.platform.release_migration) is for a deploy.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.identity
  - steward.platform.release.schema
  - steward.platform.release.attributes
"""

EXAMPLES = r"""
- name: Go back one revision with the code that knows the way
  steward.platform.release_schema:
    platform: "{{ platform }}"
    release: "20241225_143000"
    steps:
      - {service: isp-framework, command: [alembic, downgrade, "0002"], to: ["0002"]}

- name: See where the databases are
  steward.platform.release_schema:
    platform: "{{ platform }}"
    release: "20241225_143000"
    steps: "{{ back.schema_back }}"
  check_mode: true
  register: schema
"""

RETURN = r"""
revisions:
  description: Of each service of the steps the revision its database was at.
  returned: success
  type: dict
  sample: {isp-framework: ["0003"]}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.release.model import SCHEMA_SPEC
from ansible_collections.steward.platform.plugins.module_utils.release.schema import client
from ansible_collections.steward.platform.plugins.module_utils.release.schema.plan import plan_schema


def main() -> None:
    run_module(SCHEMA_SPEC, observe=client.observe, plan=plan_schema, apply=client.apply)


if __name__ == "__main__":
    main()
