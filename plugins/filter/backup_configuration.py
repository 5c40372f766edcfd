# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host backs up, where to and when."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_configuration
short_description: What a host backs up, where to and when
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives the document C(/etc/steward/backup.json) of one host. It has the parts of the groups that the host is in -
    PostgreSQL, Redis, OpenBao, application data - and configuration and logs on every host. It holds no secret.
  - The keys of the backups, and the one that unseals OpenBao, are never in a backup.
  - What is wrong is told in one line.
positional: host
options:
  _input:
    description: The normalised model, as the role P(steward.platform.platform#role) publishes it.
    type: dict
    required: true
  host:
    description: The host's name in the inventory.
    type: str
    required: true
  repositories:
    description: Where backups go, the main repository first; see the role P(steward.platform.backup#role).
    type: list
    elements: dict
    required: true
  configuration:
    description: C(paths) of configuration and patterns to C(exclude). A path that the host lacks is left out.
    type: dict
    required: true
  application_data:
    description: The same for files that services keep, on application hosts.
    type: dict
  logs:
    description: The same for logs.
    type: dict
  redis:
    description: Names of the Redis instances. By default those that keep something.
    type: list
    elements: str
  retention:
    description: How long a repository that says nothing itself keeps sets.
    type: dict
  proof_days:
    description: Days after which a set must have been restored.
    type: int
    default: 8
  port:
    description: Port of PostgreSQL.
    type: int
    default: 5432
  schedule:
    description: When which job runs.
    type: dict
  lock_wait:
    description: Seconds a job waits for another one of the host.
    type: int
  metrics:
    description: Directory where node_exporter reads.
    type: str
"""

EXAMPLES = r"""
- name: Show what this host backs up
  ansible.builtin.debug:
    msg: >-
      {{ platform | steward.platform.backup_configuration(
           inventory_hostname, repositories=[{'name': 'local', 'type': 'posix', 'path': '/var/backups/steward'}],
           configuration={'paths': ['/etc/steward']}) }}
"""

RETURN = r"""
_value:
  description: The document.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set.wishes import describe_host


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"backup_configuration": describe_host}
