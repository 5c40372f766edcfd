# SPDX-License-Identifier: GPL-3.0-or-later
"""Who serves while a host is out of the traffic."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
name: other_servers
short_description: The director's servers that are not on a host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Leaves out of RV(steward.platform.release_info#module:active_servers) what runs on one app host. Where that is the
    only one, and where the host is empty, everything stays.
positional: host, platform
options:
  _input:
    description: Of each web service the servers that serve.
    type: dict
    required: true
  host:
    description: Name of the app host.
    type: str
    required: true
  platform:
    description: The normalised model.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See who serves without a host
  ansible.builtin.debug:
    msg: "{{ serving.active_servers | steward.platform.other_servers('app1', platform) }}"
"""

RETURN = r"""
_value:
  description: Of each web service the servers that are left.
  type: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.release import plan


def other_servers(active: dict[str, list[str]], host: str, platform: dict[str, Any]) -> dict[str, list[str]]:
    """The servers that are left."""
    return plan.other_servers(active, host, platform["groups"]["app"])


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, Any]:
        return {"other_servers": other_servers}
