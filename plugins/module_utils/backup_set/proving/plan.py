# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which set is verified, where its parts lie, and what it is held against."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...backup_validation.model import ASSERTED, LEVELS, SERVED, plan_levels
from ...core import clock
from ...core.errors import InputError, StewardError
from ...core.lsn import name_lsn
from ...core.plan import Change, Plan
from ...core.table import size
from ...pgbackrest.wal import UNNEEDED, Continuity, parse_segment
from ..catalogue import Entry, needs_of
from ..configuration import find_repository, main_repository
from ..model import FAILED, IDENTIFIER, PHYSICAL, Configuration, part_of
from ..window import Evidence, disproofs
from .application.plan import refusal

# What is verified when nobody names a set.
USUAL = "full"
# The level to which timers verify. The next one needs the application, which may be elsewhere.
DEFAULT_LEVEL = ASSERTED
# Beside what is restored, replay needs room for WAL.
SPACE = 1.2
# A repository up to this size is read whole at level 1, of a larger one a seventh in each week, as the timer is weekly.
WHOLE_BYTES = 8 * 1024**3
SETS, PATHS, URLS = "set", "path", "url"


@dataclass(frozen=True)
class Asked:
    """What is verified: a ``set`` (``name`` may be empty), a dump at a ``path`` or at a ``url``, and how far.

    ``remember`` are seconds: what was read and found whole within them is not read again.
    """

    kind: str
    name: str
    level: int
    repository: str
    remember: int = 0
    accepted: bool = False


@dataclass(frozen=True)
class Located:
    """A part of a set as one repository has it; ``files`` is None where nobody counted."""

    name: str
    engine: str
    id: str
    size: int
    files: int | None = None
    needs: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def part(self) -> str:
        return part_of(self.name)

    def levels(self, wanted: int) -> tuple[int, ...]:
        """The levels to go through for this part; a dump has no role with which a service could log in."""
        return plan_levels(min(wanted, ASSERTED) if self.engine != PHYSICAL else wanted, self.name)


def parse_asked(given: Mapping[str, Any], configuration: Configuration) -> Asked:
    """What a module, the command or a timer asked for.

    :param given: ``target``, ``level``, ``integrity_only``, ``repository``, ``remote``, ``remember`` in days and
        ``accept_losses``; each may be missing.
    :raises InputError: the first thing that is wrong.
    """
    level = DEFAULT_LEVEL if given.get("level") is None else given["level"]
    target = given.get("target") or ""
    kind = _kind(target)
    highest = SERVED if kind == SETS else ASSERTED
    if not 0 <= level <= highest:
        raise InputError(f"level is {level}, allowed is: 0 to {highest}{'' if kind == SETS else ' for a dump'}")
    days = given.get("remember") or 0
    if days < 0:
        raise InputError(f"remember is {days}, allowed is: 0 or more days")
    return Asked(
        kind,
        target,
        min(level, 1) if given.get("integrity_only") else level,
        _repository(given, configuration),
        days * 86400,
        bool(given.get("accept_losses")),
    )


def _kind(target: str) -> str:
    if not target or re.fullmatch(IDENTIFIER, target):
        return SETS
    if target.startswith("s3://"):
        return URLS
    if target.startswith("/"):
        return PATHS
    raise InputError(
        f"the set is {target!r}, allowed is: a set's id such as 20241225_020000, an absolute path or s3://BUCKET/KEY"
    )


def _repository(given: Mapping[str, Any], configuration: Configuration) -> str:
    name, others = given.get("repository") or "", configuration["repositories"][1:]
    if given.get("remote"):
        if name:
            raise InputError(f"repository is {name!r} beside remote, allowed is: one of both")
        if not others:
            raise InputError("remote is given, but this host has one repository only")
        return str(others[0]["name"])
    row = find_repository(configuration, name) if name else main_repository(configuration)
    return str(row["name"])


def fresh(evidence: Evidence, asked: Asked, now: datetime, max_age: float | None) -> Mapping[str, Any] | None:
    """The newest proof, not older than ``max_age`` seconds, that went as far as is asked, so that none is needed.

    It is one only where all parts of the set have it that were ever verified.
    """
    if max_age is None or asked.kind != SETS:
        return None
    failed = {record["set"] for record in disproofs(evidence)}
    rows = [
        record
        for record in evidence
        if record["set"] not in failed
        and record["repository"] == asked.repository
        and asked.name in ("", record["set"])
    ]
    good = [
        record
        for record in rows
        if record["result"] in ("pass", "warn")
        and record["level"] >= plan_levels(asked.level, record["part"])[-1]
        and (now - clock.parse(record["finished"])).total_seconds() < max_age
    ]
    there, proven = ({(record["set"], record["part"]) for record in each} for each in (rows, good))
    lacking = {name for name, _part in there - proven}
    if asked.level >= SERVED:
        lacking |= {name for name, _part in proven if (name, "postgresql") not in proven}
    return max(
        (record for record in good if record["set"] not in lacking),
        key=lambda record: str(record["finished"]),
        default=None,
    )


