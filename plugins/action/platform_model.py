# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the ``platform_*`` variables of the inventory and hand them to the model."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.platform_model.model import GROUPS
from ansible_collections.steward.platform.plugins.module_utils.platform_model.plan import normalise
from ansible_collections.steward.platform.plugins.plugin_utils.variables import read_prefixed, refuse

PREFIX = "platform_"


class ActionModule(ActionBase):
    """Normalise the model; needs no connection."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        written = read_prefixed(self._templar, variables, PREFIX)
        normalised = normalise(written, self._hosts(variables))
        refuse(normalised.errors, "the platform model")
        return {**result, "changed": False, "platform": normalised.model}

    @staticmethod
    def _hosts(variables: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The hosts of our groups in inventory order, with what the model says of each."""
        members = {group: list(variables["groups"].get(group, [])) for group in GROUPS}
        names = dict.fromkeys(host for hosts in members.values() for host in hosts)
        return {
            name: {
                "private_address": variables["hostvars"][name].get(f"{PREFIX}private_address"),
                "groups": [group for group in GROUPS if name in members[group]],
            }
            for name in names
        }
