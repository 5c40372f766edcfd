#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_schema_trial
short_description: Try migration steps on copies of the databases
version_added: 0.1.0
description:
  - Does what M(steward.platform.release_schema) would do, in a container that sees copies of the databases instead of
    the real ones, and leaves no container and no file behind. M(steward.platform.postgresql_copy) makes the copies.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.identity
  - steward.platform.release.schema
  - steward.platform.looking
options:
  scratch:
    description: Of each database the name of its copy.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Try to go back on copies
  steward.platform.release_schema_trial:
    platform: "{{ platform }}"
    release: "20241225_143000"
    steps: "{{ back.schema_back }}"
    scratch: {dotmac_isp: steward_scratch_dotmac_isp}

- name: Try one step
  steward.platform.release_schema_trial:
    platform: "{{ platform }}"
    release: "20241225_143000"
    steps:
      - {service: isp-framework, command: [alembic, downgrade, "0002"], to: ["0002"]}
    scratch: {dotmac_isp: steward_scratch_dotmac_isp}
"""

RETURN = r"""
tried:
  description: The services whose copies arrived.
  returned: success
  type: list
  elements: str
  sample: [isp-framework]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.release.model import SCHEMA_SPEC
from ansible_collections.steward.platform.plugins.module_utils.release.schema.client import try_steps


def main() -> None:
    run_info({**SCHEMA_SPEC, "scratch": {"type": "dict", "required": True}}, try_steps)


if __name__ == "__main__":
    main()