def plan_proof(asked: Asked, found: Mapping[str, Any] | None) -> Plan:
    """Verify, unless there is a proof that is young enough."""
    if found is not None:
        return Plan((), {"proof": dict(found), "report": [], "problems": []})
    what = asked.name or f"the newest {USUAL} set in {asked.repository}"
    return Plan(
        (Change("verify", what, "", f"level {asked.level}: {LEVELS[asked.level]}"),),
        {"proof": None, "report": [], "problems": []},
    )


def choose(entries: Sequence[Entry], asked: Asked) -> Entry:
    """The set to verify: the one that was named, or the newest full one that can be restored from the repository.

    :param entries: all sets, newest first.
    :raises StewardError: there is none.
    """
    if asked.name:
        found = next((entry for entry in entries if entry.id == asked.name), None)
        if found is None or found.manifest is None:
            why = f"the set {asked.name} has no manifest that can be trusted" if found else f"no set {asked.name}"
            raise StewardError(f"there is nothing to verify: {why}", "steward backup list --all shows those there are.")
        return found
    for entry in entries:
        if entry.type == USUAL and entry.outcome != FAILED and asked.repository in entry.complete_in:
            return entry
    raise StewardError(
        f"there is no {USUAL} set in the repository {asked.repository} that could be restored",
        "Make one: steward backup full.",
    )


def locate(entry: Entry, repository: str) -> list[Located]:
    """The parts of a set as a repository has them: a copy has other ids than the manifest tells, but the same marks.

    :raises StewardError: the set has nothing there.
    """
    parts = (entry.manifest or {"parts": ()})["parts"]
    first: dict[str, Mapping[str, Any]] = {}
    for part in sorted(parts, key=lambda part: part["repository"] != repository):
        first.setdefault(part["part"], part)
    copies = {row.part: row for row in entry.rows if row.repository == repository}
    found = []
    for name, part in first.items():
        if part["repository"] == repository:
            where, needs = part["id"], needs_of(part)
        elif name in copies:
            where, needs = copies[name].id, copies[name].needs
        else:
            continue
        figures = (part["size"], part.get("files"))
        found.append(Located(name, part["engine"], where, *figures, needs, part.get("details", {})))
    if not found:
        raise StewardError(f"the set {entry.id} has nothing in the repository {repository}")
    return found


def refuse_unserved(asked: Asked, set_id: str, parts: Sequence[Located]) -> None:
    """:raises InputError: the application shall be started against a set without a database that it could use."""
    if asked.level >= SERVED and not any(part.levels(asked.level)[-1] >= SERVED for part in parts):
        raise refusal(f"the set {set_id} has no physical backup of databases in the repository {asked.repository}")


def remembered(evidence: Evidence, repository: str, since: datetime) -> set[str]:
    """What of a repository was read and found whole since a moment: labels of backups, ids of snapshots."""
    return {
        name
        for record in evidence
        if record["repository"] == repository and clock.parse(record["finished"]) >= since
        for check in record["checks"]
        if check.get("name") == "checksums" and check.get("status") == "pass"
        for name in check.get("figures", {}).get("read", ())
    }


def expected_databases(entries: Sequence[Entry], entry: Entry) -> list[Mapping[str, Any]]:
    """What replay to the end has to bring: what the newest set recorded, because that is nearest to the end."""
    for each in entries:
        if recorded := _recorded(each):
            return recorded
        if each.id == entry.id:
            break
    return list((entry.manifest or {"envelope": ()})["envelope"])


def previous_databases(evidence: Evidence, entries: Sequence[Entry], entry: Entry) -> list[Mapping[str, Any]]:
    """What was there before: in the set that was looked into last, otherwise in the one made before this one."""
    proved = [
        record
        for record in evidence
        if record["part"] == "postgresql" and record["level"] >= ASSERTED and record["databases"]
    ]
    if proved:
        return list(max(proved, key=lambda record: str(record["finished"]))["databases"])
    older = (recorded for each in entries if each.id < entry.id and (recorded := _recorded(each)))
    return next(older, [])


def _recorded(entry: Entry) -> list[Mapping[str, Any]]:
    """A set's inventory with its tables; a set that only counted them has none."""
    rows = (entry.manifest or {"envelope": ()})["envelope"]
    return [row for row in rows if isinstance(row["tables"], list)]


def expected_lsn(located: Located, continuity: Continuity, size: int) -> str:
    """A place that replay has to reach: where the newest segment begins to which the archive leads, at least the
    canary."""
    canary = str(located.details.get("canary", {}).get("lsn", ""))
    if continuity.newest is None or any(gap.verdict != UNNEEDED for gap in continuity.gaps):
        return canary
    return name_lsn(parse_segment(continuity.newest.segment, size).number * size)


def choose_subset(sizes: Collection[int], now: datetime) -> str:
    """How much of a restic repository is read at level 1, as restic takes it; the next seventh each week.

    >>> choose_subset([2 * WHOLE_BYTES], datetime(2024, 12, 25))
    '4/7'
    """
    return "100%" if sum(sizes) <= WHOLE_BYTES else f"{now.isocalendar().week % 7 + 1}/7"


def refuse_space(needed: int, free: int, folder: str) -> None:
    """:raises StewardError: a restore would fill the disk."""
    if needed * SPACE > free:
        raise StewardError(
            f"{folder} has {size(free)} free, the restore needs {size(needed * SPACE)}",
            "Make room there; nothing was restored.",
        )
