# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the options and secrets of a deploy here, and the host there, before anything is changed."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.preflight.plan import secret_defects
from ansible_collections.steward.platform.plugins.plugin_utils.options import deploy_options
from ansible_collections.steward.platform.plugins.plugin_utils.variables import refuse


class ActionModule(ActionBase):
    """The controller's side of the preflight."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        platform = self._task.args["platform"]
        deploy, errors = deploy_options(self._templar, variables, platform)
        refuse(errors, "this deploy")
        external = [secret for secret in platform["secrets"] if secret["kind"] == "external"]
        given = {
            secret["variable"]: str(self._templar.template(variables[secret["variable"]]))
            for secret in external
            if variables.get(secret["variable"])
        }
        refuse(secret_defects(external, given), "the given secrets")
        arguments = {
            **self._task.args,
            "now": time.time(),
            "force": deploy["force"],
            "expected_secrets": [secret["path"] for secret in external if secret["variable"] not in given],
        }
        answer = self._execute_module(
            module_name="steward.platform.preflight", module_args=arguments, task_vars=task_vars
        )
        for finding in answer.get("findings", []):
            if finding["status"] == "warn":
                self._display.warning(f"{variables['inventory_hostname']}: {finding['message']}")
        return {**result, **answer, "deploy": deploy}
