#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_catalog
short_description: Bring all databases, roles and privileges of a PostgreSQL server to their state
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Runs on the database host as root or as C(postgres) and talks to the server over its local socket, so it needs
    no password itself.
  - Each database gets an owner role C(<name>_owner) and a writer role C(<name>_writer), both without login. Login
    roles are members
    of one of them; who has the access V(owner) acts as the owner role in that database, so that what it creates
      belongs to the owner.
  - Everybody else is shut out, C(PUBLIC) included.
  - Passwords are turned into SCRAM verifiers before they are sent, and an existing verifier is compared with the
    password, so the
    server's log never holds one and a second run changes nothing.
  - Databases and roles that are not asked for are reported, never dropped. Scratch databases are the exception.
requirements:
  - python3-psycopg2
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows one difference per role, database or privilege. Passwords and verifiers are never shown.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  action:
    description: Compares the user names on the controller and sends only the passwords.
    support: full
options:
  port:
    description: Port in the name of the server's local socket.
    type: int
    default: 5432
  databases:
    description: The databases, as in the platform model.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the database. It must not begin with C(steward_scratch_).
        type: str
        required: true
      extensions:
        description: Extensions that must be there. Others are reported and left alone.
        type: list
        elements: str
        default: []
      clients:
        description: Login roles that use the database.
        type: list
        elements: dict
        default: []
        suboptions:
          role:
            description: Name of the login role.
            type: str
            required: true
          standby:
            description: Another login role, which takes turns with it when its password is rotated. It may do the
              same, and what it creates belongs to the same role. Whichever of the two has no password in
              O(credentials) may not log in.
            type: str
          path:
            description: Where O(credentials) has its password.
            type: str
            required: true
          access:
            description: V(owner) may change tables, V(writer) only rows.
            type: str
            choices: [owner, writer]
            default: writer
  credentials:
    description:
      - For each O(databases[].clients[].path) a dictionary with C(username), which must be the role's name,
        and C(password),
        16 or more printable ASCII characters. C(username) may be the client's standby, too.
      - While a password is rotated, C(next_username) and C(next_password), or C(previous_username) and
        C(previous_password), are those of the other role of the pair, which may then log in as well.
    type: dict
    default: {}
  connection_limits:
    description: Highest number of connections of a login role, by its name. A role that is not named may have
      any number.
    type: dict
    default: {}
  scratch_databases:
    description: Empty databases for tests, owned and used like a database of the platform.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name, which must begin with C(steward_scratch_).
        type: str
        required: true
      owner_of:
        description: The database whose owner, writer, login roles and extensions it gets. Required unless
          O(scratch_databases[].state=absent).
        type: str
      state:
        description: With V(absent) it is removed with all it holds, and sessions in it are ended.
        type: str
        choices: [present, absent]
        default: present
"""

EXAMPLES = r"""
- name: Create the platform's databases and roles
  steward.platform.postgresql_catalog:
    databases: "{{ platform.databases }}"
    credentials: "{{ secrets_from_openbao }}"

- name: Make an empty database for the tests of a new release
  steward.platform.postgresql_catalog:
    databases: "{{ platform.databases }}"
    credentials: "{{ secrets_from_openbao }}"
    scratch_databases:
      - {name: steward_scratch_billing, owner_of: billing}

- name: Remove it again
  steward.platform.postgresql_catalog:
    databases: "{{ platform.databases }}"
    credentials: "{{ secrets_from_openbao }}"
    scratch_databases:
      - {name: steward_scratch_billing, state: absent}
"""

RETURN = r"""
unmanaged:
  description: What the server has without having been asked for. It was left alone.
  returned: success
  type: dict
  contains:
    databases:
      description: Names of databases.
      type: list
      elements: str
    roles:
      description: Names of roles.
      type: list
      elements: str
    extensions:
      description: Extensions by database.
      type: dict
  sample: {databases: [old_billing], roles: [old_billing], extensions: {}}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.postgresql import client
from ansible_collections.steward.platform.plugins.module_utils.postgresql.model import build_catalogue
from ansible_collections.steward.platform.plugins.module_utils.postgresql.plan import plan_catalogue

CLIENT = {
    "role": {"type": "str", "required": True},
    "standby": {"type": "str"},
    "path": {"type": "str", "required": True},
    "access": {"type": "str", "choices": ["owner", "writer"], "default": "writer"},
}
DATABASE = {
    "name": {"type": "str", "required": True},
    "extensions": {"type": "list", "elements": "str", "default": []},
    "clients": {"type": "list", "elements": "dict", "default": [], "options": CLIENT},
}
SCRATCH = {
    "name": {"type": "str", "required": True},
    "owner_of": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
SPEC = {
    "port": {"type": "int", "default": 5432},
    "databases": {"type": "list", "elements": "dict", "required": True, "options": DATABASE},
    "credentials": {"type": "dict", "default": {}, "no_log": True},
    "connection_limits": {"type": "dict", "default": {}},
    "scratch_databases": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": SCRATCH,
    },
}


def main():
    run_module(
        SPEC,
        observe=lambda options: client.observe_catalogue(build_catalogue(options), options["port"]),
        plan=lambda options, world: plan_catalogue(build_catalogue(options), world, client.new_salt),
        apply=lambda options, plan: client.apply_catalogue(plan, options["port"]),
    )


if __name__ == "__main__":
    main()
