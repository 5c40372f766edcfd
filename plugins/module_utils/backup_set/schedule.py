# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs of backup a host runs, and when; each is one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..core.schema import Field, unknown_name
from . import calendar
from .model import Configuration

HOUR = 3600
PROFILES = ("daily", "weekly", "custom")
HOST, CONTROLLER = "host", "controller"


@dataclass(frozen=True)
class Job:
    """One job: what it does, the words after ``steward``, when, spread over how many seconds, and how long at most.

    ``needs`` names what the host's configuration must have; a job that runs from the ``controller`` has no timer here,
    but that it is overdue is said here. ``makes`` is the type of set that its success leaves.
    """

    name: str
    about: str
    argv: tuple[str, ...]
    calendar: str
    jitter: int
    timeout: int
    needs: tuple[str, ...] = ()
    makes: str = ""
    runs: str = HOST


# Jobs of one host wait for each other. The incremental one begins at half past, so that it is not the one that waits
# for the full set every night.
JOBS: Mapping[str, Job] = {
    job.name: job
    for job in (
        Job("full", "make a full set", ("backup", "full"), "*-*-* 02:00:00", 300, 6 * HOUR, makes="full"),
        Job(
            "incremental",
            "make an incremental set",
            ("backup", "incremental"),
            "*-*-* *:30:00",
            120,
            HOUR,
            makes="incremental",
        ),
        Job(
            "schema",
            "make a set of the databases' schemas",
            ("backup", "schema"),
            "Sun *-*-* 01:00:00",
            300,
            HOUR,
            needs=("postgresql",),
            makes="schema",
        ),
        Job(
            "config",
            "make a set of configuration",
            ("backup", "config"),
            "Sat *-*-* 01:00:00",
            300,
            HOUR,
            makes="config",
        ),
        Job("cleanup", "remove what retention does not keep", ("backup", "prune"), "*-*-* 04:00:00", 300, 4 * HOUR),
        Job(
            "replication",
            "copy sets to the other repositories",
            ("backup", "sync", "incremental"),
            "*-*-* 00/6:45:00",
            600,
            5 * HOUR,
            needs=("remote",),
        ),
        Job(
            "validation",
            "restore the newest set aside and look into it",
            ("backup", "verify"),
            "Sun *-*-* 05:00:00",
            900,
            6 * HOUR,
        ),
        Job(
            "dr_test",
            "restore the newest set of another repository aside and look into it",
            ("backup", "verify", "--remote"),
            "*-*-01 06:00:00",
            900,
            8 * HOUR,
            needs=("remote",),
        ),
        Job(
            "drill",
            "recover the platform onto other hosts",
            (),
            "*-01,04,07,10-15 06:00:00",
            0,
            24 * HOUR,
            runs=CONTROLLER,
        ),
        Job("figures", "write the metrics anew", ("backup", "status", "--metrics"), "*-*-* *:00/5:00", 30, 120),
    )
}

# Runs under every profile: without it nobody would hear that the others do not.
ALWAYS = "figures"

# What a profile has differently; ``custom`` has only the jobs that are named.
PROFILE_CALENDARS: Mapping[str, Mapping[str, str]] = {
    "daily": {},
    "weekly": {"full": "Sun *-*-* 02:00:00", "incremental": "Mon..Sat *-*-* 03:00:00"},
    "custom": {},
}

_JOB = Field(
    "object",
    fields={
        "enabled": Field("boolean", "Whether the job has a timer.", default=True),
        "calendar": Field("text", "When, as systemd writes it, in the host's time zone."),
        "jitter": Field("integer", "Seconds over which the hosts of a platform spread.", minimum=0, maximum=12 * HOUR),
        "timeout": Field("integer", "Seconds after which the job is ended.", minimum=60, maximum=7 * 24 * HOUR),
    },
)
SCHEDULE = Field(
    "object",
    "When which job runs.",
    default={},
    fields={
        "profile": Field("text", "Where to begin.", default="daily", choices=PROFILES),
        "jobs": Field("map", "Of each job what is different.", default={}, items=_JOB),
    },
)


def problems(schedule: Mapping[str, Any], place: str) -> list[str]:
    """What is wrong with a schedule beyond its kinds, one line each."""
    said = [unknown_name(name, JOBS, f"{place}.jobs.{name}") for name in schedule["jobs"] if name not in JOBS]
    for name, given in schedule["jobs"].items():
        try:
            calendar.parse(given["calendar"] or "*-*-* 00:00")
        except ValueError as error:
            said.append(f"{place}.jobs.{name}.calendar is {error}")
    if schedule["profile"] == "custom" and not any(given["enabled"] for given in schedule["jobs"].values()):
        said.append(f"{place}.profile is 'custom' and {place}.jobs names none; custom has only the jobs that are named")
    return said


def plan_jobs(configuration: Configuration) -> list[Job]:
    """The jobs of this host with their times; those it has nothing for are left out."""
    schedule = configuration["schedule"]
    has = {name for name, part in configuration.items() if part is not None}
    has |= {"remote"} if len(configuration["repositories"]) > 1 else set()
    return [
        _timed(job, schedule)
        for job in JOBS.values()
        if set(job.needs) <= has and _is_wanted(job.name, schedule["profile"], schedule["jobs"])
    ]


def _is_wanted(name: str, profile: str, jobs: Mapping[str, Mapping[str, Any]]) -> bool:
    return name == ALWAYS or (bool(jobs[name]["enabled"]) if name in jobs else profile != "custom")


def _timed(job: Job, schedule: Mapping[str, Any]) -> Job:
    given = schedule["jobs"].get(job.name, {})
    usual = PROFILE_CALENDARS[schedule["profile"]].get(job.name, job.calendar)
    said = {name: given[name] for name in ("calendar", "jitter", "timeout") if given.get(name) is not None}
    return replace(job, **{"calendar": usual, **said})
