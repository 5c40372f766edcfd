# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a procedure: what was begun is written before it is done, so that whoever comes next knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core import clock
from ..core.errors import StewardError
from .model import SCHEMA

Journal = Mapping[str, Any]
PENDING, RUNNING, DONE, FAILED, UNDOING, UNDONE = "pending", "running", "done", "failed", "undoing", "undone"
FINISHED, ACCEPTED = "finished", "accepted"


def new(name: str, steps: Sequence[str], facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The journal of a procedure that begins; ``facts`` are what its steps need to know for ever."""
    rows = [{"step": step, "state": PENDING, "started": "", "finished": "", "error": ""} for step in steps]
    return {
        "schema": SCHEMA,
        "name": name,
        "state": RUNNING,
        "started": clock.to_text(now),
        "finished": "",
        "facts": dict(facts),
        "steps": rows,
    }


def read(document: Any, path: str) -> dict[str, Any]:
    """A journal as it was stored.

    :raises StewardError: there is none, or a newer program wrote it.
    """
    if not isinstance(document, dict):
        raise StewardError(f"{path} is no journal", "There is nothing to resume or undo.")
    if document.get("schema") != SCHEMA:
        raise StewardError(f"{path} has schema {document.get('schema')}, known is {SCHEMA}", "Update steward first.")
    return document


def next_step(journal: Journal) -> str:
    """The step to do now: the first that is not done; nothing when all are.

    One that was running when its process died is done again, so each step finds out by itself how far it came.

    :raises StewardError: the procedure is not going forward any more.
    """
    if journal["state"] not in (RUNNING, FAILED, FINISHED):
        raise StewardError(f"{journal['name']} is {journal['state']}, it cannot be resumed")
    return next((str(row["step"]) for row in journal["steps"] if row["state"] != DONE), "")


def is_between(journal: Journal, first: str, last: str) -> bool:
    """Whether a step was done and a later one, which ends what it began, was not."""
    states = {row["step"]: row["state"] for row in journal["steps"]}
    return states.get(first) == DONE and states.get(last) != DONE


def begin(journal: Journal, step: str, now: datetime) -> dict[str, Any]:
    """The step is about to be done.

    :raises StewardError: it is not its turn.
    """
    if next_step(journal) != step:
        raise StewardError(f"{step} is not the next step of {journal['name']}")
    return _set(journal, step, state=RUNNING, started=clock.to_text(now), error="") | {"state": RUNNING}


def done(journal: Journal, step: str, now: datetime) -> dict[str, Any]:
    """The step was done; with the last one the procedure is finished, and can still be undone."""
    _refuse_idle(journal, step)
    changed = _set(journal, step, state=DONE, finished=clock.to_text(now))
    return changed if next_step(changed) else {**changed, "state": FINISHED, "finished": clock.to_text(now)}


def failed(journal: Journal, step: str, error: str, now: datetime) -> dict[str, Any]:
    """The step did not work; it can be resumed or undone."""
    _refuse_idle(journal, step)
    return _set(journal, step, state=FAILED, finished=clock.to_text(now), error=error) | {"state": FAILED}


def undo(journal: Journal) -> dict[str, Any]:
    """The procedure goes backward from now on.

    :raises StewardError: what would be needed is gone.
    """
    if journal["state"] in (ACCEPTED, UNDONE):
        raise StewardError(f"{journal['name']} is {journal['state']}, it cannot be undone")
    return {**journal, "state": UNDOING if next_undo(journal) else UNDONE}


def next_undo(journal: Journal) -> str:
    """The step to take back now: the last that was begun and is not yet taken back; nothing when all are."""
    begun = [str(row["step"]) for row in journal["steps"] if row["state"] in (DONE, RUNNING, FAILED)]
    return begun[-1] if begun else ""


def undone(journal: Journal, step: str, now: datetime) -> dict[str, Any]:
    """The step was taken back; with the first one the procedure is undone.

    :raises StewardError: it is not its turn.
    """
    if journal["state"] != UNDOING or next_undo(journal) != step:
        raise StewardError(f"{step} of {journal['name']} is not to be undone now")
    changed = _set(journal, step, state=UNDONE, finished=clock.to_text(now))
    return changed if next_undo(changed) else {**changed, "state": UNDONE, "finished": clock.to_text(now)}


def accept(journal: Journal) -> dict[str, Any]:
    """The result is taken, and what was kept may go.

    :raises StewardError: it is not finished.
    """
    if journal["state"] not in (FINISHED, ACCEPTED):
        raise StewardError(f"{journal['name']} is {journal['state']}, only what is finished can be accepted")
    return {**journal, "state": ACCEPTED}


def _refuse_idle(journal: Journal, step: str) -> None:
    if not any(row["step"] == step and row["state"] == RUNNING for row in journal["steps"]):
        raise StewardError(f"{step} of {journal['name']} is not running")


def _set(journal: Journal, step: str, **values: str) -> dict[str, Any]:
    rows = [{**row, **values} if row["step"] == step else dict(row) for row in journal["steps"]]
    return {**journal, "steps": rows}
