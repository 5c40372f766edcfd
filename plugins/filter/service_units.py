# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units of a release's services."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
name: service_units
short_description: The systemd units of the services a host runs
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives for each service its unit file as the verb C(systemd_unit) of the role P(steward.platform.common#role) takes
    it.
positional: platform, removed
options:
  _input:
    description: What RV(steward.platform.release_stage#module:services) said.
    type: dict
    required: true
  platform:
    description: The normalised model.
    type: dict
    required: true
  removed:
    description: Give the names of units whose service is no longer there, instead of the files of those that are.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See the units of a release
  ansible.builtin.debug:
    msg: "{{ app_staged.services | steward.platform.service_units(platform) }}"
"""

RETURN = r"""
_value:
  description: Files with name, template and vars; or names.
  type: list
"""


def service_units(services: dict[str, Any], platform: dict[str, Any], removed: bool = False) -> list[Any]:
    """Unit files of the services that are there, or unit names of those that are gone."""
    chosen = {name: service for name, service in services.items() if (service["action"] == "remove") is removed}
    units = {name: f"{platform['name']}-{name}.service" for name in chosen}
    if removed:
        return list(units.values())
    return [
        {
            "name": unit,
            "template": "service.unit.j2",
            "vars": {
                "platform": platform["name"],
                "service": name,
                "file": f"{platform['paths']['current']}/{name}/compose.json",
                "grace": chosen[name]["stop_grace"],
            },
        }
        for name, unit in units.items()
    ]


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, Any]:
        return {"service_units": service_units}
