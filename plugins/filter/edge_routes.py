# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public routes of a platform."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_routes
short_description: List the public routes of a platform
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Lists the routes of all services, each with the name of its service.
options:
  _input:
    description: The normalised model, as the role P(steward.platform.platform#role) publishes it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which URL leads to which service
  ansible.builtin.debug:
    msg: "{{ platform | steward.platform.edge_routes }}"

- name: Count the routes
  ansible.builtin.debug:
    msg: "{{ platform | steward.platform.edge_routes | length }}"

- name: List the host names
  ansible.builtin.debug:
    msg: "{{ platform | steward.platform.edge_routes | map(attribute='host') | unique }}"
"""

RETURN = r"""
_value:
  description: Rows with C(host), C(path) and C(service).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.director.platform import edge_routes


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"edge_routes": edge_routes}
