# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the options and secrets of a deploy here, and the host there, before anything is changed."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.core.schema import check, unknown_name
from ansible_collections.steward.platform.plugins.module_utils.preflight.plan import secret_defects
from ansible_collections.steward.platform.plugins.module_utils.release.model import OPTIONS
from ansible_collections.steward.platform.plugins.plugin_utils.variables import read_prefixed, refuse

PREFIX = "deploy_"


class ActionModule(ActionBase):
    """The controller's side of the preflight."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        platform = self._task.args["platform"]
        deploy = self._options(variables, platform)
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

    def _options(self, variables: dict[str, Any], platform: dict[str, Any]) -> dict[str, Any]:
        """The ``deploy_*`` options by their short names, with defaults."""
        written = {name: _plain(value) for name, value in read_prefixed(self._templar, variables, PREFIX).items()}
        errors = [unknown_name(name, OPTIONS, name) for name in written if name not in OPTIONS]
        checked = {name: check(written.get(name), field, name) for name, field in OPTIONS.items()}
        errors += [line for part in checked.values() for line in part.errors]
        meant = checked["deploy_environment"].value
        if meant not in (None, platform["environment"]):
            errors.append(f"deploy_environment is {meant!r}, this inventory is {platform['environment']!r}")
        refuse(errors, "this deploy")
        return {name.removeprefix(PREFIX): part.value for name, part in checked.items()}


def _plain(value: Any) -> Any:
    """An option given on the command line as ``-e deploy_force=true`` is text; read it as what it says."""
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
        return value.lower() in ("true", "yes")
    return int(value) if isinstance(value, str) and value.isdigit() else value
