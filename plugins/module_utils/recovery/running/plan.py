# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recovery that runs decides: which steps are whose, how far to go now, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core import clock
from ...core.errors import InputError, StewardError
from ...core.plan import Change, Plan
from ...core.table import duration, render
from .. import journal as journals
from ..plan import DELTA

Document = Mapping[str, Any]
# How far a run goes: all that may fail while nothing has stopped; the data in its place; everything.
PREPARED, SWITCHED, FINISHED = STAGES = ("prepared", "switched", "finished")
_BEFORE = ("check_integrity", "check_space", "restore_beside")
_AFTER = ("release", "backup")
ACCEPT = "accept"
# What a module is asked for.
RESTORED, UNDONE, ACCEPTED = STATES = ("restored", "undone", "accepted")
OPEN = (journals.RUNNING, journals.FAILED, journals.UNDOING)
METRICS_FILE = "steward_recovery.prom"


def step_keys(plan: Document) -> list[str]:
    """The steps that are carried out; accepting is left to a person."""
    return [step["key"] for step in plan["steps"] if step["id"] != ACCEPT]


def split(key: str) -> tuple[str, str]:
    """A step's verb and its part.

    >>> split("switch redis-queue")
    ('switch', 'redis-queue')
    """
    verb, _space, part = key.partition(" ")
    return verb, part


def stops_before(step: str, stage: str) -> bool:
    """Whether a step is left for a later stage."""
    verb = split(step)[0]
    return {PREPARED: verb not in _BEFORE, SWITCHED: verb in _AFTER, FINISHED: False}[stage]


def refuse_unconfirmed(given: str, plan: Document) -> None:
    """:raises InputError: it was not confirmed, or something else was."""
    if given != plan["confirm"]:
        raise InputError(
            f"confirm is {given!r}, allowed is: {plan['confirm']}",
            "Nothing was changed. See the plan with steward restore plan.",
        )


def refuse_other(journal: Document, asked: Document) -> None:
    """Go on with what was begun, and with nothing else.

    :raises InputError: something else is asked for than what is under way.
    """
    before = journal["facts"]["asked"]
    told = ("scope", "source", "target", "target_type", "timeline", "method")
    if asked and any(asked[name] != before[name] for name in told if name in asked):
        raise InputError(
            f"the recovery {journal['name']} was begun and not ended: {describe(before)}",
            "Resume it with steward restore run, or take it back with steward restore undo.",
        )


def refuse_unaccepted(journal: Document | None) -> None:
    """:raises InputError: the last recovery still has what was live before, which a further one would bury."""
    if journal is not None and journal["state"] == journals.FINISHED and journal["facts"]["plan"]["kept"]:
        raise InputError(
            f"the recovery {journal['name']} was neither accepted nor undone",
            "Say steward restore accept or steward restore undo first.",
        )


def refuse_no_way_back(journal: Document) -> None:
    """:raises StewardError: the live data directory was overwritten, so there is nothing to go back to."""
    begun = {row["step"] for row in journal["steps"] if row["state"] not in (journals.PENDING, journals.UNDONE)}
    if journal["facts"]["plan"]["method"] == DELTA and "restore_delta postgresql" in begun:
        raise StewardError(
            f"{journal['name']} restored into the live data directory, which cannot be undone",
            f"Restore to the point before_{journal['name']} instead.",
        )


def describe(asked: Document) -> str:
    """What was asked for, in a few words."""
    target = f"{asked['target_type']} {asked['target']}".strip() or "latest"
    return f"{asked['scope']} from {asked['source'] or 'the first repository'} to {target}"


def merge(journal: Document, step: str, result: Document) -> dict[str, Any]:
    """The journal with what a step found out, which later steps and the report need."""
    results = {**journal["facts"]["results"], step: dict(result)}
    return {**journal, "facts": {**journal["facts"], "results": results}}


def warnings_of(journal: Document) -> list[str]:
    """What somebody should know though all went on."""
    rows = journal["facts"]["results"].items()
    return [f"{step}: {said}" for step, result in rows for said in result.get("warnings", ())]


