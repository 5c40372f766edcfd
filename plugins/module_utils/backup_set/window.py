# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which moments a host can be brought back, and what of that was proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core import clock
from .catalogue import PUBLISHED, Entry
from .model import PHYSICAL, PartResult, holds_data

# How deep a verification went.
LEVELS: Mapping[int, str] = {
    0: "listed",
    1: "checksums and continuity of the WAL",
    2: "restored aside and replayed to its end",
    3: "looked into by SQL",
    4: "the application was ready on it",
}
FAIL = "fail"
# Of a gap in the archive: no backup lies behind it yet.
BREAKING = "breaking"

Wal = Mapping[str, Any]
Evidence = Sequence[Mapping[str, Any]]


def window(entries: Sequence[Entry], wal: Wal | None) -> dict[str, Any] | None:
    """The oldest and the newest moment to which PostgreSQL can be brought back, and by what; None when to none.

    :param wal: what was seen of the archive, or None: ``checked``, when; ``newest``, how far recovery comes by it;
        ``caught_up``, that nothing was written since; ``gaps``, what is missing of it; ``unusable``, the backups that
        cannot be restored because of that.
    """
    unusable = wal["unusable"] if wal else ()
    bases = [part for part in _parts(entries, "postgresql") if part["id"] not in unusable]
    if not bases:
        return None
    newest = bases[0]["finished"]
    reach = _reach(wal) if wal and any(part["engine"] == PHYSICAL for part in bases) else None
    if wal is None or reach is None or reach <= newest:
        return {"newest": newest, "oldest": bases[-1]["finished"], "by": "set"}
    # Labels are as old as they sort. Before the backup that healed a gap, only the moments of the sets are there.
    healed = max((gap["healed_by"] for gap in wal["gaps"]), default="")
    whole = [part for part in bases if part["engine"] == PHYSICAL and part["id"] >= healed]
    return {"newest": reach, "oldest": (whole or bases)[-1]["finished"], "by": "wal"}


def _reach(wal: Wal) -> str | None:
    """How far recovery comes: to the last segment, or to the look at the archive when nothing was written since."""
    if wal["caught_up"] and not breaking(wal):
        return str(wal["checked"])
    return None if wal["newest"] is None else str(wal["newest"])


def breaking(wal: Wal) -> list[Mapping[str, Any]]:
    """The gaps that no backup has healed: recovery does not get past them, and PostgreSQL just opens there."""
    return [gap for gap in wal["gaps"] if gap["verdict"] == BREAKING]


def _parts(entries: Sequence[Entry], name: str) -> Iterator[PartResult]:
    """A part in all good sets, the newest first."""
    for entry in entries:
        if entry.state == PUBLISHED and entry.manifest:
            yield from (part for part in entry.manifest["parts"] if part["part"] == name)


def moments(entries: Sequence[Entry], wal: Wal | None) -> dict[str, str]:
    """Of each part that is data the newest moment to which it can be brought back."""
    found: dict[str, str] = {}
    for entry in entries:
        for part in (entry.manifest or {"parts": ()})["parts"] if entry.state == PUBLISHED else ():
            if holds_data(part["part"]):
                # A file that changed while it was copied may be as it was at the beginning.
                found.setdefault(part["part"], part["started"])
    found.pop("postgresql", None)
    reached = window(entries, wal)
    return ({"postgresql": reached["newest"]} if reached else {}) | found


def age(moment: str, now: datetime) -> float:
    """Seconds since a moment; none when it lies ahead."""
    return max((now - clock.parse(moment)).total_seconds(), 0.0)


def proofs(evidence: Evidence) -> dict[int, Mapping[str, Any]]:
    """Of each level the newest record of a part that passed it; who passed a deeper one passed it too."""
    good = sorted((record for record in evidence if is_good(record)), key=_when)
    return {level: fitting[-1] for level in LEVELS if (fitting := [one for one in good if one["level"] >= level])}


def is_good(record: Mapping[str, Any]) -> bool:
    """Whether a verification ended well as far as it went."""
    return bool(record["result"] != FAIL)


def _when(record: Mapping[str, Any]) -> str:
    return str(record["finished"])


def disproofs(evidence: Evidence) -> list[Mapping[str, Any]]:
    """The failed verifications after which the same part of the same set did not pass what was wanted, newest first."""
    cleared: dict[tuple[str, str, str], int] = {}
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for record in sorted(evidence, key=_when, reverse=True):
        subject = (record["set"], record["part"], record["repository"])
        if is_good(record):
            cleared[subject] = max(cleared.get(subject, -1), record["level"])
        elif record["wanted"] > cleared.get(subject, -1):
            found.setdefault(subject, record)
    return list(found.values())


def proof_of(name: str, evidence: Evidence) -> Mapping[str, Any] | None:
    """The deepest verification that a set passed, the newest of those."""
    own = [record for record in evidence if record["set"] == name and is_good(record)]
    return max(own, key=lambda record: (record["level"], _when(record)), default=None)
