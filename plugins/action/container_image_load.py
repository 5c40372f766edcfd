# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the host which images it lacks, and send it the archive only then."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

MODULE = "steward.platform.container_image_load"


class ActionModule(ActionBase):
    """One call of the module to look, and a second one to load only when something is missing."""

    TRANSFERS_FILES = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments, asked = self._task.args, self._task.check_mode
        self._task.check_mode = True
        seen = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
        self._task.check_mode = asked
        if seen.get("failed") or asked or not seen["changed"] or not arguments.get("archive"):
            return {**result, **seen}
        remote = self._make_tmp_path()
        try:
            sent = self._transfer_file(
                arguments["archive"], self._connection._shell.join_path(remote, "images.tar.zst")
            )
            loaded = self._execute_module(
                module_name=MODULE, module_args={**arguments, "archive": sent}, task_vars=task_vars
            )
        finally:
            self._remove_tmp_path(remote)
        return {**result, **loaded}
