# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Save images on the host, and bring the archive here."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """The connection's own way to fetch a file: no part of it goes through a module's output."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        remote = self._make_tmp_path()
        try:
            path = self._connection._shell.join_path(remote, "images.tar.zst")
            saved = self._execute_module(
                module_name="steward.platform.container_image_archive",
                module_args={**self._task.args, "path": path},
                task_vars=task_vars,
            )
            if saved.get("failed"):
                return {**result, **saved}
            # A folder that Ansible removes when it ends.
            here = os.path.join(tempfile.mkdtemp(dir=constants.DEFAULT_LOCAL_TMP), "images.tar.zst")
            self._connection.fetch_file(path, here)
            return {**result, "changed": True, "archive": here, "bytes": os.path.getsize(here)}
        finally:
            self._remove_tmp_path(remote)
