# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a replication says in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core import clock
from ...core.errors import StewardError
from ..objects.model import Item, Recorded
from .model import CHANGED, COPIED, FAILED, HELD_BACK, Outcome, Work, World, is_left_out
from .plan import is_present

SCHEMA = 1
MOST_NAMED = 20


@dataclass(frozen=True)
class Done:
    """How it went: what was there already, what was copied, read again and deleted, and what is to be said."""

    outcomes: Sequence[Outcome]
    source: int
    present: int
    verified: int
    deleted: int
    warnings: Sequence[str]


def summarise(done: Done, started: datetime, finished: datetime) -> dict[str, Any]:
    """The report: figures, what did not come through, and how far the target is behind."""
    open_works = [outcome.work for outcome in done.outcomes if outcome.status != COPIED]
    copied = [outcome.work for outcome in done.outcomes if outcome.status == COPIED]
    failed = [outcome for outcome in done.outcomes if outcome.status == FAILED]
    return {
        "schema": SCHEMA,
        "started": clock.to_text(started),
        "finished": clock.to_text(finished),
        "seconds": round((finished - started).total_seconds(), 1),
        "objects": {
            "source": done.source,
            "present": done.present,
            "verified": done.verified,
            "deleted": done.deleted,
            **{status.replace(" ", "_"): _count(done.outcomes, status) for status in (COPIED, FAILED, CHANGED)},
            "held_back": _count(done.outcomes, HELD_BACK),
            "damaged": sum(outcome.work.reason == "damaged" for outcome in done.outcomes),
        },
        "bytes": sum(work.item.size for work in copied),
        "failures": [{"key": row.work.item.key, "error": row.error} for row in failed[:MOST_NAMED]],
        "warnings": list(done.warnings),
        "lag": measure_lag(open_works, finished),
    }


def _count(outcomes: Sequence[Outcome], status: str) -> int:
    return sum(outcome.status == status for outcome in outcomes)


def measure_lag(waiting: Sequence[Work], now: datetime) -> dict[str, Any]:
    """How long the oldest object waits that the target does not have, and which is the newest."""
    if not waiting:
        return {"seconds": 0, "objects": 0, "newest": None}
    oldest = min(work.item.modified for work in waiting)
    newest = max((work.item for work in waiting), key=lambda item: item.modified)
    return {
        "seconds": max(round((now - oldest).total_seconds()), 0),
        "objects": len(waiting),
        "newest": {"key": newest.key, "modified": clock.to_text(newest.modified)},
    }


def compare_world(seen: World, moment: datetime) -> dict[str, Any]:
    """Objects and bytes of both sides, and the keys of what is older than ``moment`` and has no copy.

    A copy that the source does not have any more is one that waits for its own retention.
    """
    there = [copy for copy in seen.target.values() if not is_left_out(copy.key)]
    return {
        "source": _amount(seen.source.values()),
        "target": _amount(there),
        "missing": sorted(
            item.key
            for item in seen.source.values()
            if item.modified < moment
            and not is_present(item, seen.target.get(item.key), seen.recorded.get(item.key, Recorded()))
        ),
    }


def _amount(items: Iterable[Item]) -> dict[str, int]:
    sizes = [item.size for item in items]
    return {"objects": len(sizes), "bytes": sum(sizes)}


def refuse_failed(report: Mapping[str, Any]) -> None:
    """:raises StewardError: objects could not be copied; it has the report."""
    failed, waiting = report["objects"]["failed"], report["objects"]["held_back"]
    if failed:
        first = report["failures"][0]
        held = f", {waiting} more were held back" if waiting else ""
        raise StewardError(
            f"{failed} objects were not copied{held}; the first is {first['key']}: {first['error']}",
            "What was copied is whole; run it again to continue.",
            {"report": report},
        )
