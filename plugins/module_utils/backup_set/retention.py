# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sets of a repository are kept and why, and in which order the others go.

Nothing here knows how full a disk is: a disk that fills up is an alarm, no reason to lose a backup.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from ..core import clock
from ..core.schema import Field, unknown_name
from .model import TYPES

# Grandfather, father and son: of each of so many periods that have a set, the newest one.
PERIODS: Mapping[str, tuple[str, str]] = {
    "hourly": ("hour", "%Y-%m-%d %H"),
    "daily": ("day", "%Y-%m-%d"),
    "weekly": ("week", "%G-W%V"),
    "monthly": ("month", "%Y-%m"),
    "yearly": ("year", "%Y"),
}
_ABOUT = "Keep the newest complete set of each of so many {}s that have one."
RULES: Mapping[str, Field] = {
    "last": Field("integer", "Keep so many complete sets.", default=0, minimum=0, maximum=100000),
    "days": Field("integer", "Keep what is younger than so many days.", default=0, minimum=0, maximum=36500),
    **{
        name: Field("integer", _ABOUT.format(unit), default=0, minimum=0, maximum=100000)
        for name, (unit, _form) in PERIODS.items()
    },
}
DEFAULT: Mapping[str, Any] = {"days": 30, "weekly": 8, "monthly": 12, "types": {"incremental": {"days": 7}}}
RETENTION = Field(
    "object",
    "How long the repository keeps sets; each type of set is counted for itself.",
    default=DEFAULT,
    fields={
        **RULES,
        "wal_days": Field(
            "integer",
            "Days back to which any moment can be reached: the base that this needs is kept.",
            default=7,
            minimum=0,
            maximum=3650,
        ),
        "types": Field(
            "map", "Rules of a type, instead of the common ones.", default={}, items=Field("object", fields=RULES)
        ),
    },
)
# What has no manifest may be a set that is being made; after so long nobody makes it any more.
REMAINS = timedelta(hours=24)

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """A set as one repository has it.

    ``complete`` says that all it should hold is there, ``published`` that it has a good manifest, ``judged`` that this
    is known, ``base`` that a PostgreSQL server can be started from it and WAL replayed; ``needs`` are the sets without
    which it cannot be restored.
    """

    id: str
    type: str
    time: datetime
    complete: bool = True
    published: bool = True
    judged: bool = True
    base: bool = False
    needs: frozenset[str] = frozenset()
    keep_until: datetime | None = None


@dataclass(frozen=True)
class Proof:
    """That a set was verified: how deeply, and when."""

    id: str
    level: int
    time: datetime


@dataclass(frozen=True)
class Retention:
    """Each kept set with its reasons, newest first, and the others in an order that never takes a base too early."""

    keep: tuple[tuple[str, tuple[str, ...]], ...]
    remove: tuple[str, ...]


def problems(policy: Policy, place: str) -> list[str]:
    """What is wrong with a policy beyond its kinds, one line each."""
    said = [unknown_name(name, TYPES, f"{place}.types.{name}") for name in policy["types"] if name not in TYPES]
    for where, rules in [(place, policy), *((f"{place}.types.{name}", rule) for name, rule in policy["types"].items())]:
        if not any(rules[name] for name in RULES):
            said.append(f"{where} keeps nothing, allowed is: at least one of {', '.join(RULES)} above 0")
    return said


def plan_retention(
    items: Sequence[Item],
    policy: Policy,
    *,
    now: datetime,
    zone: tzinfo,
    proofs: Iterable[Proof] = (),
    held: Mapping[str, str] | None = None,
) -> Retention:
    """What is kept of one repository's sets.

    :param zone: whose days, weeks and months are meant.
    :param proofs: verifications of sets, of any age.
    :param held: sets that something needs now, with the reason: one that is being restored, a release's safety copy.
    """
    newest = sorted(items, key=lambda item: (item.time, item.id), reverse=True)
    reasons: dict[str, list[str]] = {item.id: [] for item in newest}
    found = (
        *_always(newest, now, held or {}),
        *_last_verified(newest, proofs),
        *_wal_base(newest, policy["wal_days"], now),
        *_by_rules(newest, policy, now, zone),
    )
    for name, reason in found:
        reasons[name].append(reason)
    _keep_bases(newest, reasons)
    keep = tuple((item.id, tuple(reasons[item.id])) for item in newest if reasons[item.id])
    return Retention(keep, _safe_order([item for item in newest if not reasons[item.id]]))


