# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say who deploys, and see whether the one who holds the lease is still alive where that can be seen."""

from __future__ import annotations

import getpass
import os
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.core import clock

MODULE = "steward.platform.release_lease"


class ActionModule(ActionBase):
    """The controller's side of the lease."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.check_mode:
            nothing = {"token": "", "release": clock.to_identifier(clock.now()), "by": "check mode", "stages": []}
            return {**result, "changed": False, "lease": nothing}
        # Workers are forked from the process that runs the playbook, whose life is the deploy's.
        arguments = {**self._task.args, "holder": process_identity(os.getppid())}
        answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
        held = answer.get("held")
        if held and is_dead_here(held["holder"]):
            arguments["orphan"] = held["token"]
            answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
        taken_from = answer.get("lease", {}).get("taken_from")
        if taken_from and arguments["state"] == "acquired":
            self._display.display(f"the lease was taken from {taken_from}", color="yellow")
        return {**result, **answer}


def process_identity(pid: int) -> dict[str, Any]:
    """Who a process is: a process id alone is used again after a while or a restart of the machine."""
    return {
        "user": getpass.getuser(),
        "host": os.uname().nodename,
        "pid": pid,
        "boot": _read("/proc/sys/kernel/random/boot_id"),
        "started": _started(pid),
    }


def is_dead_here(holder: dict[str, Any]) -> bool:
    """Whether the holder ran on this machine and is certainly no more; not knowing is no."""
    boot = _read("/proc/sys/kernel/random/boot_id")
    if holder["host"] != os.uname().nodename or not boot:
        return False
    return holder["boot"] != boot or _started(holder["pid"]) != holder["started"]


def _started(pid: int) -> str:
    """When a process began, in clock ticks since the machine started; empty when it is gone, or a zombie."""
    # The second field, the name, may hold spaces and brackets.
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    is_alive = bool(fields) and fields[0] != "Z"
    return fields[19] if is_alive else ""


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""
