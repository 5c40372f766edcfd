# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the sets of several hosts ended, as a table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_results
short_description: How the sets of several hosts ended, as a table
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives the lines of a table, one line a host and below it one line for each problem.
options:
  _input:
    description: Results of M(steward.platform.backup_set) by host.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how it ended
  ansible.builtin.debug:
    msg: "{{ dict(ansible_play_hosts_all | zip(results)) | steward.platform.backup_results }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set.report import render_results


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"backup_results": render_results}
