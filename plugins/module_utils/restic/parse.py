# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restic says, as its version 0.18 says it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..core import clock
from ..core.errors import BusyError, StewardError
from .model import Repository, Snapshot

# Older ones lack exit codes 10 to 12, --stdin-from-command and errors as JSON.
MINIMUM = (0, 18)
DONE, UNREADABLE, ABSENT, LOCKED, REFUSED = 0, 3, 10, 11, 12
SHOWN_WARNINGS = 50


@dataclass(frozen=True)
class Progress:
    """How far a long run is: ``done`` between 0 and 1, bytes and files done, and what it works on."""

    done: float
    size: int
    files: int
    item: str = ""


class AbsentError(StewardError):
    """There is no repository at that place."""


class PasswordError(StewardError):
    """The repository has another password."""


def parse_version(text: str) -> str:
    """The version of ``restic version --json``.

    :raises StewardError: it cannot be read or is too old.
    """
    found = next((line["version"] for line in parse_lines(text) if line.get("message_type") == "version"), "")
    numbers = re.match(r"(\d+)\.(\d+)", found)
    if not numbers or (int(numbers[1]), int(numbers[2])) < MINIMUM:
        wanted = ".".join(map(str, MINIMUM))
        raise StewardError(f"restic says its version is {found or text[:80]!r}, needed is {wanted} or newer")
    return str(found)


def parse_lines(text: str) -> list[dict[str, Any]]:
    """The JSON objects among the lines; what else a program says is no answer."""
    return [line for line in map(parse_line, text.splitlines()) if line]


def parse_line(text: str) -> dict[str, Any]:
    """One line as a JSON object, an empty one when it is none."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def parse_progress(text: str) -> Progress | None:
    """A ``status`` line; None for any other."""
    said = parse_line(text)
    if said.get("message_type") != "status":
        return None
    size = said.get("bytes_done", said.get("bytes_restored", 0))
    files = said.get("files_done", said.get("files_restored", 0))
    item = (said.get("current_files") or [""])[0]
    return Progress(float(said.get("percent_done", 0)), int(size), int(files), str(item))


def parse_snapshots(text: str) -> list[Snapshot]:
    """The list of ``restic snapshots``, oldest first."""
    found = [_snapshot(row) for row in json.loads(text) or []]
    return sorted(found, key=lambda snapshot: (snapshot.time, snapshot.id))


def _snapshot(row: Mapping[str, Any]) -> Snapshot:
    summary = row.get("summary") or {}
    return Snapshot(
        id=row["id"],
        time=parse_time(row["time"]),
        host=row.get("hostname", ""),
        paths=tuple(row.get("paths") or ()),
        tags=tuple(row.get("tags") or ()),
        size=summary.get("total_bytes_processed", 0),
        added=summary.get("data_added_packed", 0),
        files=summary.get("total_files_processed", 0),
    )


def parse_time(text: str) -> datetime:
    """A moment as restic writes it, to the nanosecond and with the host's zone."""
    return datetime.fromisoformat(text).astimezone(UTC)


def parse_summary(stdout: str, stderr: str = "") -> dict[str, Any]:
    """The ``summary`` line of a backup, a restore or a check.

    :raises StewardError: there is none.
    """
    found = [line for line in parse_lines(stdout) if line.get("message_type") == "summary"]
    if not found:
        raise StewardError(f"restic ended without a summary; it said last: {(stderr or stdout)[-300:].strip()!r}")
    return found[-1]


