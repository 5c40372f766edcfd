# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what each task did as JSON lines to the file $STEWARD_EVENTS, beside the normal output."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: steward_events
type: notification
short_description: Writes each task's result as a JSON line
description: Used by the tests of this collection to count tasks and changes.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "steward_events"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, row: dict[str, Any]) -> None:
        with open(os.environ["STEWARD_EVENTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(row, default=str) + "\n")

    def _record(self, result: Any, status: str) -> None:
        task = result.task
        self._write(
            {
                "host": result.host.get_name(),
                "name": task.name or task.action,
                "action": task.resolved_action or task.action,
                "role": task._role.get_name() if task._role else "",
                "status": status,
                "ended": time.monotonic(),
                "result": json.loads(self._dump_results(result.result)),
            }
        )

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record(result, "unreachable")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record(result, "skipped")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write({"stats": {host: stats.summarize(host) for host in sorted(stats.processed)}})
