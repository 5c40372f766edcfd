# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units that run the jobs of a host: for each a service and a timer, and one that tells when a service died."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Configuration
from .schedule import HOST, JOBS, Job, plan_jobs

PROGRAM = "/usr/local/bin/steward"
PREFIX = "steward-backup-"
FAILED_UNIT = f"{PREFIX}failed@.service"
# What a job may still do when it is told to end: its record, and the locks of the engines.
STOP_SECONDS = 120

HEADER = "# Written by the role backup of steward.platform; change its variables, not this.\n"
SERVICE = """\
[Unit]
Description=Backup of {platform}: {about}
Wants=network-online.target
After=network-online.target
OnFailure={prefix}failed@{name}.service

[Service]
Type=oneshot
ExecStart={program} {words}
# Done, with warnings that are in the metrics.
SuccessExitStatus=4
TimeoutStartSec={seconds}
TimeoutStopSec={stop}
# The platform's own work goes first.
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
UMask=0077
"""
TIMER = """\
[Unit]
Description=When to {about} of {platform}

[Timer]
OnCalendar={calendar}
RandomizedDelaySec={jitter}
# The same delay every time, so that the time between two runs stays what it is.
FixedRandomDelay=true
# What was missed while the host was off is made up for.
Persistent=true

[Install]
WantedBy=timers.target
"""
FAILED = """\
[Unit]
Description=Tell that the job %i of backup ended without telling

[Service]
Type=oneshot
ExecStart={program} backup failed %i
UMask=0077
"""


def build_units(configuration: Configuration) -> dict[str, Any]:
    """The files, the timers that run, and those of jobs that this host does not have."""
    jobs = [job for job in plan_jobs(configuration) if job.runs == HOST]
    files = [file for job in jobs for file in _files(job, configuration)]
    planned = [job.name for job in jobs]
    return {
        "files": [*files, {"name": FAILED_UNIT, "content": HEADER + FAILED.format(program=PROGRAM)}],
        "timers": [timer_of(name) for name in planned],
        "stopped": [timer_of(job.name) for job in JOBS.values() if job.runs == HOST and job.name not in planned],
    }


def timer_of(name: str) -> str:
    """The timer of a job."""
    return f"{PREFIX}{name}.timer"


def _files(job: Job, configuration: Configuration) -> list[Mapping[str, str]]:
    words = {
        "platform": configuration["platform"],
        "name": job.name,
        "about": job.about,
        "prefix": PREFIX,
        "program": PROGRAM,
        "words": " ".join(job.argv),
        "seconds": configuration["lock_wait"] + job.timeout,
        "stop": STOP_SECONDS,
        "calendar": job.calendar,
        "jitter": job.jitter,
    }
    return [
        {"name": f"{PREFIX}{job.name}.service", "content": HEADER + SERVICE.format(**words)},
        {"name": timer_of(job.name), "content": HEADER + TIMER.format(**words)},
    ]
