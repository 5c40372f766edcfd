# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a job of backup so that its end is known, good or bad: as a result, in the log and in the metrics."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...core import clock
from ...core.errors import BusyError, InputError, StewardError
from .. import client, due
from ..manifest import Manifest


@dataclass(frozen=True)
class Done:
    """What a job that ended well leaves: a set when it makes one, and what somebody should know of it."""

    manifest: Manifest | None = None
    warnings: Sequence[str] = ()


def run(job: str, work: Callable[[], Done]) -> Done:
    """Do the work and record how it ended. Bad input is no run of a job.

    :raises StewardError: what the work raised.
    """
    started = clock.now()
    try:
        done = work()
    except InputError:
        raise
    except BusyError as error:
        _record(job, due.BUSY, started, error=error.message)
        raise
    except StewardError as error:
        _record(job, due.FAILED, started, error=error.message)
        raise
    except BaseException as error:
        _record(job, due.FAILED, started, error=f"it was ended: {type(error).__name__}")
        raise
    result = due.WARNINGS if done.warnings else due.DONE
    _record(job, result, started, manifest=done.manifest, error="; ".join(done.warnings))
    return done


def _record(job: str, result: str, started: datetime, *, manifest: Manifest | None = None, error: str = "") -> None:
    document = due.build_result(
        job,
        result,
        started=started,
        finished=clock.now(),
        before=client.read_result(job),
        invocation=os.environ.get("INVOCATION_ID", ""),
        manifest=manifest,
        error=error,
    )
    client.keep_result(document)
    # What cannot be told is told by the job that writes the metrics every few minutes.
    with contextlib.suppress(StewardError):
        client.publish_metrics(client.look())
