# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the templates of the edge need."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge
short_description: Work out the locations of the edge
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Joins routes, rate limits and refused paths to one list of locations for each host name. nginx uses only the longest
    location that matches, so each one says all that holds for its paths.
positional: services, domains, limits, refused
options:
  _input:
    description: Routes, with C(host), C(path) and C(service).
    type: list
    elements: dict
    required: true
  services:
    description: Services, with C(name) and C(entry_port).
    type: list
    elements: dict
    required: true
  domains:
    description: Host names that are served even without a route.
    type: list
    elements: str
    required: true
  limits:
    description: Rate limits, with C(name) and C(paths).
    type: list
    elements: dict
    required: true
  refused:
    description: Paths that are not served to anybody.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the locations
  ansible.builtin.debug:
    msg: >-
      {{ [{'host': 'isp.example.org', 'path': '/', 'service': 'isp'}]
         | steward.platform.edge([{'name': 'isp', 'entry_port': 8001}], [], [], ['/metrics']) }}
"""

RETURN = r"""
_value:
  description: C(sites), C(upstreams) and the idle times C(idle) of all hops.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.director.edge import build_edge


def edge(*arguments: Any) -> dict[str, Any]:
    """As the pure function, with its errors as Ansible's."""
    try:
        return build_edge(*arguments)
    except StewardError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"edge": edge}
