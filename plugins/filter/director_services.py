# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web services of a platform as HAProxy shall have them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: director_services
short_description: List the web services of a platform for the director
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Names for every web service all places where a replica may run, in both slots and on every app host, because only a
    change of this list needs a reload of HAProxy.
  - A place is called C(<slot>-<n>) when there is one app host, and C(<host>-<slot>-<n>) when there are several.
  - The rows are what M(steward.platform.director) takes as O(steward.platform.director#module:services).
positional: active
options:
  _input:
    description: The normalised model, as the role P(steward.platform.platform#role) publishes it.
    type: dict
    required: true
  active:
    description: Names of the places that shall serve, by service. A service that is not named keeps who serves now.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show where replicas may run
  ansible.builtin.debug:
    msg: "{{ platform | steward.platform.director_services }}"

- name: Move one service to its green slot
  steward.platform.director:
    services: "{{ platform | steward.platform.director_services({'isp-framework': ['green-1', 'green-2']}) }}"

- name: Take one service out of traffic
  steward.platform.director:
    services: "{{ platform | steward.platform.director_services({'isp-framework': []}) }}"
"""

RETURN = r"""
_value:
  description: One row for each web service.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.director.platform import director_services


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"director_services": director_services}
