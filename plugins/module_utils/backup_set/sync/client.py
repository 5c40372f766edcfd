# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the further repositories of this host to what the main one has, and looks there afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core import clock
from ...core.errors import BusyError, InputError, StewardError
from ...s3.replication import client as replication
from .. import client
from ..making import client as making
from ..model import Configuration
from . import plan
from .plan import Task

Say = Callable[[str], object]


def run(mode: str, *, steward: str, say: Say) -> dict[str, Any]:
    """Do it for all repositories, one after the other; the report, which is kept too.

    :raises InputError: there is nothing to do it for.
    :raises BusyError: another job of this host did not end in time.
    :raises StewardError: a repository is not what it should be; its data have the report.
    """
    configuration = client.read_configuration()
    tasks = plan.plan_sync(configuration, mode)
    if not tasks:
        raise InputError("this host has one repository, so there is none to bring up to it")
    started = clock.now()
    results = [_WORKS[task.how](task, configuration, mode, steward, say) for task in tasks]
    report = plan.build_report(
        configuration, mode, results, client.read_replication(), started=started, finished=clock.now()
    )
    client.keep_replication(report)
    if failed := plan.problems(report):
        raise StewardError("; ".join(failed), "What arrived is whole; run it again to continue.", {"report": report})
    return report


def _copy(task: Task, configuration: Configuration, mode: str, steward: str, say: Say) -> dict[str, Any]:
    with client.job_lock(f"the copy to {task.repository}", configuration):
        folders = []
        for name, options in task.folders:
            say(f"{task.repository}: {name} begun")
            folders.append(_copy_folder(name, options))
            say(f"{task.repository}: {name} {folders[-1]['error'] or 'done'}")
        error = _look(task, configuration, folders)
    return plan.done(task, folders, error=error)


def _copy_folder(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    report, seen, error = None, None, ""
    try:
        report = replication.replicate(options)
        seen = replication.compare(options, clock.parse(report["started"]))
    except StewardError as raised:
        report, error = raised.data.get("report", report), str(raised)
    return plan.copied(name, report, seen, error)


def _look(task: Task, configuration: Configuration, folders: Sequence[Mapping[str, Any]]) -> str:
    """Let the engines themselves list what is there now; why they could not."""
    if any(folder["error"] for folder in folders):
        return ""
    try:
        making.look(configuration, [row for row in configuration["repositories"] if row["name"] == task.repository])
    except StewardError as error:
        return str(error)
    return ""


def _make(task: Task, configuration: Configuration, mode: str, steward: str, say: Say) -> dict[str, Any]:
    """A set of its own; WAL goes to such a repository anyway."""
    try:
        made = making.make(mode, {"repository": task.repository}, steward=steward, say=say)
    except BusyError:
        raise
    except StewardError as error:
        return plan.done(task, error=str(error))
    lacking = [f"{row['part']}: {row['error']}" for row in made["failures"]]
    return {**plan.done(task, made=made["id"]), "warnings": lacking}


_WORKS: Mapping[str, Callable[[Task, Configuration, str, str, Say], dict[str, Any]]] = {
    plan.COPY: _copy,
    plan.MAKE: _make,
}
