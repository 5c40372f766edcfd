# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done with a repository: made, added to, brought back from, thinned out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..core import table
from ..core.errors import InputError, StewardError
from ..core.plan import Change, Plan
from .model import MANIFEST, PART, PLATFORM, SET, Repository, Snapshot
from .parse import newest

SHOWN_ITEMS = 200
UNCHANGED = "unchanged"


class NothingError(StewardError):
    """All paths were optional and none is there: for some parts of a set that is no failure."""


def plan_repository(repository: Repository, *, exists: bool) -> Plan:
    """Make the repository when it is not there."""
    facts = {"url": repository.url}
    if exists:
        return Plan((), facts)
    return Plan((Change("initialise", repository.url, "", "encrypted restic repository"),), facts)


def plan_backup(repository: Repository, wish: Mapping[str, Any], snapshots: Sequence[Snapshot], now: datetime) -> Plan:
    """Make a snapshot, unless one of the same paths and tags is younger than ``max_age`` seconds."""
    tags = {f"{name}={value}" for name, value in wish["tags"].items()}
    alike = [
        snapshot
        for snapshot in snapshots
        if tags <= set(snapshot.tags) and set(snapshot.paths) <= {*wish["paths"], *wish["optional_paths"]}
    ]
    last = newest(alike)
    if last and wish["max_age"] and now - last.time < timedelta(seconds=wish["max_age"]):
        return Plan((), {"snapshot": last.to_dict(), "result": None})
    paths = "\n".join([*wish["paths"], *(f"{path} (if it is there)" for path in wish["optional_paths"])])
    change = Change("back_up", f"snapshot in {repository.url}", "", paths)
    return Plan((change,), {"snapshot": last.to_dict() if last else None, "result": None})


def refuse_target(target: str, entries: Sequence[str] | None, parent: str | None, *, overwrite: bool) -> None:
    """Restore only where nothing is lost: ``entries`` of the target are None when it is not there, likewise ``parent``.

    :raises InputError: it is not empty, or has no place.
    """
    if entries is None and parent is None:
        raise InputError(f"target is {target}, and the directory in which it would appear does not exist")
    if entries and not overwrite:
        raise InputError(
            f"target is {target}, which is not empty ({', '.join(sorted(entries)[:3])} …)",
            "Name a directory that is empty or absent, or set overwrite: true.",
        )


def plan_restore(snapshot: str, target: str, items: Sequence[tuple[str, str, int]], more: int) -> Plan:
    """Bring back ``items`` (what would happen, path, bytes) and ``more`` that are not listed.

    :raises StewardError: there is nothing to bring back.
    """
    if not items and not more:
        raise StewardError(
            f"the snapshot {snapshot[:8]} has nothing to restore to {target}", "Look at include and subfolder."
        )
    rows = [
        f"{path} ({action}{', ' + table.size(size) if size else ''})"
        for action, path, size in sorted(items, key=_by_path)
    ]
    listed = "\n".join([*rows, *([f"and {more} more"] if more else [])])
    facts = {"items": [path for _action, path, _size in items], "items_total": len(items) + more}
    return Plan((Change("restore", f"{target} from {snapshot[:8]}", "", listed, {"snapshot": snapshot}),), facts)


def _by_path(item: tuple[str, str, int]) -> str:
    return item[1]


def plan_forget(snapshots: Sequence[Snapshot], *, platform: str, keep: Collection[str]) -> list[list[str]]:
    """Snapshots of the platform's sets that are not in ``keep``, in batches to be forgotten one after the other.

    Manifests come first, so that a set that is half gone is not seen any more. Snapshots without set or of another
    platform are nobody's to remove.

    :raises StewardError: nothing would be kept.
    """
    ours = [one for one in snapshots if one.labels.get(PLATFORM) == platform and SET in one.labels]
    gone = [one for one in ours if one.labels[SET] not in keep]
    if gone and len(gone) == len(ours):
        raise StewardError(f"none of the {len(ours)} snapshots of {platform} would be kept, so none is forgotten")
    first = [one.id for one in gone if one.labels.get(PART) == MANIFEST]
    return [batch for batch in (first, [one.id for one in gone if one.id not in first]) if batch]


def refuse_unknown(ids: Sequence[str], before: Sequence[Snapshot]) -> None:
    """Else restic ignores an id that it does not know and calls that done.

    :raises StewardError: the repository has no such snapshot.
    """
    unknown = [wanted for wanted in ids if not any(one.id.startswith(wanted) for one in before)]
    if unknown:
        raise StewardError(f"the repository has no snapshot {', '.join(unknown)}")


def refuse_remaining(ids: Sequence[str], after: Sequence[Snapshot]) -> None:
    """restic reports a refused deletion as success, so what is still there is looked for.

    :raises StewardError: snapshots are still there.
    """
    left = [one.id[:8] for one in after if any(one.id.startswith(wanted) for wanted in ids)]
    if left:
        raise StewardError(
            f"{len(left)} of {len(ids)} snapshots could not be forgotten and are still there: {', '.join(left)}",
            "The storage refused to delete: look at its permissions, a read-only mount or an append-only policy.",
        )


def refuse_paths(missing: Sequence[str], links: Sequence[str], present: Sequence[str]) -> None:
    """Refuse paths that are not there, or whose backup would hold nothing but a link.

    :raises StewardError: as described there; by name.
    :raises NothingError: no path is left.
    """
    if missing:
        raise StewardError(
            f"there is nothing to back up at {', '.join(missing)}", "Correct the path, or mark it as optional."
        )
    if links:
        raise StewardError(
            f"a symbolic link would be stored in place of what it points to: {', '.join(links)}",
            "Name the directory itself.",
        )
    if not present:
        raise NothingError("none of the optional paths is there, so there is nothing to back up")


def refuse_damage(repository: Repository, found: Mapping[str, Any]) -> None:
    """Make an error of what a check found.

    :raises StewardError: the repository is damaged; its data are the whole finding.
    """
    if not found["sound"]:
        raise StewardError(
            f"the restic repository {repository.url} ({repository.name}) is damaged: {'; '.join(found['errors'][:3])}",
            "Keep it as it is, make a new full backup in another place, then see restic's guide on troubleshooting.",
            found,
        )
