# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pack the build contexts here, ask the host what it lacks, send just that, let it build."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.plugin_utils.build_context import pack

MODULE = "steward.platform.container_image"


class ActionModule(ActionBase):
    """One call of the module to look, and a second one to build only when something is missing."""

    TRANSFERS_FILES = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._task.args
        with tempfile.TemporaryDirectory(prefix="steward-context-") as folder:
            packed = self._pack(arguments.get("builds", []), folder)
            seen = self._look({**arguments, "packed": packed}, task_vars)
            if seen.get("failed") or not seen["changed"] or self._task.check_mode:
                return {**result, **seen}
            return {**result, **self._build(arguments, packed, seen, task_vars)}

    @staticmethod
    def _pack(builds: list[dict[str, Any]], folder: str) -> dict[str, dict[str, str]]:
        """Pack each context once, however many images are built from it."""
        done: dict[tuple[str, str], dict[str, str]] = {}
        packed = {}
        for build in builds:
            key = (os.path.realpath(build["context"]), build.get("dockerfile", "Dockerfile"))
            if key not in done:
                target = os.path.join(folder, f"{len(done)}.tar")
                done[key] = {"hash": pack(*key, target), "path": target}
            packed[build["name"]] = done[key]
        return packed

    def _look(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """Run the module as in check mode: what would it do?"""
        asked = self._task.check_mode
        self._task.check_mode = True
        try:
            return self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
        finally:
            self._task.check_mode = asked

    def _build(
        self,
        arguments: dict[str, Any],
        packed: dict[str, dict[str, str]],
        seen: dict[str, Any],
        task_vars: dict[str, Any] | None,
    ) -> dict[str, Any]:
        remote = self._make_tmp_path()
        sent: dict[str, str] = {}

        def send(path: str) -> str:
            if path not in sent:
                sent[path] = self._transfer_file(path, self._connection._shell.join_path(remote, f"{len(sent)}.tar"))
            return sent[path]

        missing = [name for name in packed if name in seen["missing"]]
        archives = {base["name"]: base["archive"] for base in arguments.get("base_images", [])}
        try:
            return self._execute_module(
                module_name=MODULE,
                module_args={
                    **arguments,
                    "packed": {
                        name: {**packed[name], "path": send(packed[name]["path"]) if name in missing else ""}
                        for name in packed
                    },
                    "archives": {name: send(archives[name]) for name in seen["missing_bases"]},
                },
                task_vars=task_vars,
            )
        finally:
            self._remove_tmp_path(remote)
