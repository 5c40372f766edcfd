# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbackrest_settings
short_description: The settings of a PostgreSQL server whose WAL goes to pgBackRest
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives settings for the role P(steward.platform.postgresql#role).
  - C(archive_timeout) is half the objective, at least 30 seconds and at most 5 minutes.
positional: _input
options:
  _input:
    description: The objective, how many seconds of data may be lost at most.
    type: int
    required: true
  stanza:
    description: Name of the stanza.
    type: str
    default: main
"""

EXAMPLES = r"""
postgresql_settings: "{{ platform.objectives.rpo_seconds | steward.platform.pgbackrest_settings }}"
"""

RETURN = r"""
_value:
  description: Settings by name.
  type: dict
  sample: {archive_mode: "on", archive_timeout: 150s, wal_level: replica}
"""

from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.render import describe_settings


class FilterModule:
    def filters(self):
        return {"pgbackrest_settings": describe_settings}
