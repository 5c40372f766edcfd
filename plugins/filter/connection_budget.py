# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: connection_budget
short_description: How many connections each login role may hold, and max_connections
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Counts the processes of each service that uses a database, both slots of a switch and one process more for
    migrations and
    pre-deploy tests, so that no service can take another's connections.
  - C(max_connections) is rounded up to a multiple of 50, because changing it restarts the server.
positional: _input, services
options:
  _input:
    description: The databases with their clients, as in the platform model.
    type: list
    elements: dict
    required: true
  services:
    description: The services with C(name), C(kind) and C(replicas), as in the platform model.
    type: list
    elements: dict
    required: true
  per_process:
    description: Connections of one process, its pool and overflow.
    type: int
    required: true
  reserved:
    description: Connections for superusers, backups, monitoring and operators.
    type: int
    required: true
"""

EXAMPLES = r"""
# {"max_connections": 150, "limits": {"billing": 99}} for four replicas
budget: "{{ platform.databases | steward.platform.connection_budget(platform.services, per_process=11, reserved=25) }}"
"""

RETURN = r"""
_value:
  description: C(max_connections), and C(limits) by login role.
  type: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.postgresql.model import connection_budget


class FilterModule:
    def filters(self):
        return {"connection_budget": connection_budget}
