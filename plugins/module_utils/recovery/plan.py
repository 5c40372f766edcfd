# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a recovery: what would happen, in order, before anything stops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ..core import clock
from ..core.errors import InputError
from ..core.table import duration, render
from ..core.table import size as in_words
from . import choose, estimate
from .model import (
    IMMEDIATE,
    LATEST,
    POSTGRESQL,
    SCHEMA,
    TIME,
    Source,
    Target,
    has_part,
    one_of,
    parse_scope,
    parse_source,
    parse_target,
    rank,
)

BESIDE, DELTA = "beside", "delta"
METHODS = (BESIDE, DELTA)
# A file system that is filled to its end stops more than the restore.
SPACE_FACTOR = 1.1


@dataclass(frozen=True)
class Step:
    """One step; ``down`` says whether the platform is stopped while it runs, ``undo`` how it is taken back."""

    id: str
    title: str
    part: str
    seconds: float
    basis: str
    size: int = 0
    down: bool = False
    needs: tuple[str, ...] = ()
    undo: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What a journal knows it by: ``switch postgresql``."""
        return f"{self.id} {self.part}".strip()


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    platform: str
    scope: str
    source: Source
    target: Target
    timeline: int
    method: str


@dataclass(frozen=True)
class Chosen:
    """A part of the scope and where it comes from: a set, and for a physical backup its base."""

    part: str
    set_id: str
    size: int
    moment: datetime
    label: str
    window: choose.Window | None = None


def plan_recovery(parameters: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The whole plan as a document.

    :param parameters: the options of the module ``recovery_plan_info``.
    :raises InputError: the target cannot be reached, or an option is not what it may be.
    """
    wish = build_wish(parameters)
    chosen = choose_parts(wish, parameters["sets"], parameters["wal"], now)
    steps = build_steps(wish, chosen, parameters)
    _refuse_space(chosen, parameters)
    left_out = set(_parts(wish, parameters["sets"])) - {each.part for each in chosen}
    return _document(wish, chosen, sorted(left_out), steps, parameters, now)


def build_wish(parameters: Mapping[str, Any]) -> Wish:
    """:raises InputError: the first defect, naming the option, its value and what is allowed."""
    scope = parse_scope(parameters["scope"])
    source = parse_source(parameters["source"], parameters["repositories"])
    wanted = parameters["target"]
    if not wanted and not parameters["target_type"] and source.kind == "set":
        # Who names a set means what is in it, not the WAL of all the days since.
        wanted = IMMEDIATE
    target = parse_target(wanted, parameters["target_type"], parameters["zone"])
    method = one_of(parameters["method"], METHODS, "method")
    if target.kind not in (LATEST, IMMEDIATE, TIME) and not has_part(scope, POSTGRESQL):
        raise InputError(f"target is {target}, allowed with scope={scope} is: a time, {LATEST} or {IMMEDIATE}")
    return Wish(parameters["platform"], scope, source, target, parameters["timeline"], method)


def choose_parts(wish: Wish, sets: Sequence[Mapping[str, Any]], wal: Mapping[str, Any], now: datetime) -> list[Chosen]:
    """Where each part of the scope comes from, in the order in which they come back.

    The database is replayed to the target. What cannot be replayed is of the newest set before the moment that the
    database comes back to; a part whose first set is younger is left out, and stays as it is.

    :raises InputError: no part has a set, the database has none, or the target cannot be reached.
    """
    _refuse_source(wish, sets)
    set_id = _set_id(wish)
    wanted = _parts(wish, sets)
    moment, found, younger = wish.target.moment or now, [], []
    if POSTGRESQL in wanted:
        _refuse_dumps(sets)
        archive = choose.build_archive(sets, wal)
        window = choose.choose(archive, wish.target, now, timeline=wish.timeline, set_id=set_id)
        moment = wish.target.moment or window.end
        base = window.base
        found.append(Chosen(POSTGRESQL, base.set_id, base.size, moment, base.label, window))
        wanted.remove(POSTGRESQL)
    for part in wanted:
        try:
            found.append(newest(sets, part, moment, set_id=set_id))
        except InputError as error:
            younger.append(error)
    if not found:
        raise younger[0]
    return sorted(found, key=lambda each: (rank(wish.scope, each.part), each.part))


def newest(sets: Sequence[Mapping[str, Any]], part: str, moment: datetime, *, set_id: str = "") -> Chosen:
    """A part that is not replayed, as the newest set before a moment has it.

    :raises InputError: there is none.
    """
    row = choose.choose_set(sets, part, moment, set_id=set_id)
    made = next(each for each in row["parts"] if each["part"] == part)
    return Chosen(part, row["id"], made["size"], clock.parse(made["finished"]), made["id"])


def _set_id(wish: Wish) -> str:
    return wish.source.value if wish.source.kind == "set" else ""


