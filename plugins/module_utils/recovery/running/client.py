# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a recovery out, step by step with a journal: a killed one is resumed or taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...backup_set import client as sets
from ...core import clock, files, locks
from ...core.errors import InputError, StewardError
from ...release.client import refuse_held
from .. import journal as journals
from ..client import ASKED, Offer, find_cluster, plan_here, platform_here
from ..model import LOCK, SCHEMA, STATE, one_of, parse_scope
from ..report import build_report
from . import plan
from .steps import client as steps

LAST = f"{STATE}/last.json"
HOLDER = "recovery"
REPORT = f"{STATE}/report.json"
Say = Callable[[str], object]


def run(
    asked: Mapping[str, Any], *, confirm: str | Callable[[Mapping[str, Any]], str], steward: str,
    stage: str = plan.FINISHED, say: Say = lambda line: None,
) -> dict[str, Any]:  # fmt: skip
    """Begin a recovery, or go on with the one that was begun; returns its journal.

    :param asked: of :data:`..client.ASKED` what was given; nothing to go on.
    :param confirm: what was typed, or a function that shows the plan and asks.
    :param steward: the version, for the set of the new timeline.
    :param stage: how far to go now, of :data:`plan.STAGES`.
    :raises InputError: nothing was changed.
    :raises StewardError: a step did not work; the journal says which, and it can be resumed or undone.
    """
    one_of(stage, plan.STAGES, "stage")
    with _locked("a recovery"):
        journal = last()
        if journal is None or journal["state"] not in plan.OPEN:
            journal = _begin(asked, confirm, journal)
        else:
            plan.refuse_other(journal, asked)
            steps.settle(journal)
        _hold_sets(journal)
        return _forward(journal, stage, steward, say)


