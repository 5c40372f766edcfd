# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What retention removes from each repository, so that no half of a set is ever seen, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import clock, table
from ...pgbackrest.command import is_label
from ..catalogue import Entry, removal, retained, verified
from ..configuration import own_repositories
from ..judge import Seen
from ..model import MANIFEST_PART
from ..retention import Retention, plan_retention

SCHEMA = 1
TITLES = ("REPOSITORY", "SET", "TYPE", "WHAT", "WHY")
KEPT, REMOVED, GOES, STAYED = "kept", "removed", "would be removed", "is still there"
NOTHING = "-"


@dataclass(frozen=True)
class Thinning:
    """What happens to one repository.

    ``batches`` are ids of restic's snapshots, one batch after the other; ``labels`` are backups of pgBackRest.
    """

    repository: str
    retention: Retention
    batches: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]


def plan_prune(seen: Seen, held: Mapping[str, str]) -> list[Thinning]:
    """What goes from each repository. From a copy nothing does: it follows its original, by the job that copies.

    :param held: sets that are in use, with the reason.
    """
    return [_thin(row, seen, held) for row in own_repositories(seen.configuration)]


def _thin(row: Mapping[str, Any], seen: Seen, held: Mapping[str, str]) -> Thinning:
    name = row["name"]
    retention = plan_retention(
        retained(seen.entries, name),
        row["retention"],
        now=seen.now,
        zone=seen.zone,
        proofs=verified(seen.evidence, name),
        held=held,
    )
    by_id = {entry.id: entry for entry in seen.entries}
    rows = [stored for removed in retention.remove for stored in removal(by_id[removed], name)]
    first = tuple(stored.id for stored in rows if stored.part == MANIFEST_PART)
    rest = tuple(stored.id for stored in rows if stored.part != MANIFEST_PART and not is_label(stored.id))
    labels = tuple(stored.id for stored in rows if is_label(stored.id))
    return Thinning(name, retention, tuple(batch for batch in (first, rest) if batch), labels)


def orphans(before: Sequence[Entry], after: Sequence[Entry], thinnings: Sequence[Thinning]) -> list[str]:
    """Sets that are in no repository any more because they were removed, so that their manifests can go too."""
    removed = {name for thinning in thinnings for name in thinning.retention.remove}
    left = {entry.id for entry in after if entry.rows}
    return [entry.id for entry in before if entry.id in removed and entry.id not in left]


def build_report(seen: Seen, thinnings: Sequence[Thinning], after: Sequence[Entry] | None) -> dict[str, Any]:
    """The document: what was kept and why, and what went.

    :param after: the sets as they were seen afterwards; None when nothing was done.
    """
    types = {entry.id: entry.type for entry in seen.entries}
    left = {(row.repository, entry.id) for entry in after or () for row in entry.rows}
    rows = []
    for thinning in thinnings:
        for name, why in thinning.retention.keep:
            rows.append(_row(thinning.repository, name, types[name], KEPT, why))
        for name in thinning.retention.remove:
            stayed = (thinning.repository, name) in left
            what = GOES if after is None else STAYED if stayed else REMOVED
            rows.append(_row(thinning.repository, name, types[name], what, ()))
    return {
        "schema": SCHEMA,
        "taken": clock.to_text(seen.now),
        "platform": seen.configuration["platform"],
        "host": seen.configuration["host"],
        "dry_run": after is None,
        "sets": sorted(rows, key=lambda row: (row["repository"], row["set"]), reverse=True),
    }


def _row(repository: str, name: str, set_type: str, what: str, why: Sequence[str]) -> dict[str, Any]:
    return {"repository": repository, "set": name, "type": set_type, "what": what, "why": list(why)}


def remaining(document: Mapping[str, Any]) -> list[str]:
    """What was to go and is still there."""
    return [f"{row['set']} in {row['repository']}" for row in document["sets"] if row["what"] == STAYED]


def render(document: Mapping[str, Any]) -> str:
    """The document for people."""
    rows = [
        (row["repository"], row["set"], row["type"] or NOTHING, row["what"], "; ".join(row["why"]) or NOTHING)
        for row in document["sets"]
    ]
    return table.render(TITLES, rows) if rows else "There is no set yet.\n"
