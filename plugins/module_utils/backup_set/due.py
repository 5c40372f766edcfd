# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a job is overdue, and whether a set is young enough to need no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from ..core import clock
from . import calendar
from .catalogue import PUBLISHED, Entry
from .model import COMPLETE
from .schedule import Job

# How a job ended. One that found the lock held has done nothing, and is as bad as one that failed.
DONE, WARNINGS, FAILED, BUSY = "done", "warnings", "failed", "busy"
GOOD = (DONE, WARNINGS)

Result = Mapping[str, Any]


def judge_jobs(
    jobs: Sequence[Job],
    results: Mapping[str, Result],
    *,
    since: datetime | None,
    now: datetime,
    zone: tzinfo,
    wait: int = 0,
) -> list[dict[str, Any]]:
    """Each job with its last result, its last success and whether it is overdue.

    A job is overdue when it did not begin well since it last was to, and the time it may take is over. What never ran
    is so only when it was to run since the host makes backups at all.

    :param wait: seconds a job may wait for another one.
    """
    found = []
    for job in jobs:
        late = now - timedelta(seconds=job.jitter + wait + job.timeout)
        due = calendar.previous(calendar.parse(job.calendar), late, zone)
        found.append(_judge(job, results.get(job.name), since, due))
    return found


def _judge(job: Job, result: Result | None, since: datetime | None, due: datetime) -> dict[str, Any]:
    success = result["success"] if result else None
    last = clock.parse(success) if success else since
    # Without any set there is nothing to wait for.
    overdue = bool(job.makes) if last is None else last < due
    return {
        "name": job.name,
        "about": job.about,
        "calendar": job.calendar,
        "runs": job.runs,
        "due": clock.to_text(due),
        "success": success,
        "result": result["result"] if result else None,
        "finished": result["finished"] if result else None,
        "seconds": result["seconds"] if result else None,
        "error": result["error"] if result else "",
        "overdue": overdue,
    }


def build_result(
    job: str,
    result: str,
    *,
    started: datetime,
    finished: datetime,
    before: Result | None,
    invocation: str = "",
    manifest: Mapping[str, Any] | None = None,
    error: str = "",
) -> dict[str, Any]:
    """How a job ended, with the last success of those before it.

    :param invocation: systemd's id of this run, by which a run that died is told from one that has told.
    """
    parts = manifest["parts"] if manifest else ()
    return {
        "schema": 1,
        "job": job,
        "result": result,
        "started": clock.to_text(started),
        "finished": clock.to_text(finished),
        "seconds": round((finished - started).total_seconds(), 3),
        "success": clock.to_text(started) if result in GOOD else before["success"] if before else None,
        "invocation": invocation,
        "set": manifest["id"] if manifest else None,
        "size": sum(part["size"] for part in parts),
        "added": sum(part["added"] for part in parts),
        "error": error,
    }


def died(job: str, before: Result | None, monitor: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """The result of a run that ended without telling it: killed, out of time or memory; None when it has told.

    :param monitor: what systemd tells the unit that is started on a failure, systemd.exec(5).
    """
    invocation = monitor.get("MONITOR_INVOCATION_ID", "")
    if before and invocation and before["invocation"] == invocation:
        return None
    how = monitor.get("MONITOR_SERVICE_RESULT", "unknown")
    status = " ".join(word for word in (monitor.get("MONITOR_EXIT_CODE"), monitor.get("MONITOR_EXIT_STATUS")) if word)
    error = f"the job ended without a word: {how}" + (f", {status}" if status else "")
    return build_result(job, FAILED, started=now, finished=now, before=before, invocation=invocation, error=error)


def is_fresh(entries: Sequence[Entry], set_type: str, *, now: datetime, max_age: float | None) -> Entry | None:
    """The newest complete set of a type that is younger than ``max_age`` seconds, so that no other is needed."""
    if max_age is None:
        return None
    for entry in entries:
        good = entry.state == PUBLISHED and entry.outcome == COMPLETE and entry.type == set_type
        if good and (now - entry.moment).total_seconds() < max_age:
            return entry
    return None
