# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program ``steward`` on a host is told of the platform."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_configuration
short_description: Tell the program steward what is on a host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Picks from the normalised model what concerns one host, its groups, services, ports and paths. It holds no secret.
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
"""

EXAMPLES = r"""
- name: Show what steward on this host is told
  ansible.builtin.debug:
    msg: "{{ platform | steward.platform.host_configuration(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The document that is written to C(/etc/steward/steward.json).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.health.wishes import host_configuration


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_configuration": host_configuration}
