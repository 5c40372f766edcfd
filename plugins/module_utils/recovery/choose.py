# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup a moment is restored from: the newest finished before it whose WAL reaches it without a gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from ..backup_set.model import PHYSICAL
from ..core import clock
from ..core.errors import InputError
from ..core.lsn import parse_lsn
from ..pgbackrest.wal import SEGMENT_BYTES
from .model import IMMEDIATE, LATEST, LSN, NAME, POSTGRESQL, TIME, XID, Target


@dataclass(frozen=True)
class Base:
    """A physical backup as a set's manifest has it."""

    set_id: str
    label: str
    timeline: int
    start: int
    stop: int
    finished: datetime
    size: int


@dataclass(frozen=True)
class Run:
    """WAL of one timeline without a gap: its first and last segment, and the moment up to which it reaches."""

    timeline: int
    first: int
    last: int
    until: datetime


@dataclass(frozen=True)
class Fork:
    """A timeline that began at a place of another one."""

    timeline: int
    parent: int
    place: int


@dataclass(frozen=True)
class Window:
    """Moments that can be restored from one base."""

    base: Base
    begin: datetime
    end: datetime
    last: int

    def __str__(self) -> str:
        return f"{clock.to_text(self.begin)} to {clock.to_text(self.end)}"


@dataclass(frozen=True)
class Archive:
    """All that was read of a stanza in one repository."""

    bases: tuple[Base, ...]
    runs: tuple[Run, ...]
    forks: tuple[Fork, ...] = ()
    points: Mapping[str, int] | None = None


def build_archive(sets: Iterable[Mapping[str, Any]], wal: Mapping[str, Any]) -> Archive:
    """From the catalogue's rows and the state of the WAL archive.

    :param sets: manifests: ``{id, parts: [{part, engine, id, finished, size, details: {timeline, lsn_start, …}}]}``.
    :param wal: ``{runs: [{timeline, first, last, until}], forks: [{timeline, parent, lsn}], points: [{name, lsn}]}``;
        ``first`` and ``last`` are names of segments.
    """
    parts = [(row["id"], part) for row in sets for part in row["parts"] if is_physical(part)]
    runs = (
        Run(row["timeline"], segment_number(row["first"]), segment_number(row["last"]), clock.parse(row["until"]))
        for row in wal.get("runs") or ()
    )
    forks = (Fork(row["timeline"], row["parent"], parse_lsn(row["lsn"])) for row in wal.get("forks") or ())
    points = {row["name"]: parse_lsn(row["lsn"]) for row in wal.get("points") or ()}
    return Archive(tuple(_base(set_id, part) for set_id, part in parts), tuple(runs), tuple(forks), points)


