# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The buckets of a host's backups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_buckets
short_description: Buckets whose past nobody can take who has a host's key
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives the options of M(steward.platform.s3_bucket) for the buckets of repositories, locked, with versions, with a
    lifecycle that removes old versions after their lock, and with a policy for the key that the hosts have.
positional: _input, buckets
options:
  _input:
    description: The repositories, as the role P(steward.platform.backup#role) has them.
    type: list
    elements: dict
    required: true
  buckets:
    description: The C(backup_buckets) of that role.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how the buckets are made
  ansible.builtin.debug:
    msg: "{{ backup_repositories | steward.platform.backup_buckets(backup_buckets) }}"
"""

RETURN = r"""
_value:
  description: One dictionary of options for each bucket.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set.buckets import describe_buckets


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"backup_buckets": describe_buckets}