def parse_backup(part: str, repository: Repository, version: str, stdout: str, stderr: str) -> dict[str, Any]:
    """The result of a part from what a backup said; files that could not be read are among its warnings."""
    summary = parse_summary(stdout, stderr)
    begin, end = parse_time(summary["backup_start"]), parse_time(summary["backup_end"])
    warnings = parse_complaints(stderr)
    if not summary["total_files_processed"]:
        warnings = [*warnings, "there was no file to store"]
    return {
        "part": part,
        "engine": "restic",
        "version": version,
        "repository": repository.name,
        "kind": "snapshot",
        "id": summary["snapshot_id"],
        "started": clock.to_text(begin),
        "finished": clock.to_text(end),
        "seconds": round((end - begin).total_seconds(), 2),
        "size": summary["total_bytes_processed"],
        "added": summary["data_added_packed"],
        "files": summary["total_files_processed"],
        "details": {"warnings": warnings[:SHOWN_WARNINGS], "warnings_total": len(warnings)},
    }


def parse_complaints(stderr: str) -> list[str]:
    """All that went wrong by itself, one text each, without the last word about the whole run."""
    said = []
    for line in stderr.splitlines():
        document = parse_line(line)
        text = line if not document else _complaint(document)
        if text.strip():
            said.append(" ".join(text.split()))
    return said


def _complaint(document: Mapping[str, Any]) -> str:
    if document.get("message_type") != "error":
        return ""
    return str(document.get("message") or (document.get("error") or {}).get("message", ""))


def parse_check(stdout: str, stderr: str, code: int) -> dict[str, Any]:
    """What a check found. Advice how to repair is left out: it is for a person who has read more than one line.

    :raises StewardError: the check did not come to an end.
    """
    summary = parse_summary(stdout, stderr)
    errors = [line for line in parse_complaints(stderr) if not re.match(r"The repository |Damaged pack |restic ", line)]
    return {
        "sound": code == DONE and not summary["num_errors"],
        "errors": errors[:SHOWN_WARNINGS],
        "errors_total": summary["num_errors"],
        "damaged_packs": list(summary.get("broken_packs") or []),
    }


def parse_restore(stdout: str) -> dict[str, int]:
    """How much a restore brought back; files are all entries but directories and links between names included."""
    summary = parse_summary(stdout)
    return {"files": summary.get("files_restored", 0), "size": summary.get("bytes_restored", 0)}


def parse_item(text: str) -> tuple[str, str, int] | None:
    """A line of a restore's dry run as (what would happen, path, bytes); None for any other line."""
    said = parse_line(text)
    if said.get("message_type") != "verbose_status":
        return None
    return str(said["action"]), str(said["item"]), int(said.get("size", 0))


def failure(repository: Repository, verb: str, code: int, stderr: str) -> StewardError:
    """The error for an exit code that is none of the verb's good ones."""
    lines = parse_lines(stderr)
    final = next((str(line["message"]) for line in lines if line.get("message_type") == "exit_error"), "")
    said = " ".join((final or stderr[-300:]).removeprefix("Fatal: ").split())
    if code == ABSENT:
        return AbsentError(
            f"there is no restic repository at {repository.url} ({repository.name})",
            "Make it with the module restic_repository; if there was one, its storage may not be mounted.",
        )
    if code == REFUSED:
        return PasswordError(
            f"the restic repository {repository.url} ({repository.name}) does not accept the password in "
            f"{repository.password_file}",
            "Put the password back with which it was made, or name another path.",
        )
    if code == LOCKED:
        return BusyError(f"the restic repository {repository.url} ({repository.name}) is in use: {_holder(said)}")
    details = [text for text in parse_complaints(stderr) if text not in said][:5]
    return StewardError("; ".join([f"restic {verb} on {repository.url} ended with {code}: {said}", *details]))


def _holder(said: str) -> str:
    """Who holds a lock, out of the sentence about it.

    >>> _holder("unable to create lock in backend: repository is already locked by PID 5 on web1 by root lock was …")
    'PID 5 on web1 by root'
    """
    found = re.search(r"locked(?: exclusively)? by (.+?)(?: \(UID| lock was|$)", said)
    return found[1] if found else said


def newest(snapshots: Iterable[Snapshot]) -> Snapshot | None:
    return max(snapshots, key=lambda snapshot: snapshot.time, default=None)
