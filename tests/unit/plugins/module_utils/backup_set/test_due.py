# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set import due
from ansible_collections.steward.platform.plugins.module_utils.backup_set.schedule import JOBS

from .samples import FULL, INCREMENTAL, NOW, catalogue, result, sealed

# The full set is due at 02:00, and may begin 300 s and last 6 h later.
FULL_JOB = JOBS["full"]


def judge(
    last: dict[str, Any] | None, *, job: str = "full", since: datetime | None = None, **options: Any
) -> dict[str, Any]:
    values = {"now": NOW, "zone": UTC, **options}
    results = {} if last is None else {job: last}
    return due.judge_jobs([JOBS[job]], results, since=since, **values)[0]


@pytest.mark.parametrize(
    ("success", "now", "overdue"),
    [
        ("2024-12-25T02:03:00Z", "14:30", False),
        ("2024-12-24T02:03:00Z", "14:30", True),
        ("2024-12-24T02:03:00Z", "08:00", False),
        ("2024-12-24T02:03:00Z", "08:05", True),
        ("2024-12-25T01:00:00Z", "14:30", True),
    ],
    ids=["it ran", "it did not", "it may still run", "its time is over", "it ran by hand, before it was due"],
)
def test_a_job_is_overdue_when_its_time_is_over(success: str, now: str, overdue: bool) -> None:
    moment = datetime.strptime(f"2024-12-25 {now} +0000", "%Y-%m-%d %H:%M %z")
    assert judge(result("full", success=success), now=moment)["overdue"] is overdue


def test_a_job_may_wait_for_another_one() -> None:
    last, moment = result("full", success="2024-12-24T02:03:00Z"), datetime(2024, 12, 25, 8, 10, tzinfo=UTC)
    assert judge(last, now=moment)["overdue"] is True
    assert judge(last, now=moment, wait=1800)["overdue"] is False


@pytest.mark.parametrize(
    ("job", "since", "overdue"),
    [
        ("full", None, True),
        ("cleanup", None, False),
        ("full", datetime(2024, 12, 25, 14, tzinfo=UTC), False),
        ("cleanup", datetime(2024, 12, 20, tzinfo=UTC), True),
        ("drill", datetime(2024, 12, 20, tzinfo=UTC), False),
        ("drill", datetime(2024, 10, 1, tzinfo=UTC), True),
    ],
    ids=[
        "there is no set at all",
        "there is nothing to clean up",
        "a young host",
        "a host that makes sets for days",
        "no drill was due since",
        "a drill was due since",
    ],
)
def test_what_never_ran_is_overdue_when_it_should_have(job: str, since: datetime | None, overdue: bool) -> None:
    assert judge(None, job=job, since=since)["overdue"] is overdue


def test_a_job_that_failed_keeps_its_last_success() -> None:
    failed = result("full", result="failed", success=None, error="no space")
    row = judge(failed, since=datetime(2024, 12, 25, 14, tzinfo=UTC))
    assert (row["result"], row["success"], row["error"], row["overdue"]) == ("failed", None, "no space", False)
    assert (row["due"], row["runs"], row["calendar"]) == ("2024-12-25T02:00:00Z", "host", "*-*-* 02:00:00")


def build(outcome: str, before: dict[str, Any] | None, **options: Any) -> dict[str, Any]:
    return due.build_result(
        "full", outcome, started=NOW, finished=NOW + timedelta(seconds=9.5), before=before, **options
    )


@pytest.mark.parametrize(
    ("outcome", "before", "success"),
    [
        (due.DONE, None, "2024-12-25T14:30:00Z"),
        (due.WARNINGS, result("full"), "2024-12-25T14:30:00Z"),
        (due.FAILED, result("full"), "2024-12-25T13:30:00Z"),
        (due.BUSY, None, None),
    ],
)
def test_a_result_carries_the_last_success(outcome: str, before: dict[str, Any] | None, success: str | None) -> None:
    assert build(outcome, before)["success"] == success


def test_a_result_has_the_figures_of_its_set() -> None:
    made = build(due.DONE, None, manifest=FULL, invocation="i2")
    assert (made["set"], made["size"], made["added"], made["seconds"]) == (FULL["id"], 6000, 600, 9.5)
    assert (build(due.FAILED, None, error="x")["set"], made["invocation"]) == (None, "i2")


MONITOR = {"MONITOR_SERVICE_RESULT": "timeout", "MONITOR_EXIT_CODE": "killed", "MONITOR_EXIT_STATUS": "TERM"}


@pytest.mark.parametrize(
    ("monitor", "error"),
    [
        (MONITOR, "the job ended without a word: timeout, killed TERM"),
        ({"MONITOR_SERVICE_RESULT": "oom-kill"}, "the job ended without a word: oom-kill"),
        ({}, "the job ended without a word: unknown"),
    ],
)
def test_a_job_that_died_is_a_failure(monitor: dict[str, str], error: str) -> None:
    made = due.died("full", result("full"), {**monitor, "MONITOR_INVOCATION_ID": "i2"}, NOW)
    assert made is not None
    assert (made["result"], made["error"], made["invocation"]) == ("failed", error, "i2")
    assert made["success"] == "2024-12-25T13:30:00Z"


def test_a_job_that_told_its_failure_is_not_told_again() -> None:
    assert due.died("full", result("full"), {**MONITOR, "MONITOR_INVOCATION_ID": "i1"}, NOW) is None


@pytest.mark.parametrize("before", [None, result("full", invocation="")])
def test_without_an_id_of_the_run_it_is_told(before: dict[str, Any] | None) -> None:
    assert due.died("full", before, MONITOR, NOW) is not None


PARTIAL = sealed("20241225_140000", FULL["parts"], outcome="partial")


@pytest.mark.parametrize(
    ("set_type", "max_age", "fresh"),
    [
        ("full", None, None),
        ("full", 13 * 3600, FULL["id"]),
        ("full", 12 * 3600, None),
        ("incremental", 3601, INCREMENTAL["id"]),
        ("incremental", 3600, None),
        ("config", 10**9, None),
    ],
)
def test_a_young_set_needs_no_other(set_type: str, max_age: float | None, fresh: str | None) -> None:
    found = due.is_fresh(catalogue(FULL, INCREMENTAL, PARTIAL), set_type, now=NOW, max_age=max_age)
    assert (found.id if found else None) == fresh
