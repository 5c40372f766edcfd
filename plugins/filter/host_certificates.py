# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates a host of the platform holds."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_certificates
short_description: List the certificates a host of the platform holds
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Every host holds C(host), for its name, its addresses and the internal names of the services of its groups.
  - Hosts of the group C(proxy) also hold C(edge), for the public names of the platform and its routes.
  - The rows are what M(steward.platform.certificate_request) takes as
    O(steward.platform.certificate_request#module:certificates).
positional: host, service_names, days
options:
  _input:
    description: The normalised model, as the role P(steward.platform.platform#role) publishes it.
    type: dict
    required: true
  host:
    description: The host's name in the inventory.
    type: str
    required: true
  service_names:
    description: Internal names by group.
    type: dict
    required: true
  days:
    description: Lifetimes, with the keys C(host) and C(edge).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List the certificates of this host
  ansible.builtin.debug:
    msg: >-
      {{ platform | steward.platform.host_certificates(inventory_hostname, names, {'host': 365, 'edge': 365}) }}
  vars:
    names: {secrets: [bao.internal]}
"""

RETURN = r"""
_value:
  description: One row for each certificate.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.pki.wishes import host_certificates


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_certificates": host_certificates}