def build_wal(
    segments: Iterable[tuple[int, int, datetime]], histories: Mapping[int, Sequence[tuple[int, int]]]
) -> dict[str, Any]:
    """The state of a WAL archive, as :func:`build_archive` takes it, from what lies in it.

    :param segments: timeline, number and moment of arrival of each.
    :param histories: of each timeline its ancestors with the place at which each was left, oldest first.
    """
    runs: list[Run] = []
    for timeline, number, moment in sorted(segments):
        last = runs[-1] if runs else None
        if last is not None and (last.timeline, last.last) == (timeline, number - 1):
            runs[-1] = Run(timeline, last.first, number, max(last.until, moment))
        else:
            runs.append(Run(timeline, number, number, moment))
    lineages = {timeline: [*ancestors, (timeline, 0)] for timeline, ancestors in histories.items()}
    forks = {
        child: {"timeline": child, "parent": parent, "lsn": f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"}
        for lineage in lineages.values()
        for (parent, place), (child, _place) in pairwise(lineage)
    }
    return {"runs": [_name_run(run) for run in runs], "forks": [forks[child] for child in sorted(forks)]}


def _name_run(run: Run) -> dict[str, Any]:
    names = {"first": segment_name(run.timeline, run.first), "last": segment_name(run.timeline, run.last)}
    return {"timeline": run.timeline, **names, "until": clock.to_text(run.until)}


def is_physical(part: Mapping[str, Any]) -> bool:
    """Whether WAL can be replayed on what a part holds."""
    return bool(part["part"] == POSTGRESQL and part["engine"] == PHYSICAL)


def _base(set_id: str, part: Mapping[str, Any]) -> Base:
    details = part["details"]
    return Base(
        set_id=set_id,
        label=part["id"],
        timeline=int(details["timeline"]),
        start=parse_lsn(details["lsn_start"]),
        stop=parse_lsn(details["lsn_stop"]),
        finished=clock.parse(part["finished"]),
        size=part["size"],
    )


def segment_number(name: str) -> int:
    """The number of a segment on its timeline.

    >>> segment_number("000000010000000100000002")
    258
    """
    return int(name[8:16], 16) * (0x100000000 // SEGMENT_BYTES) + int(name[16:24], 16)


def segment_name(timeline: int, number: int) -> str:
    """The inverse.

    >>> segment_name(1, 258)
    '000000010000000100000002'
    """
    group, rest = divmod(number, 0x100000000 // SEGMENT_BYTES)
    return f"{timeline:08X}{group:08X}{rest:08X}"


def ancestry(timeline: int, forks: Sequence[Fork]) -> tuple[Fork, ...]:
    """The forks that lead to a timeline, the oldest first."""
    by_timeline = {fork.timeline: fork for fork in forks}
    path: list[Fork] = []
    while timeline in by_timeline and len(path) <= len(forks):
        path.insert(0, by_timeline[timeline])
        timeline = by_timeline[timeline].parent
    return tuple(path)


def window_of(base: Base, archive: Archive, timeline: int) -> Window | None:
    """What can be restored from a base on the way to a timeline; None when it does not lead there or WAL is missing.

    A base whose way ends at a gap before a fork reaches no further than the gap.
    """
    path = ancestry(timeline, archive.forks)
    way = [*path, Fork(0, timeline, 0)]
    position = next((index for index, fork in enumerate(way) if fork.parent == base.timeline), len(way))
    place, window = base.start, None
    for fork in way[position:]:
        if fork.timeline and window is None and base.stop > fork.place:
            # It ended after the others had gone another way.
            return None
        run = _run_at(archive.runs, fork.parent, place // SEGMENT_BYTES)
        if run is None or (window is None and run.last < (base.stop - 1) // SEGMENT_BYTES):
            break
        window = Window(base, base.finished, max(run.until, base.finished), run.last)
        # Recovery reads the segment of the fork from the new timeline.
        if run.last < fork.place // SEGMENT_BYTES - 1:
            break
        place = fork.place
    return window


def _run_at(runs: Iterable[Run], timeline: int, segment: int) -> Run | None:
    return next((run for run in runs if run.timeline == timeline and run.first <= segment <= run.last), None)


def windows(archive: Archive, timeline: int = 0) -> list[Window]:
    """All moments that can be restored, by the time their base ended.

    :param timeline: 0 is the newest.
    """
    newest = max([run.timeline for run in archive.runs] + [base.timeline for base in archive.bases], default=1)
    found = (window_of(base, archive, timeline or newest) for base in archive.bases)
    return sorted((window for window in found if window), key=lambda window: window.begin)


def choose(archive: Archive, target: Target, now: datetime, *, timeline: int = 0, set_id: str = "") -> Window:
    """The base for a target, and how far it reaches.

    :param set_id: the set that has to be the base; nothing chooses.
    :raises InputError: the target cannot be reached, naming the nearest moments that can.
    """
    there = windows(archive, timeline)
    if set_id:
        there = [window for window in there if window.base.set_id == set_id]
    if not there:
        named = f"the set {set_id}" if set_id else "any set"
        raise InputError(
            f"the database cannot be restored from {named}: there is no physical backup with its WAL on this timeline",
            "Look at the list of sets, or choose another timeline or repository.",
        )
    if target.kind == TIME:
        return _at_time(there, target, now)
    if target.kind == LSN:
        return _at_place(there, parse_lsn(target.value), f"lsn {target.value}")
    if target.kind == NAME and target.value in (archive.points or {}):
        return _at_place(there, (archive.points or {})[target.value], f"the restore point {target.value}")
    if target.kind in (XID, NAME) and not set_id:
        raise InputError(
            f"target is {target}, and nothing records when that was",
            "Name as source the set that was finished before it.",
        )
    # The window's end is in the archive, not on the live host.
    best = max(there, key=lambda window: (window.end, window.begin) if target.kind == LATEST else (window.begin,))
    return best if target.kind != IMMEDIATE else Window(best.base, best.begin, best.begin, best.last)


def _at_time(there: Sequence[Window], target: Target, now: datetime) -> Window:
    moment = target.moment or now
    if moment > now:
        raise InputError(f"target is {target.value}, which is in the future; allowed is: up to {clock.to_text(now)}")
    good = [window for window in there if window.begin <= moment <= window.end]
    if good:
        return good[-1]
    before = [window.end for window in there if window.end < moment]
    after = [window.begin for window in there if window.begin > moment]
    nearest = [f"{clock.to_text(max(before))} before it"] if before else []
    nearest += [f"{clock.to_text(min(after))} after it"] if after else []
    why = "is older than the oldest backup" if not before else "is newer than the archived WAL"
    why = "lies in a gap of the WAL" if before and after else why
    raise InputError(
        f"target is {target.value}, which {why}", f"The nearest that can be restored: {', '.join(nearest)}."
    )


def _at_place(there: Sequence[Window], place: int, said: str) -> Window:
    good = [window for window in there if window.base.stop <= place and place // SEGMENT_BYTES <= window.last]
    if good:
        return good[-1]
    raise InputError(
        f"target is {said}, which cannot be reached from any backup",
        f"What can be restored: {'; '.join(str(window) for window in there)}.",
    )


def choose_set(
    sets: Iterable[Mapping[str, Any]], part: str, moment: datetime, *, set_id: str = ""
) -> Mapping[str, Any]:
    """The set with the newest state of a part from before a moment, for parts that cannot be replayed.

    :raises InputError: there is none.
    """
    having = {
        each["finished"]: row
        for row in sets
        for each in row["parts"]
        if each["part"] == part and set_id in ("", row["id"])
    }
    good = [finished for finished in having if clock.parse(finished) <= moment or set_id]
    if good:
        return having[max(good)]
    hint = f"The oldest is of {min(having)}." if having else "No set has it."
    raise InputError(f"the part {part} is not in {set_id or f'any set before {clock.to_text(moment)}'}", hint)
