#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_catalog
short_description: Keep all secrets, policies and AppRoles of a platform in OpenBao
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - In one call makes the platform's key-value store, generates the secrets that are missing, writes the external ones
    that are new or different, and gives each service a policy for exactly the secrets its files are made of and an
    AppRole with that policy.
  - Generated secrets are never replaced. Secrets that nobody names any more are left alone; policies and AppRoles of
    services that are no more are removed.
  - An external secret that is neither given nor in OpenBao is an error that names it. No message, difference or
    result holds a value.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows policies and settings in full, secrets by the names of their fields.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
extends_documentation_fragment:
  - steward.platform.openbao
  - steward.platform.openbao.admin
options:
  platform:
    description: Name of the platform, which is the name of the store and begins the names of policies and AppRoles.
    type: str
    required: true
  services:
    description:
      - Services as the model has them. C(name), C(uid) and C(secret_files) are read, other keys are not.
      - An entry of C(secret_files) has C(name), C(path) and C(format), a text with C({field}) places.
    type: list
    elements: dict
    default: []
  secrets:
    description:
      - Secrets as the model has them, each with C(path) and C(kind).
      - V(credentials) have C(fields.username) and get a generated C(password) of C(length); V(key) gets a generated
        C(value) of C(length); V(external) gets its C(value) from O(external), with at least C(minimum) characters.
        C(variable) only names the source in errors.
    type: list
    elements: dict
    default: []
  external:
    description: Values of external secrets by path. An empty one counts as not given and leaves what is there.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Keep the platform's secrets
  steward.platform.openbao_catalog:
    platform: "{{ platform.name }}"
    services: "{{ platform.services }}"
    secrets: "{{ platform.secrets }}"
    external:
      external/stripe: "{{ stripe_secret_key }}"

- name: Add a key that one service reads
  steward.platform.openbao_catalog:
    platform: dotmac
    secrets:
      - {path: web/session-key, kind: key, length: 64}
    services:
      - name: web
        uid: 10001
        secret_files:
          - {name: SESSION_KEY, path: web/session-key, format: "{value}"}

- name: See what a changed model would change
  steward.platform.openbao_catalog:
    platform: "{{ platform.name }}"
    services: "{{ platform.services }}"
    secrets: "{{ platform.secrets }}"
  check_mode: true
  diff: true
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.catalog import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import ADMIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.openbao.parse import parse_catalog
from ansible_collections.steward.platform.plugins.module_utils.openbao.plan import plan_catalog

SPEC = {
    **ADMIN_SPEC,
    "platform": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "dict", "default": []},
    # The catalogue: names and kinds, no values.
    "secrets": {"type": "list", "elements": "dict", "default": [], "no_log": False},
    "external": {"type": "dict", "default": {}, "no_log": True},
}


def catalog(options):
    return parse_catalog(options["platform"], options["services"], options["secrets"], options["external"])


def main():
    run_module(
        SPEC,
        observe=lambda options: client.observe_catalog(options, catalog(options)),
        plan=lambda options, world: plan_catalog(catalog(options), world),
        apply=client.apply_catalog,
    )


if __name__ == "__main__":
    main()
