# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units that run a host's backup jobs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_units
short_description: The units that run a host's backup jobs
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives for each job a service and a timer, and one service that is started when a job fails, as the verb
    C(systemd_unit) of the role P(steward.platform.common#role) takes them.
  - A job that this host has nothing for, as the copying of sets where there is one repository, has no units.
options:
  _input:
    description:
      - What C(/etc/steward/backup.json) says. It is checked, so that no unit is written for what C(steward backup)
        would refuse.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Run the jobs
  ansible.builtin.include_role:
    name: steward.platform.common
    tasks_from: systemd_unit
  vars:
    backup_units: "{{ backup_configuration | steward.platform.backup_units }}"
    common_unit_files: "{{ backup_units.files }}"
    common_unit_enabled: "{{ backup_units.timers }}"
    common_unit_started: "{{ backup_units.timers }}"
    common_unit_stopped: "{{ backup_units.stopped }}"
"""

RETURN = r"""
_value:
  description:
    - C(files), each with C(name) and C(content); C(timers), the names of those that run; C(stopped), the names of
      timers of jobs that this host does not have.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set.configuration import parse_configuration
from ansible_collections.steward.platform.plugins.module_utils.backup_set.units import build_units


def backup_units(configuration: dict[str, Any]) -> dict[str, Any]:
    """Units from the document as it is written, defaults filled in."""
    return build_units(parse_configuration(configuration))


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"backup_units": backup_units}
