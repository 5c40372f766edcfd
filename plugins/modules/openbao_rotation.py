#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_rotation
short_description: Take a step of replacing generated secrets in OpenBao
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - How far a secret is stands in OpenBao, in the names of its fields. Each step changes only the secrets that stand
    right before it, so that the same steps also finish what an interrupted run began.
  - Data services accept what the steps say when their roles run again; see M(steward.platform.postgresql_catalog).
  - New values are generated where the module runs and go nowhere but to OpenBao.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows the names of fields and users, never a value.
    support: full
  idempotent:
    description: The same step again changes nothing, the first one after the last begins anew.
    support: full
extends_documentation_fragment:
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  platform:
    description: Name of the platform, which is the name of the store.
    type: str
    required: true
  secrets:
    description:
      - The generated secrets, as the model has them; see M(steward.platform.openbao_catalog). Those of the kind
        V(external) are refused.
      - For V(credentials) the new user name is C(standby) and C(fields.username) in turns. Without C(standby) the user
        keeps its name, for servers that know two passwords of it.
    type: list
    elements: dict
    required: true
  state:
    description:
      - V(prepared) generates the next value beside the present one. V(promoted) makes it the one that services read;
        the previous one stays beside it and is still accepted. V(retired) marks that one as not to be accepted any
        more. V(finished) removes it, and destroys all earlier versions.
    type: str
    choices: [prepared, promoted, retired, finished]
    required: true
"""

EXAMPLES = r"""
- name: Prepare the next password of one service
  steward.platform.openbao_rotation:
    platform: "{{ platform.name }}"
    secrets: "{{ platform.secrets | selectattr('path', 'equalto', 'database/isp-framework') }}"
    state: prepared

- name: Let services read it, once the database accepts it
  steward.platform.openbao_rotation:
    platform: "{{ platform.name }}"
    secrets: "{{ platform.secrets | selectattr('path', 'equalto', 'database/isp-framework') }}"
    state: promoted

- name: See what destroying the old values would destroy
  steward.platform.openbao_rotation:
    platform: "{{ platform.name }}"
    secrets: "{{ platform.secrets | rejectattr('kind', 'equalto', 'external') }}"
    state: finished
  check_mode: true
  diff: true
"""

RETURN = r"""
phases:
  description: How far each secret is after the step, V(idle) when nothing was begun or all is done.
  returned: success
  type: dict
  sample: {database/isp-framework: promoted}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.parse import parse_catalog
from ansible_collections.steward.platform.plugins.module_utils.openbao.rotation import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.rotation.plan import STEPS, plan_rotation

SPEC = {
    **ADMIN_SPEC,
    "platform": {"type": "str", "required": True},
    # Names and kinds, no values.
    "secrets": {"type": "list", "elements": "dict", "required": True, "no_log": False},
    "state": {"type": "str", "choices": list(STEPS), "required": True},
}


def wanted(options):
    return parse_catalog(options["platform"], [], options["secrets"], {}).secrets


def main():
    run_module(
        SPEC,
        observe=lambda options: client.observe(options, wanted(options)),
        plan=lambda options, held: plan_rotation(options["platform"], wanted(options), held, options["state"]),
        apply=client.apply,
    )


if __name__ == "__main__":
    main()
