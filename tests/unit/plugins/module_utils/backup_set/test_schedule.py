# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.model import TYPES
from ansible_collections.steward.platform.plugins.module_utils.backup_set.schedule import (
    JOBS,
    PROFILE_CALENDARS,
    PROFILES,
    plan_jobs,
)
from ansible_collections.steward.platform.plugins.module_utils.backup_set.units import build_units

from .samples import DOCUMENT, configuration

ONE = DOCUMENT["repositories"][:1]


def times(**schedule: Any) -> dict[str, str]:
    return {job.name: job.calendar for job in plan_jobs(configuration(schedule=schedule))}


def test_the_daily_profile_is_the_promised_one() -> None:
    assert times() == {
        "full": "*-*-* 02:00:00",
        "incremental": "*-*-* *:30:00",
        "schema": "Sun *-*-* 01:00:00",
        "config": "Sat *-*-* 01:00:00",
        "cleanup": "*-*-* 04:00:00",
        "replication": "*-*-* 00/6:45:00",
        "validation": "Sun *-*-* 05:00:00",
        "dr_test": "*-*-01 06:00:00",
        "drill": "*-01,04,07,10-15 06:00:00",
        "figures": "*-*-* *:00/5:00",
    }


def test_the_weekly_profile_makes_one_full_set_a_week() -> None:
    weekly = times(profile="weekly")
    assert (weekly["full"], weekly["incremental"]) == ("Sun *-*-* 02:00:00", "Mon..Sat *-*-* 03:00:00")
    assert weekly.keys() == times().keys()


def test_the_custom_profile_has_what_is_named_and_the_figures() -> None:
    assert times(profile="custom", jobs={"full": {"calendar": "*-*-* 23:00"}, "config": {}}) == {
        "full": "*-*-* 23:00",
        "config": "Sat *-*-* 01:00:00",
        "figures": "*-*-* *:00/5:00",
    }


def test_a_job_may_be_left_out_but_not_the_figures() -> None:
    named = times(jobs={"schema": {"enabled": False}, "figures": {"enabled": False}})
    assert "schema" not in named
    assert "figures" in named


def test_jitter_and_timeout_may_be_different() -> None:
    jobs = plan_jobs(configuration(schedule={"jobs": {"full": {"jitter": 0, "timeout": 60}}}))
    assert (jobs[0].jitter, jobs[0].timeout, jobs[0].calendar) == (0, 60, "*-*-* 02:00:00")


def test_what_a_host_has_nothing_for_is_left_out() -> None:
    app = {job.name for job in plan_jobs(configuration(repositories=ONE, postgresql=None))}
    assert set(JOBS) - app == {"schema", "replication", "dr_test"}


def test_the_tables_agree() -> None:
    assert set(PROFILE_CALENDARS) == set(PROFILES)
    assert {job.makes for job in JOBS.values()} - {""} <= set(TYPES)


def units(**changes: Any) -> dict[str, Any]:
    return build_units(configuration(**changes))


def content(name: str, **changes: Any) -> list[str]:
    found = {file["name"]: file["content"] for file in units(**changes)["files"]}
    return [line for line in found[name].splitlines() if line and not line.startswith("#")]


def test_a_service_says_what_it_runs_how_long_and_who_hears_of_its_failure() -> None:
    assert content("steward-backup-full.service") == [
        "[Unit]",
        "Description=Backup of dotmac: make a full set",
        "Wants=network-online.target",
        "After=network-online.target",
        "OnFailure=steward-backup-failed@full.service",
        "[Service]",
        "Type=oneshot",
        "ExecStart=/usr/local/bin/steward backup full",
        "SuccessExitStatus=4",
        # Six hours, and half an hour for another job to end.
        "TimeoutStartSec=23400",
        "TimeoutStopSec=120",
        "Nice=10",
        "IOSchedulingClass=best-effort",
        "IOSchedulingPriority=7",
        "UMask=0077",
    ]


def test_a_timer_is_persistent_and_jittered() -> None:
    assert content("steward-backup-full.timer") == [
        "[Unit]",
        "Description=When to make a full set of dotmac",
        "[Timer]",
        "OnCalendar=*-*-* 02:00:00",
        "RandomizedDelaySec=300",
        "FixedRandomDelay=true",
        "Persistent=true",
        "[Install]",
        "WantedBy=timers.target",
    ]


def test_the_service_that_tells_of_failures_knows_the_job() -> None:
    assert "ExecStart=/usr/local/bin/steward backup failed %i" in content("steward-backup-failed@.service")


def test_each_job_of_the_host_has_both_files_and_its_timer_runs() -> None:
    made = units()
    jobs = [name for name in JOBS if name != "drill"]
    assert made["timers"] == [f"steward-backup-{name}.timer" for name in jobs]
    assert {file["name"] for file in made["files"]} == {
        "steward-backup-failed@.service",
        *(f"steward-backup-{name}.{kind}" for name in jobs for kind in ("service", "timer")),
    }
    assert made["stopped"] == []


def test_timers_that_are_not_wanted_any_more_are_stopped() -> None:
    made = units(repositories=ONE, schedule={"jobs": {"schema": {"enabled": False}}})
    assert made["stopped"] == [f"steward-backup-{name}.timer" for name in ("schema", "replication", "dr_test")]


@pytest.mark.parametrize("name", [name for name in JOBS if name != "drill"])
def test_no_file_has_a_word_that_was_not_filled_in(name: str) -> None:
    for kind in ("service", "timer"):
        assert not {"{", "}"} & set("\n".join(content(f"steward-backup-{name}.{kind}")))