def _refuse_source(wish: Wish, sets: Sequence[Mapping[str, Any]]) -> None:
    if not sets:
        raise InputError("sets is empty, allowed is: the rows of the catalogue", "No backup was found in the source.")
    set_id = _set_id(wish)
    if set_id and set_id not in {row["id"] for row in sets}:
        known = ", ".join(sorted((row["id"] for row in sets), reverse=True)[:5])
        raise InputError(f"source is {set_id!r}, which is not in the catalogue; the newest are: {known}")


def _refuse_dumps(sets: Sequence[Mapping[str, Any]]) -> None:
    """:raises InputError: the databases are dumps, to which nothing is replayed."""
    if not any(choose.is_physical(part) for row in sets for part in row["parts"]):
        raise InputError(
            "the databases of these sets are dumps, allowed is: a physical backup",
            "Bring the folder postgresql of the set back with restic, and each dump with the module pgdump_restore.",
        )


def _parts(wish: Wish, sets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The scope's parts that the source knows.

    :raises InputError: it has none of them, or lacks the database of a scope that is about it.
    """
    scope, set_id = wish.scope, _set_id(wish)
    rows = [row for row in sets if not set_id or row["id"] == set_id]
    there = dict.fromkeys(part["part"] for row in rows for part in row["parts"] if has_part(scope, part["part"]))
    if not there:
        named = f"the set {set_id}" if set_id else "any set"
        # Where several hosts are asked, one that has nothing of it takes no part.
        raise InputError(f"scope is {scope!r}, but {named} holds none of its parts", data={"nothing": True})
    return list(there)


def build_steps(wish: Wish, chosen: Sequence[Chosen], parameters: Mapping[str, Any]) -> list[Step]:
    """What is done in order; everything that can fail on the backup's side comes before anything stops."""
    records = parameters["evidence"]
    before = [_step("check_integrity", f"Check the backup of {each.part}", each.part, needs=("repository",))
              for each in chosen]  # fmt: skip
    before.append(_step("check_space", "See that there is room for what is restored and what is kept", ""))
    down = [_step("fence", f"Stop what writes: {', '.join(parameters['services']) or 'no service'}", "", down=True,
                  undo="start it again", needs=("check_integrity", "check_space"))]  # fmt: skip
    after: list[Step] = []
    for each in chosen:
        early, late = (_database_steps if each.part == POSTGRESQL else _file_steps)(each, wish, records)
        before += early
        down += late
        if each.window is not None:
            after.append(_new_timeline(each))
    if any(each.part == POSTGRESQL for each in chosen):
        down.append(_step("erasures", "Erase again who was erased since", "", down=True, needs=("verify",)))
    down.append(_step("release", "Start what was stopped and see that it serves", "", down=True, needs=("verify",)))
    if wish.method == BESIDE:
        after.append(
            Step("accept", "Remove what was kept for undo, once somebody accepts", "", 0, "waits for a person")
        )
    return [*before, *down, *after]


def _step(name: str, title: str, part: str, **more: Any) -> Step:
    known = estimate.fixed(name)
    return Step(name, title, part, known.seconds, known.basis, **more)


def _database_steps(each: Chosen, wish: Wish, records: Iterable[Mapping[str, Any]]) -> tuple[list[Step], list[Step]]:
    """Beside the live one and then a switch, or into it."""
    cost = estimate.transfer(records, POSTGRESQL, each.size)
    details = {"set": each.set_id, "backup": each.label, "target": str(wish.target)}
    safety = _step("safety_copy", "Archive the last WAL of the live database, so that this moment can be restored too",
                   POSTGRESQL, down=True, needs=("fence",))  # fmt: skip
    verify = _step("verify", "Give the roles their present passwords, and ask the database for what it must hold",
                   POSTGRESQL, down=True)  # fmt: skip
    if wish.method == DELTA:
        stop = _step("stop", "Stop the live database", POSTGRESQL, down=True, undo="start it", needs=("safety_copy",))
        start = _step("start", "Start the database and replay it to the target", POSTGRESQL, down=True)
        title = "Restore into the live data directory, where only what differs is written"
        undo = "none: the data directory is overwritten; only a restore to the moment of the safety copy brings it back"
        delta = Step("restore_delta", title, POSTGRESQL, cost.seconds, cost.basis, each.size, down=True,
                     needs=("stop",), undo=undo, details=details)  # fmt: skip
        return [], [safety, stop, delta, start, verify]
    title = "Restore the database beside the live one, replay it to the target and ask it what it must hold"
    seconds = round(cost.seconds + estimate.fixed("prove").seconds, 1)
    beside = Step("restore_beside", title, POSTGRESQL, seconds, cost.basis, each.size,
                  needs=("check_integrity", "check_space"), undo="remove it", details=details)  # fmt: skip
    title = "Stop the live database, move its data directory aside and the replacement in, and start it"
    seconds = sum(estimate.fixed(name).seconds for name in ("stop", "switch", "start"))
    switch = Step("switch", title, POSTGRESQL, seconds, "default", down=True, undo="move both back",
                  needs=("safety_copy", "restore_beside"))  # fmt: skip
    return [beside], [safety, switch, verify]


def _file_steps(each: Chosen, wish: Wish, records: Iterable[Mapping[str, Any]]) -> tuple[list[Step], list[Step]]:
    """What is not replayed: fetched beside, then moved in; the old stays."""
    cost = estimate.transfer(records, each.part, each.size)
    details = {"set": each.set_id, "backup": each.label}
    beside = Step("restore_beside", f"Fetch {each.part} beside what is there", each.part, cost.seconds, cost.basis,
                  each.size, needs=("check_integrity", "check_space"), undo="remove it", details=details)  # fmt: skip
    switch = _step("switch", f"Put {each.part} in its place and keep what was there", each.part, down=True,
                   needs=("fence", "restore_beside"), undo="move both back")  # fmt: skip
    return [beside], [switch]


def _new_timeline(each: Chosen) -> Step:
    """After it was promoted the database is on a timeline that no backup has."""
    cost = estimate.transfer((), POSTGRESQL, each.size)
    title = "Make a full backup of the new timeline, from which alone it can be restored"
    return Step("backup", title, POSTGRESQL, cost.seconds, cost.basis, each.size, needs=("release",))


def needed_space(chosen: Iterable[Chosen]) -> int:
    """Bytes that the replacement takes beside what stays."""
    return int(sum(each.size for each in chosen) * SPACE_FACTOR)


def _refuse_space(chosen: Sequence[Chosen], parameters: Mapping[str, Any]) -> None:
    free = parameters["free"]
    needed = needed_space(chosen)
    if free is not None and parameters["method"] == BESIDE and needed > free:
        raise InputError(
            f"free is {in_words(free)}, but restoring beside what is there takes {in_words(needed)}",
            f"Make room, or set method={DELTA}, which overwrites the database and cannot be undone.",
        )


def _document(
    wish: Wish,
    chosen: Sequence[Chosen],
    left_out: Sequence[str],
    steps: Sequence[Step],
    parameters: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    down = round(sum(step.seconds for step in steps if step.down), 1)
    to = max(each.moment for each in chosen)
    document = {
        "schema": SCHEMA,
        "platform": wish.platform,
        "scope": wish.scope,
        "source": asdict(wish.source),
        "target": {"type": wish.target.kind, "value": wish.target.value},
        "method": wish.method,
        "planned": clock.to_text(now),
        "restores_to": clock.to_text(to),
        "lost_seconds": int((now - to).total_seconds()),
        "parts": [part_row(each) for each in chosen],
        "left_out": list(left_out),
        "steps": [{"key": step.key, **asdict(step), "needs": list(step.needs)} for step in steps],
        "seconds": round(sum(step.seconds for step in steps), 1),
        "down_seconds": down,
        "stops": list(parameters["services"]),
        "space": needed_space(chosen) if wish.method == BESIDE else 0,
        "kept": _kept(wish, chosen),
        "confirm": confirmation(wish.platform, chosen),
    }
    return {**document, "text": to_text(document)}


def part_row(each: Chosen) -> dict[str, Any]:
    """A part as a document has it."""
    return {
        "part": each.part,
        "set": each.set_id,
        "backup": each.label,
        "size": each.size,
        "moment": clock.to_text(each.moment),
        "replayed": each.window is not None,
    }


def _kept(wish: Wish, chosen: Iterable[Chosen]) -> list[str]:
    if wish.method == DELTA:
        return [each.part for each in chosen if each.part != POSTGRESQL]
    return [each.part for each in chosen]


def confirmation(platform: str, chosen: Sequence[Chosen]) -> str:
    """What has to be typed for this plan and no other."""
    return f"{platform}-{max(each.set_id for each in chosen)}"


def to_text(document: Mapping[str, Any]) -> str:
    """The plan for people."""
    head = (
        f"Recovery of {document['platform']}: {document['scope']} to {document['restores_to']}; what came in the "
        f"{duration(document['lost_seconds'])} after it is lost."
    )
    rows = [
        (str(number), "down" if step["down"] else "", duration(step["seconds"]),
         in_words(step["size"]) if step["size"] else "", step["title"])
        for number, step in enumerate(document["steps"], 1)
    ]  # fmt: skip
    table = render(("", "", "ABOUT", "SIZE", "STEP"), rows)
    stops = ", ".join(document["stops"]) or "nothing"
    left_out = ", ".join(document["left_out"])
    stays = f"Stays as it is, its first backup is younger: {left_out}.\n" if left_out else ""
    kept = ", ".join(document["kept"]) or "nothing, it cannot be undone"
    return (
        f"{head}\n\n{table}\n{stays}Stops: {stops}, for about {duration(document['down_seconds'])}.\n"
        f"Kept for undo: {kept}.\nTo do it, confirm with: {document['confirm']}\n"
    )
