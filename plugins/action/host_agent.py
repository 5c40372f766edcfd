# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the program ``steward`` and send it to the host when it is another one there."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.core.program import describe_build
from ansible_collections.steward.platform.plugins.module_utils.zipapp.client import build
from ansible_collections.steward.platform.plugins.module_utils.zipapp.plan import Archive

ROOT = Path(__file__).resolve().parents[2]
MODULE = "steward.platform.host_agent"


@cache
def archive() -> Archive:
    """The program, built once a process."""
    return build(ROOT, collection_version(ROOT))


def collection_version(root: Path) -> str:
    """The version in a clone's galaxy.yml, or in the manifest of an installed collection, which has no galaxy.yml."""
    clone = root / "galaxy.yml"
    if clone.exists():
        return str(yaml.safe_load(clone.read_text(encoding="utf-8"))["version"])
    return str(json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"])


class ActionModule(ActionBase):
    """Ask first; a converged host costs one call."""

    _VALID_ARGS = frozenset({"path"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        program = archive()
        build_name = describe_build(program.version, program.content)
        wanted = {**self._task.args, "digest": program.digest, "build": build_name}
        answer = self._execute_module(module_name=MODULE, module_args=wanted, task_vars=task_vars)
        if answer.get("changed") and not self._task.check_mode:
            try:
                sent = {**wanted, "source": self._send(program.data)}
                answer = self._execute_module(module_name=MODULE, module_args=sent, task_vars=task_vars)
            finally:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        return {**result, **answer, "build": build_name}

    def _send(self, data: bytes) -> str:
        """Upload the program into the task's temporary folder on the host."""
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        target = str(self._connection._shell.join_path(self._connection._shell.tmpdir, "steward"))
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            self._transfer_file(file.name, target)
        self._fixup_perms2((self._connection._shell.tmpdir, target))
        return target
