# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the options of a procedure here, before anything is looked at."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.release.model import PROCEDURE_DEFAULTS, PROCEDURES
from ansible_collections.steward.platform.plugins.plugin_utils.options import deploy_options, read_options
from ansible_collections.steward.platform.plugins.plugin_utils.variables import refuse


class ActionModule(ActionBase):
    """Needs no connection: the variables are its input."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        platform, procedure = self._task.args["platform"], self._task.args["procedure"]
        variables = {**PROCEDURE_DEFAULTS.get(procedure, {}), **(task_vars or {})}
        deploy, errors = deploy_options(self._templar, variables, platform)
        # The options of update_system begin with update_.
        prefix = f"{procedure.partition('_')[0]}_"
        asked, more = read_options(self._templar, variables, prefix, PROCEDURES[procedure])
        services = [service["name"] for service in platform["services"]]
        if asked.get("service") and asked["service"] not in services:
            more.append(f"service is {asked['service']!r}, allowed is one of: {', '.join(services)}")
        refuse([*errors, *more], f"this {procedure}")
        return {**result, "changed": False, "deploy": deploy, "asked": asked}