def status_document(journal: Document | None, now_text: str) -> dict[str, Any]:
    """The last recovery as a document."""
    if journal is None:
        return {"schema": 1, "taken": now_text, "recovery": None}
    facts = journal["facts"]
    recovery = {
        "id": journal["name"],
        "state": journal["state"],
        "asked": describe(facts["asked"]),
        "restores_to": facts["plan"]["restores_to"],
        "started": journal["started"],
        "finished": journal["finished"],
        "steps": [dict(row) for row in journal["steps"]],
        "warnings": warnings_of(journal),
        "kept": list(facts["plan"]["kept"]) if journal["state"] == journals.FINISHED else [],
        "next": NEXT[journal["state"]],
    }
    return {"schema": 1, "taken": now_text, "recovery": recovery}


NEXT: Mapping[str, str] = {
    journals.RUNNING: "resume it with steward restore run, or take it back with steward restore undo",
    journals.FAILED: "resume it with steward restore run, or take it back with steward restore undo",
    journals.UNDOING: "go on with steward restore undo",
    journals.FINISHED: "look at it, then steward restore accept or steward restore undo",
    journals.ACCEPTED: "",
    journals.UNDONE: "",
}


def render_status(document: Document) -> str:
    """The last recovery for people."""
    recovery = document["recovery"]
    if recovery is None:
        return "This host was never recovered.\n"
    head = f"Recovery {recovery['id']} is {recovery['state']}: {recovery['asked']}.\n"
    rows = [(row["step"], row["state"], _took(row), row["error"] or "-") for row in recovery["steps"]]
    lines = [f"warning: {said}" for said in recovery["warnings"]]
    lines += [f"Next: {recovery['next']}."] if recovery["next"] else []
    return head + render(("STEP", "STATE", "TOOK", "ERROR"), rows) + "".join(f"{line}\n" for line in lines)


def _took(row: Document) -> str:
    if not (row["started"] and row["finished"]):
        return "-"
    return duration((clock.parse(row["finished"]) - clock.parse(row["started"])).total_seconds())


def render_metrics(journal: Document) -> str:
    """How the last recovery is, for node_exporter."""
    finished = int(clock.parse(journal["finished"]).timestamp()) if journal["finished"] else 0
    states: Sequence[str] = (*OPEN, journals.FINISHED, journals.ACCEPTED, journals.UNDONE)
    lines = [
        "# HELP steward_recovery_state Whether the last recovery of this host is in the state.",
        "# TYPE steward_recovery_state gauge",
        *(f'steward_recovery_state{{state="{state}"}} {int(journal["state"] == state)}' for state in states),
        "# HELP steward_recovery_finished_timestamp_seconds When it ended, 0 while it has not.",
        "# TYPE steward_recovery_finished_timestamp_seconds gauge",
        f"steward_recovery_finished_timestamp_seconds {finished}",
    ]
    return "".join(f"{line}\n" for line in lines)


def reached(journal: Document) -> str:
    """The moment of the last commit that came back, as far as the database told."""
    results = journal["facts"]["results"].values()
    return next((str(result["reached"]) for result in results if result.get("reached")), "")


def served(journal: Document) -> str:
    """When the services were started again."""
    rows = {row["step"]: row for row in journal["steps"]}
    row = rows.get("release", {"state": journals.PENDING, "finished": ""})
    return str(row["finished"]) if row["state"] == journals.DONE else ""


def plan_act(state: str, stage: str, journal: Document | None, document: Document | None) -> Plan:
    """What a module would do: the steps that are left, or taking all of them back, or letting go what was kept.

    :param state: ``restored``, ``undone`` or ``accepted``.
    :param document: the plan of a recovery that would begin now.
    """
    facts = {
        "recovery": status_document(journal, "")["recovery"],
        "plan": document or (journal or {}).get("facts", {}).get("plan"),
    }
    if state == RESTORED:
        steps = step_keys(document) if document else _left(journal or {"steps": ()})
        return Plan(tuple(Change("run", step) for step in steps if not stops_before(step, stage)), facts)
    idle = journal is None or journal["state"] in (journals.UNDONE, journals.ACCEPTED)
    return Plan(() if idle else (Change(state, (journal or {"name": ""})["name"]),), facts)


def _left(journal: Document) -> list[str]:
    return [str(row["step"]) for row in journal["steps"] if row["state"] != journals.DONE]