def _always(newest: Sequence[Item], now: datetime, held: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """What no rule may take: the last of each type, what was promised, what is in use, what nobody could judge."""
    seen: set[tuple[str, bool]] = set()
    for item in newest:
        if item.published and (item.type, item.complete) not in seen:
            # Of what is not complete only what is newer than all that is: an older one has nothing that others lack.
            if item.complete or (item.type, True) not in seen:
                yield item.id, f"last {'complete' if item.complete else 'incomplete'} set of type {item.type}"
            seen.add((item.type, item.complete))
        if item.keep_until is not None and item.keep_until > now:
            yield item.id, f"to be kept until {clock.to_text(item.keep_until)}"
        if item.id in held:
            yield item.id, held[item.id]
        if not item.judged:
            yield item.id, "its manifest cannot be read, so nothing is decided"
        elif not item.published and now - item.time < REMAINS:
            yield item.id, "without manifest, may still be written"


def _last_verified(newest: Sequence[Item], proofs: Iterable[Proof]) -> Iterable[tuple[str, str]]:
    """Of each level the set that was verified last, whatever its age."""
    usable = {item.id for item in newest if item.complete}
    last: dict[int, Proof] = {}
    for proof in proofs:
        if proof.id in usable and (proof.level not in last or proof.time >= last[proof.level].time):
            last[proof.level] = proof
    for level, proof in sorted(last.items()):
        yield proof.id, f"last verified at level {level}, {clock.to_text(proof.time)}"


def _wal_base(newest: Sequence[Item], days: int, now: datetime) -> Iterable[tuple[str, str]]:
    """The base from which every moment of the last days is reached; the oldest one where none is that old."""
    bases = [item for item in newest if item.base and item.complete]
    if bases and days:
        limit = now - timedelta(days=days)
        base = next((item for item in bases if item.time <= limit), bases[-1])
        yield base.id, f"base of the WAL of the last {days} days"


def _by_rules(newest: Sequence[Item], policy: Policy, now: datetime, zone: tzinfo) -> Iterable[tuple[str, str]]:
    for set_type in dict.fromkeys(item.type for item in newest):
        rules = policy["types"].get(set_type, policy)
        own = [item for item in newest if item.type == set_type and item.published]
        for item in own:
            if now - item.time < timedelta(days=rules["days"]):
                yield item.id, f"younger than {rules['days']} days"
        # What is damaged or partial must not push out what is whole.
        whole = [item for item in own if item.complete]
        for number, item in enumerate(whole[: rules["last"]], 1):
            yield item.id, f"number {number} of the last {rules['last']}"
        for name, (unit, form) in PERIODS.items():
            first: dict[str, Item] = {}
            for item in whole:
                first.setdefault(item.time.astimezone(zone).strftime(form), item)
            for period, item in list(first.items())[: rules[name]]:
                yield item.id, f"{name}: {unit} {period}"


def _keep_bases(newest: Sequence[Item], reasons: dict[str, list[str]]) -> None:
    """Keep what a kept set needs, and what that needs."""
    needs = {item.id: item.needs for item in newest}
    waiting = [name for name, why in reasons.items() if why]
    while waiting:
        dependent = waiting.pop()
        for base in sorted(needs[dependent] & reasons.keys()):
            if not reasons[base]:
                waiting.append(base)
            reasons[base].append(f"base of {dependent}")


def _safe_order(items: Sequence[Item]) -> tuple[str, ...]:
    """Each before what it needs, otherwise the oldest first."""
    gone = {item.id for item in items}
    before: dict[str, set[str]] = {item.id: set() for item in items}
    for item in items:
        for base in item.needs & gone:
            before[base].add(item.id)
    sorter = graphlib.TopologicalSorter(before)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return tuple(order)
