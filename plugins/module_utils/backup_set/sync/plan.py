# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each further repository of a host comes to what the main one has, and what is told of it.

A copy (``replicates``) gets the objects of its original, a repository of its own a set made there. What hosts share is
a place, not each other's folders: a host copies, and lets go of, nothing but its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core import clock, table
from ..configuration import find_repository, main_repository
from ..making.plan import s3_description
from ..model import PHYSICAL, Configuration

SCHEMA = 1
INCREMENTAL, FULL = "incremental", "full"
MODES = (INCREMENTAL, FULL)
COPY, MAKE = "copy", "make"
TITLES = ("REPOSITORY", "HOW", "WHAT", "OBJECTS", "SIZE", "COPIED", "VERIFIED", "MISSING", "RESULT")
NOTHING = "-"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """What is done for one repository; ``folders`` are those of this host, with the options of the domain ``s3``.

    Without folders a set is made there.
    """

    repository: str
    how: str
    folders: Sequence[tuple[str, Row]] = ()


def plan_sync(configuration: Configuration, mode: str) -> list[Task]:
    """One task for each repository but the main one."""
    tasks = []
    for row in configuration["repositories"]:
        if row["replicates"] is not None:
            original = find_repository(configuration, row["replicates"])
            tasks.append(Task(row["name"], COPY, [_folder(name, original, row, mode) for name in own(configuration)]))
        elif row["name"] != main_repository(configuration)["name"]:
            tasks.append(Task(row["name"], MAKE))
    return tasks


def own(configuration: Configuration) -> list[str]:
    """The folders in a repository that are this host's; restic's last, because manifests lie there.

    So a set is visible in a copy only when all of it is there.
    """
    database = configuration.get("postgresql")
    physical = [PHYSICAL] if database is not None and database["method"] == "physical" else []
    return [*physical, f"restic/{configuration['host']}"]


def _folder(name: str, original: Row, copy: Row, mode: str) -> tuple[str, Row]:
    options = {
        "source": _source(original, name),
        "target": _below(s3_description(copy), name),
        "mode": mode,
        "verify_percent": 1,
        "delete_after_days": copy["delete_after_days"],
    }
    return name, options


def _source(original: Row, folder: str) -> Row:
    if original["type"] == "posix":
        return {"path": f"{original['path']}/{folder}", "endpoint": None, "profile": None, "bucket": None}
    return {**_below(s3_description(original), folder), "path": None}


def _below(place: Row, folder: str) -> Row:
    return {**place, "prefix": "/".join(part for part in (place["prefix"], folder) if part)}


def copied(folder: str, report: Row | None, seen: Row | None, error: str) -> dict[str, Any]:
    """How one folder was copied: the report of the copying, and what both sides had when they were listed afterwards.

    Objects that came to the source since are no error: the archive of WAL never stands still.
    """
    missing = seen["missing"] if seen else None
    return {"folder": folder, "report": report, "seen": seen, "missing": missing, "error": error}


def done(task: Task, folders: Sequence[Row] = (), *, made: str | None = None, error: str = "") -> dict[str, Any]:
    """How one repository came out; ``made`` is the set that was made there."""
    errors = [f"{row['folder']}: {row['error']}" for row in folders if row["error"]]
    errors += [
        f"{row['folder']}: {len(row['missing'])} objects are not there, the first is {row['missing'][0]}"
        for row in folders
        if row["missing"] and not row["error"]
    ]
    return {
        "repository": task.repository,
        "how": task.how,
        "set": made,
        "folders": [dict(row) for row in folders],
        "warnings": [line for row in folders if row["report"] for line in row["report"]["warnings"]],
        "error": "; ".join([*errors, *([error] if error else [])]),
    }


def build_report(
    configuration: Configuration, mode: str, results: Sequence[Row], before: Row | None, *, started: datetime,
    finished: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The document of a synchronisation; a repository that failed keeps the moment when it last went well."""
    known = {row["repository"]: row["success"] for row in before["repositories"]} if before else {}
    moment = clock.to_text(started)
    return {
        "schema": SCHEMA,
        "platform": configuration["platform"],
        "host": configuration["host"],
        "mode": mode,
        "started": moment,
        "finished": clock.to_text(finished),
        "seconds": round((finished - started).total_seconds(), 3),
        "repositories": [
            {**row, "success": known.get(row["repository"]) if row["error"] else moment, **_figures(row)}
            for row in results
        ],
    }


def _figures(row: Row) -> dict[str, Any]:
    """What monitoring is told of a copy: objects and bytes there, and how old the oldest is that it lacks."""
    seen = [folder["seen"] for folder in row["folders"]]
    reports = [folder["report"] for folder in row["folders"]]
    whole = bool(seen) and all(seen) and all(reports)
    return {
        "objects": sum(each["target"]["objects"] for each in seen) if whole else None,
        "bytes": sum(each["target"]["bytes"] for each in seen) if whole else None,
        "lag_seconds": max(each["lag"]["seconds"] for each in reports) if whole else None,
    }


def problems(report: Row) -> list[str]:
    """Why it did not go well, one line for each repository."""
    return [f"{row['repository']}: {row['error']}" for row in report["repositories"] if row["error"]]


def warnings(report: Row) -> list[str]:
    """What somebody should look at though it went well."""
    return [f"{row['repository']}: {line}" for row in report["repositories"] for line in row["warnings"]]


def render(report: Row) -> str:
    """For people."""
    cells = [line for row in report["repositories"] for line in _cells(row)]
    return table.render(TITLES, cells or [(NOTHING,) * len(TITLES)])


def _cells(row: Row) -> list[tuple[str, ...]]:
    if not row["folders"]:
        return [(row["repository"], row["how"], row["set"] or NOTHING, *(NOTHING,) * 5, row["error"] or "done")]
    return [(row["repository"], row["how"], *_folder_cells(folder)) for folder in row["folders"]]


def _folder_cells(folder: Row) -> tuple[str, ...]:
    report, seen = folder["report"], folder["seen"]
    there = (str(seen["target"]["objects"]), table.size(seen["target"]["bytes"])) if seen else (NOTHING, NOTHING)
    counts = tuple(str(report["objects"][name]) for name in ("copied", "verified")) if report else (NOTHING, NOTHING)
    missing = NOTHING if folder["missing"] is None else str(len(folder["missing"]))
    return (folder["folder"], *there, *counts, missing, folder["error"] or "done")