def _begin(
    asked: Mapping[str, Any], confirm: str | Callable[[Mapping[str, Any]], str], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    plan.refuse_unaccepted(before)
    wanted = {**ASKED, **asked}
    if wanted["stop_services"]:
        _refuse_deploy(parse_scope(wanted["scope"]))
    document, offer = plan_here(asked)
    plan.refuse_unconfirmed(confirm if isinstance(confirm, str) else confirm(document), document)
    name = clock.to_identifier(clock.now())
    if os.path.exists(_path(name)):
        raise InputError(f"the recovery {name} exists already", "Try again in a second.")
    facts = {"asked": wanted, "plan": document, "place": place_of(offer, document), "results": {}}
    journal = journals.new(name, plan.step_keys(document), facts, clock.now())
    _store(journal)
    return journal


def _refuse_deploy(scope: str) -> None:
    """:raises BusyError: a deploy holds the lease."""
    configuration = platform_here(scope)
    if configuration is not None:
        refuse_held(configuration["platform"])


def place_of(offer: Offer, document: Mapping[str, Any]) -> dict[str, Any]:
    """Where it comes from and goes to, for ever: what a resumed recovery must not look for again."""
    configuration = offer.configuration
    place: dict[str, Any] = {"repository": offer.repository, "number": offer.number}
    database = configuration.get("postgresql")
    if database is not None:
        remote = configuration["repositories"][offer.number - 1]["type"] != "posix"
        place |= {**find_cluster(configuration), "stanza": database["stanza"], "remote": remote}
    chosen = {row["set"] for row in document["parts"]}
    return {**place, "sets": {row["id"]: row for row in offer.sets if row["id"] in chosen}}


def _forward(journal: dict[str, Any], stage: str, steward: str, say: Say) -> dict[str, Any]:
    while (step := journals.next_step(journal)) and not plan.stops_before(step, stage):
        say(f"{step}: begun")
        journal = journals.begin(journal, step, clock.now())
        _store(journal)
        try:
            with _jobs_waiting(step):
                result = steps.do(journal, step, steward)
        except (StewardError, OSError) as error:
            said = error.message if isinstance(error, StewardError) else str(error)
            _close(journals.failed(journal, step, said, clock.now()))
            raise StewardError(f"{step}: {said}", _hint(error)) from error
        journal = journals.done(plan.merge(journal, step, result), step, clock.now())
        _store(journal)
    if not step:
        _close(journal)
    return journal


def _hold_sets(journal: Mapping[str, Any]) -> None:
    """No cleanup removes what a later step needs, also while a failed or killed recovery waits for somebody."""
    reason = f"the recovery {journal['name']} restores it"
    sets.hold_on(journal["facts"]["place"]["sets"], HOLDER, reason, sets.read_configuration())


def _hint(error: Exception) -> str:
    both = "Resume it with steward restore run, or take it back with steward restore undo."
    return f"{getattr(error, 'hint', '')} {both}".strip()


@contextmanager
def _jobs_waiting(step: str) -> Iterator[None]:
    """No set is made and none is removed while one is restored; the step that makes one waits for itself."""
    if plan.split(step)[0] == "backup":
        yield
        return
    with sets.job_lock("a recovery", sets.read_configuration()):
        yield


def undo(*, steward: str, say: Say = lambda line: None) -> dict[str, Any]:
    """Take the last recovery back, as far as it came; returns its journal.

    :raises StewardError: there is none, it was accepted, or a step cannot be taken back.
    """
    with _locked("undoing of a recovery"):
        before = _needed()
        plan.refuse_no_way_back(before)
        steps.settle(before)
        journal = journals.undo(before)
        _store(journal)
        while step := journals.next_undo(journal):
            say(f"{step}: taken back")
            with _jobs_waiting(""):
                result = steps.take_back(journal, step)
            journal = journals.undone(
                plan.merge(journal, step, {**_result(journal, step), **result}), step, clock.now()
            )
            _store(journal)
        _close(journal)
        if any(result.get("went_on") for result in journal["facts"]["results"].values()):
            say("backup postgresql: begun")
            steps.back_up(journal, steward)
        return journal


def _result(journal: Mapping[str, Any], step: str) -> dict[str, Any]:
    return dict(journal["facts"]["results"].get(step, {}))


def accept() -> dict[str, Any]:
    """Remove what was kept for undo; returns the journal.

    :raises StewardError: there is nothing finished.
    """
    with _locked("accepting a recovery"):
        before = _needed()
        journal = journals.accept(before)
        if before["state"] != journals.ACCEPTED:
            _close(journal)
        for row in journal["steps"]:
            steps.accept(journal, str(row["step"]))
        return journal


def status() -> dict[str, Any]:
    """The last recovery as a document."""
    return plan.status_document(last(), clock.to_text(clock.now()))


def last() -> dict[str, Any] | None:
    """The journal of the last recovery of this host, or None."""
    pointer = files.read_json(LAST)
    return journals.read(files.read_json(_path(pointer["name"])), _path(pointer["name"])) if pointer else None


def _needed() -> dict[str, Any]:
    journal = last()
    if journal is None:
        raise StewardError("this host was never recovered", "There is nothing to accept or undo.")
    return journal


@contextmanager
def _locked(purpose: str) -> Iterator[None]:
    with locks.lock(LOCK, purpose):
        os.makedirs(STATE, mode=0o700, exist_ok=True)
        yield


def _path(name: str) -> str:
    return f"{STATE}/run-{name}.json"


def _store(journal: Mapping[str, Any]) -> None:
    files.write_json(_path(journal["name"]), journal, mode="0600")
    files.write_json(LAST, {"schema": SCHEMA, "name": journal["name"]}, mode="0600")


def _close(journal: Mapping[str, Any]) -> None:
    """Keep how it ended, and tell it where others look."""
    _store(journal)
    if journal["state"] not in plan.OPEN:
        sets.let_go(HOLDER)
    facts = journal["facts"]
    configuration = sets.read_configuration()
    objectives = {f"{name}_seconds": configuration["objectives"][name] for name in ("rto", "rpo")}
    report = build_report(
        facts["plan"], journal["steps"], objectives, kind="recovery", reached=plan.reached(journal),
        begun=journal["started"], serving=plan.served(journal), lost_from=facts["plan"]["planned"],
    )  # fmt: skip
    files.write_json(REPORT, report, mode="0600")
    folder = configuration["metrics"]
    if folder is not None and os.path.isdir(folder):
        files.write(f"{folder}/{plan.METRICS_FILE}", plan.render_metrics(journal), mode="0644")


def observe(options: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """For a module: the journal of the last recovery, and the plan of one that would begin now.

    :raises InputError: something else is under way, or it cannot be done as asked.
    """
    journal = last()
    if options["state"] != plan.RESTORED:
        return journal, None
    asked = asked_of(options)
    if journal is not None and journal["state"] in plan.OPEN:
        plan.refuse_other(journal, asked)
        return journal, None
    if options["resume"]:
        return journal, None
    plan.refuse_unaccepted(journal)
    document, _offer = plan_here(asked)
    return journal, document


def asked_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a module was asked for, nothing to go on with what was begun."""
    return {} if options["resume"] else {name: options[name] for name in ASKED}


def apply(options: Mapping[str, Any], *, steward: str) -> dict[str, Any]:
    """For a module: do what was asked, and return how it is then."""
    if options["state"] == plan.RESTORED:
        run(asked_of(options), confirm=options["confirm"], steward=steward, stage=options["stage"])
    elif options["state"] == plan.UNDONE:
        undo(steward=steward)
    else:
        accept()
    return {"recovery": status()["recovery"]}
