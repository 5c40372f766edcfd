# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status as Prometheus reads it from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..core import clock
from . import due
from .window import breaking

FILE = "steward_backup.prom"
PREFIX = "steward_backup"
# How a job ended as a number, so that an alert can ask for what is not 0.
RESULTS: Mapping[str, int] = {due.DONE: 0, due.WARNINGS: 1, due.FAILED: 2, due.BUSY: 3}

Sample = tuple[Mapping[str, str], float]
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """One metric: its name after the prefix, and what it says."""

    name: str
    about: str


FAMILIES = (
    Family("last_success_timestamp_seconds", "When the newest complete set of a type was finished."),
    Family("last_set_timestamp_seconds", "When the newest set of a type was begun, complete or not."),
    Family("last_set_complete", "Whether the newest set of a type is complete and undamaged."),
    Family("duration_seconds", "How long the newest set of a type took."),
    Family("size_bytes", "Bytes of data in a part of the newest set of a type."),
    Family("added_bytes", "Bytes that a part of the newest set of a type added to its repository."),
    Family("last_verified_timestamp_seconds", "When a set last passed a level of verification."),
    Family("disproven", "How many parts of sets failed their last verification."),
    Family("measured_rto_seconds", "How long the last restore at a level of verification took."),
    Family("rpo_seconds", "Seconds of work that would be lost now."),
    Family("newest_restorable_timestamp_seconds", "The newest moment to which a part can be brought back."),
    Family("objective_seconds", "What was promised."),
    Family("wal_gap", "How many gaps of the WAL archive no backup has healed."),
    Family("wal_archive_failing", "Whether WAL cannot be archived."),
    Family("job_overdue", "Whether a job did not run when it should have."),
    Family("last_result", "How a job last ended: 0 done, 1 with warnings, 2 failed, 3 the lock was held."),
    Family("job_last_success_timestamp_seconds", "When a job last began that ended well."),
    Family("repository_sets", "Sets that can be restored from a repository alone."),
    Family("replication_failed", "Whether a repository could last not be brought up to the main one."),
    Family("replication_last_success_timestamp_seconds", "When it last began that this went well."),
    Family("replication_objects", "Objects of a copy."),
    Family("replication_bytes", "Bytes of a copy."),
    Family("replication_lag_seconds", "Age of the oldest object that a copy lacked when it was last made."),
    Family("sets", "Sets by their state."),
    Family("written_timestamp_seconds", "When these figures were written."),
)


def render(status: Document, sets: Document) -> str:
    """The file's text, from the documents of status and list."""
    common = {"platform": status["platform"]}
    samples: dict[str, list[Sample]] = {family.name: [] for family in FAMILIES}
    for name, labels, value in _samples(status, sets):
        samples[name].append(({**common, **labels}, value))
    lines: list[str] = []
    for family in FAMILIES:
        if samples[family.name]:
            full = f"{PREFIX}_{family.name}"
            lines += [f"# HELP {full} {family.about}", f"# TYPE {full} gauge"]
            lines += [f"{full}{_labels(labels)} {_number(value)}" for labels, value in samples[family.name]]
    return "\n".join(lines) + "\n"


def _samples(status: Document, sets: Document) -> Iterator[tuple[str, Mapping[str, str], float]]:
    yield from _set_samples(status, sets)
    for level, record in status["proven"].items():
        yield "last_verified_timestamp_seconds", {"level": level}, _time(record["finished"])
        if record["rto_seconds"] is not None:
            yield "measured_rto_seconds", {"level": level}, record["rto_seconds"]
    yield "disproven", {}, status["disproven"]
    if status["rpo_seconds"] is not None:
        yield "rpo_seconds", {}, status["rpo_seconds"]
    for name, row in status["moments"].items():
        yield "newest_restorable_timestamp_seconds", {"part": name}, _time(row["newest"])
    for name in ("rpo", "rto"):
        yield "objective_seconds", {"objective": name}, status["objectives"][name]
    if status["wal"]:
        yield "wal_gap", {}, len(breaking(status["wal"]))
        yield "wal_archive_failing", {}, bool(status["wal"]["error"])
    yield from _job_samples(status["jobs"])
    for repository in status["repositories"]:
        yield "repository_sets", {"repository": repository["name"]}, repository["sets"]
        yield from _copy_samples(repository)
    yield "written_timestamp_seconds", {}, _time(status["taken"])


def _set_samples(status: Document, sets: Document) -> Iterator[tuple[str, Mapping[str, str], float]]:
    complete: dict[str, str] = {}
    states: dict[str, int] = {}
    for row in sets["sets"]:
        states[row["state"]] = states.get(row["state"], 0) + 1
        if _is_whole(row):
            complete.setdefault(row["type"], row["finished"])
    for set_type, finished in sorted(complete.items()):
        yield "last_success_timestamp_seconds", {"type": set_type}, _time(finished)
    for set_type, row in sorted(status["last"].items()):
        yield "last_set_timestamp_seconds", {"type": set_type}, _time(row["started"])
        yield "last_set_complete", {"type": set_type}, _is_whole(row)
        yield "duration_seconds", {"type": set_type}, row["seconds"]
        for part in row["parts"]:
            labels = {"type": set_type, "part": part["part"], "repository": part["repository"]}
            yield "size_bytes", labels, part["size"]
            yield "added_bytes", labels, part["added"]
    for state, count in sorted(states.items()):
        yield "sets", {"state": state}, count


def _is_whole(row: Document) -> bool:
    return (row["state"], row["outcome"]) == ("published", "complete")


def _job_samples(jobs: list[Document]) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for job in jobs:
        # Prometheus has a label "job" of its own.
        labels = {"backup_job": job["name"]}
        yield "job_overdue", labels, job["overdue"]
        if job["result"] is not None:
            yield "last_result", labels, RESULTS[job["result"]]
        if job["success"] is not None:
            yield "job_last_success_timestamp_seconds", labels, _time(job["success"])


def _copy_samples(repository: Document) -> Iterator[tuple[str, Mapping[str, str], float]]:
    brought, labels = repository["brought_up"], {"repository": repository["name"]}
    if brought is None:
        return
    yield "replication_failed", labels, bool(brought["error"])
    if brought["success"] is not None:
        yield "replication_last_success_timestamp_seconds", labels, _time(brought["success"])
    for name in ("objects", "bytes", "lag_seconds"):
        if brought[name] is not None:
            yield f"replication_{name}", labels, brought[name]


def _time(text: str) -> float:
    return clock.parse(text).timestamp()


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
