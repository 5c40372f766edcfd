# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a job of backup so that its end is known, good or bad: as a result, in the log and in the metrics."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core import clock
from ...core.errors import BusyError, InputError, StewardError
from ...core.plan import Plan
from .. import client, due
from ..catalogue import Entry
from ..manifest import Manifest, warnings_of
from ..model import OPTIONS, parse_options, parts_here
from ..plan import plan_set
from ..proving import plan as proving


@dataclass(frozen=True)
class Done:
    """What a job that ended well leaves: a set when it makes one, what somebody should know of it, and what it says."""

    manifest: Manifest | None = None
    warnings: Sequence[str] = ()
    report: Mapping[str, Any] | None = None


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


def make_set(
    set_type: str, asked: Mapping[str, Any], *, steward: str, name: str = "", say: Callable[[str], object]
) -> Done:
    """Make a set as a job, see :func:`..making.client.make`."""
    # The engines' clients are loaded only when something is made: a status has to be quick.
    from ..making.client import make

    def work() -> Done:
        made = make(set_type, asked, steward=steward, name=name, say=say)
        return Done(made, warnings_of(made))

    return run(set_type, work)


def verify(given: Mapping[str, Any], *, say: Callable[[str], object], show: Callable[[dict[str, Any]], object]) -> Done:
    """Verify as a job, see :func:`..proving.client.verify`; a set or dump that somebody names is no run of the job.

    :param show: is given the report, whatever it says.
    :raises StewardError: what was verified cannot be relied on; its data are the report.
    """
    from ..proving import report
    from ..proving.client import verify as prove

    def work() -> Done:
        document = prove(given, say=say)
        show(document)
        problems = report.problems(document)
        if not report.is_good(document):
            data = {"proof": document, "report": report.render(document).splitlines()}
            raise StewardError(f"{document['subject']} is not proven: {'; '.join(problems)}", data=data)
        return Done(warnings=problems)

    return work() if given.get("target") else run("dr_test" if given.get("remote") else "validation", work)


def observe_proof(asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The proof that is young enough, so that no other is needed.

    :raises InputError: what is asked for is not allowed.
    """
    seen = client.look()
    wanted = proving.parse_asked(asked, seen.configuration)
    return proving.fresh(seen.evidence, wanted, seen.now, asked["max_age"])


def plan_proof(asked: Mapping[str, Any], fresh: Mapping[str, Any] | None) -> Plan:
    """Verify, unless there is such a proof."""
    return proving.plan_proof(proving.parse_asked(asked, client.read_configuration()), fresh)


def apply_proof(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Verify, and return the report as a module does.

    :raises StewardError: what was verified cannot be relied on; its data are the report.
    """
    from ..proving import report

    shown: list[dict[str, Any]] = []
    done = verify(asked, say=lambda line: None, show=shown.append)
    return {"proof": shown[0], "report": report.render(shown[0]).splitlines(), "problems": list(done.warnings)}


def prune(*, dry_run: bool, say: Callable[[str], object], show: Callable[[dict[str, Any]], object]) -> Done:
    """Remove old sets as a job, see :func:`..pruning.client.prune`; what would only be shown is no run of it."""
    from ..pruning.client import prune as thin

    def work() -> Done:
        show(thin(dry_run=dry_run, say=say))
        return Done()

    return work() if dry_run else run("cleanup", work)


def synchronise(mode: str, *, steward: str, say: Callable[[str], object]) -> Done:
    """Bring the further repositories up to the main one as a job, see :func:`..sync.client.run`."""
    from ..sync import client as sync
    from ..sync.plan import warnings

    def work() -> Done:
        report = sync.run(mode, steward=steward, say=say)
        return Done(warnings=warnings(report), report=report)

    return run("replication", work)


def observe(asked: Mapping[str, Any]) -> Entry | None:
    """The complete set that is young enough, so that no other is needed.

    :raises InputError: what is asked for is not allowed.
    """
    parse_options(options_of(asked), client.read_configuration())
    seen = client.look()
    return due.is_fresh(seen.entries, asked["type"], now=seen.now, max_age=asked["max_age"])


def plan(asked: Mapping[str, Any], fresh: Entry | None) -> Plan:
    """Make the set, unless there is one."""
    return plan_set(asked["type"], parts_here(asked["type"], client.read_configuration()), fresh)


def apply(asked: Mapping[str, Any], *, steward: str) -> dict[str, Any]:
    """Make the set, and return it as a module does."""
    done = make_set(asked["type"], options_of(asked), steward=steward, name=asked["id"], say=lambda line: None)
    return {"set": done.manifest, "problems": list(done.warnings)}


def options_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a module or the command was given what :data:`..model.OPTIONS` has."""
    return {name: asked[name] for name in OPTIONS if asked.get(name) is not None}


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
