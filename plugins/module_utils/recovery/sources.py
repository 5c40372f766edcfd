# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repository offers to a recovery, in the words of its plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..backup_set.catalogue import Entry, Stored
from ..backup_set.model import PHYSICAL
from ..core import clock
from ..core.errors import InputError
from ..core.table import render
from ..core.table import size as in_words
from ..pgbackrest.model import Backup
from ..pgbackrest.report import Archiver
from ..pgbackrest.wal import Archive
from .choose import build_wal
from .model import Source


def locate(source: Source, repositories: Sequence[Mapping[str, Any]]) -> str:
    """The repository that lies at a path or in a bucket.

    :raises InputError: this host knows none there, and so has no keys for it.
    """
    places = {_place_of(row): str(row["name"]) for row in repositories}
    if source.value in places:
        return places[source.value]
    known = ", ".join(place for place in places if place) or "none"
    raise InputError(
        f"source is {source.value!r}, which is no place of a repository that this host knows; known are: {known}",
        "Name it in backup_repositories of the role backup first: restoring needs its keys too.",
    )


def _place_of(repository: Mapping[str, Any]) -> str:
    """A repository's place as a source names it; nothing for one that is reached otherwise."""
    path = str(repository["path"]).rstrip("/")
    return {"posix": path, "s3": f"s3://{repository.get('bucket')}{path}"}.get(repository["type"], "")


def set_rows(entries: Iterable[Entry], repository: str, backups: Mapping[str, Backup]) -> list[dict[str, Any]]:
    """The sets that have something in a repository, newest first, with the parts that are there now.

    :param backups: pgBackRest's there, by label; a copy has another label and other places in the WAL than the
        original of which the manifest tells.
    """
    rows = []
    for entry in entries:
        if entry.manifest is None:
            continue
        own = (row for row in entry.rows if row.repository == repository)
        parts = [part for row in own for part in _part(entry.manifest, row, backups)]
        if parts:
            head = {name: entry.manifest[name] for name in ("type", "label", "finished", "outcome")}
            rows.append({"id": entry.id, **head, "state": entry.state, "parts": parts})
    return rows


def _part(manifest: Mapping[str, Any], row: Stored, backups: Mapping[str, Backup]) -> Iterator[dict[str, Any]]:
    found = [part for part in manifest["parts"] if part["part"] == row.part]
    if not found:
        return
    # One made for this repository, else the one it is a copy of.
    part = next((each for each in found if each["repository"] == row.repository), found[0])
    part = {**part, "id": row.id, "repository": row.repository}
    if part["engine"] == PHYSICAL:
        backup = backups.get(row.id)
        if backup is None or backup.error:
            return
        part |= {"finished": clock.to_text(backup.finished), "size": backup.size}
        places = {"lsn_start": backup.lsn_start, "lsn_stop": backup.lsn_stop}
        part["details"] = {**part["details"], **places, "timeline": int(backup.wal_stop[:8], 16)}
    yield part


def wal_facts(
    archive: Archive, points: Iterable[Mapping[str, Any]], archiver: Archiver | None, now: datetime
) -> dict[str, Any]:
    """The state of an archive, as the plan takes it.

    :param points: restore points, ``name`` and ``lsn``; those without are left out.
    :param archiver: of the live server, None when it does not answer. What it has not archived yet it hands over
        before anything is restored, so with it any moment up to now is within reach.
    """
    segments = ((segment.timeline, segment.number, moment) for segment, moment in archive.segments.items())
    state = build_wal(segments, archive.histories)
    if state["runs"] and is_handing_over(archiver):
        state["runs"][-1] = {**state["runs"][-1], "until": clock.to_text(now)}
    named = [{"name": point["name"], "lsn": point["lsn"]} for point in points if point.get("name") and point.get("lsn")]
    return {**state, "points": named}


def is_handing_over(archiver: Archiver | None) -> bool:
    """Whether the live server answers and archives."""
    return archiver is not None and not archiver.defect and not archiver.failing


def render_sets(rows: Sequence[Mapping[str, Any]]) -> str:
    """The sets as a table for people."""
    cells = [
        (
            row["id"],
            row["type"],
            row["label"] or "-",
            row["state"] if row["outcome"] == "complete" else f"{row['state']}, {row['outcome']}",
            in_words(sum(part["size"] for part in row["parts"])),
            ", ".join(sorted({part["part"] for part in row["parts"]})),
        )
        for row in rows
    ]
    return render(("SET", "TYPE", "LABEL", "STATE", "SIZE", "PARTS"), cells)
