# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what pgBackRest prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ..core.errors import InputError, StewardError
from .model import Backup, RepositoryState, StanzaState, require
from .wal import SEGMENT_BYTES, Segment, parse_segment

# Its exit codes that mean more than a failure, by https://github.com/pgbackrest/pgbackrest src/build/error/error.yaml.
EXIT_LOCKED = 50
CODE_OK, CODE_MISSING, CODE_EMPTY, CODE_NO_DATA, CODE_OTHER = 0, 1, 2, 3, 99
# What it says of a file that it cannot decrypt: that it cannot, or that the decrypted text makes no sense.
_WRONG_KEY = ("CryptoError", "key/value found outside of section")
_WAL_FILE = re.compile(r"(?:.*/)?([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?")
_HISTORY_FILE = re.compile(r"(?:.*/)?([0-9A-F]{8})\.history")
_PERCENT = re.compile(r"\(.*?([\d.]+)%\)")
_NEW_LABEL = re.compile(r"new backup label = (\S+)")
_BACKUP_FILES = re.compile(r"backup size = \S+, file total = (\d+)")
_RESTORED = re.compile(r"repo(\d+): restore backup set (\S+), recovery will start at")
_RESTORE_SIZE = re.compile(r"restore size = ([\d.]+)([KMGT]?B), file total = (\d+)")
_ERROR = re.compile(r"ERROR: \[\d{3}\]: (.*(?:\n {2,}.*)*)")
_COUNT = re.compile(r"(missing|checksum invalid|size invalid|other): (\d+)")
_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_UNPRINTABLE = re.compile(r"[^ -~\n]+")
MESSAGE_MAXIMUM = 600


@dataclass(frozen=True)
class Verification:
    """What ``verify`` found: whether all is good, and the lines that say what is not."""

    good: bool
    problems: tuple[str, ...] = ()
    segments: int = 0
    files: int = 0


def parse_version(text: str) -> str:
    """The release in what ``version`` prints.

    >>> parse_version("pgBackRest 2.55.1\\n")
    '2.55.1'

    :raises StewardError: there is none.
    """
    found = re.search(r"pgBackRest (\d+\.\d+(?:\.\d+)?)", text)
    if found is None:
        raise StewardError(f"pgbackrest says that its version is {clean(text)!r}")
    return found[1]


def parse_type(configuration: str, repo: int) -> str:
    """The type of a repository in the configuration; ``unknown`` when it is not there.

    >>> parse_type("[global]\\nrepo1-type=s3\\n", 1)
    's3'
    """
    found = re.search(rf"^repo{repo}-type=(\w+)$", configuration, re.MULTILINE)
    return found[1] if found else "unknown"


def require_past(at: str, repo: int | None, release: str, configuration: str) -> None:
    """:raises InputError: the repository keeps no past; pgBackRest itself would show the present instead."""
    if not repo:
        raise InputError("repo is missing, allowed is: a number, because at is given")
    require(release, "target_time", f"a repository as it was at {at}")
    kind = parse_type(configuration, repo)
    if kind != "s3":
        raise InputError(f"at is {at!r}, allowed is: nothing, because repository {repo} is of type {kind}")


def without_copies(state: StanzaState, configuration: str) -> StanzaState:
    """The stanza in the repositories that every command knows; those that only commands that read know are copies."""
    common = configuration.partition("[global:")[0]
    everywhere, written = (set(re.findall(r"^repo(\d+)-type=", text, re.MULTILINE)) for text in (configuration, common))
    rows = tuple(row for row in state.repositories if str(row.key) not in everywhere - written)
    return replace(state, repositories=rows)


def parse_info(text: str, stanza: str) -> StanzaState:
    """The stanza in what ``info --output=json`` prints.

    :raises StewardError: it is no such document.
    """
    try:
        # What could not be decrypted is quoted in a message, control characters and all.
        rows = json.loads(text, strict=False)
        found: Mapping[str, Any] = next((row for row in rows if row["name"] == stanza), {})
        busy = bool(found.get("status", {}).get("lock", {}).get("backup", {}).get("held"))
        return StanzaState(stanza, busy, tuple(_repository(row, found) for row in found.get("repo", ())))
    except (ValueError, KeyError, TypeError) as error:
        raise StewardError(
            f"pgbackrest info printed what is not understood: {type(error).__name__}: {error}"
        ) from error


def _repository(row: Mapping[str, Any], stanza: Mapping[str, Any]) -> RepositoryState:
    key = row["key"]
    archives = [entry for entry in stanza["archive"] if entry["database"]["repo-key"] == key]
    return RepositoryState(
        key=key,
        code=row["status"]["code"],
        message=clean(row["status"]["message"]),
        cipher=row["cipher"],
        systems={
            entry["id"]: (entry["system-id"], str(entry["version"]))
            for entry in stanza["db"]
            if entry["repo-key"] == key
        },
        archives={entry["database"]["id"]: entry["id"] for entry in archives},
        backups=tuple(_backup(entry) for entry in stanza["backup"] if entry["database"]["repo-key"] == key),
    )


def _backup(row: Mapping[str, Any]) -> Backup:
    return Backup(
        label=row["label"],
        kind=row["type"],
        started=_moment(row["timestamp"]["start"]),
        finished=_moment(row["timestamp"]["stop"]),
        wal_start=row["archive"]["start"],
        wal_stop=row["archive"]["stop"],
        lsn_start=row["lsn"]["start"],
        lsn_stop=row["lsn"]["stop"],
        size=row["info"]["size"],
        added=row["info"]["repository"]["delta"],
        database=row["database"]["id"],
        references=tuple(row["reference"] or ()),
        error=bool(row.get("error")),
        version=row["backrest"]["version"],
        annotations=dict(row.get("annotation") or {}),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def is_wrong_key(message: str) -> bool:
    """Whether pgBackRest says that a repository is not encrypted as its configuration has it."""
    return any(text in message for text in _WRONG_KEY)


def clean(message: str) -> str:
    """A message as it can be shown: what pgBackRest could not decrypt is in it as it came."""
    lines = [_UNPRINTABLE.sub("?", line).strip() for line in message.splitlines()]
    return " ".join(line for line in lines if line)[:MESSAGE_MAXIMUM]


def parse_error(text: str) -> str:
    """The first error in what a command printed, and its hints.

    >>> parse_error("2026-11-28 P00  ERROR: [040]: it contains files\\n   HINT: try using --delta\\n")
    'it contains files HINT: try using --delta'
    """
    found = _ERROR.search(text)
    return clean(found[1] if found else text)


def parse_archive(text: str, size: int = SEGMENT_BYTES) -> tuple[dict[Segment, datetime], tuple[int, ...]]:
    """The complete segments with the moment each arrived, and the timelines that have a history file.

    :param text: what ``repo-ls --output=json --recurse`` prints of a folder of WAL.
    :raises StewardError: it is no such document.
    """
    try:
        files = {name: row["time"] for name, row in json.loads(text).items() if row["type"] == "file"}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StewardError(
            f"pgbackrest repo-ls printed what is not understood: {type(error).__name__}: {error}"
        ) from error
    segments = {
        parse_segment(found[1], size): _moment(moment)
        for name, moment in files.items()
        if (found := _WAL_FILE.fullmatch(name))
    }
    timelines = sorted(int(found[1], 16) for name in files if (found := _HISTORY_FILE.fullmatch(name)))
    return segments, tuple(timelines)


def parse_percent(line: str) -> float | None:
    """How much of a backup is done, when the line tells.

    >>> parse_percent("P01 DETAIL: backup file /x/2616 (bundle 1/2493752, 24KB, 97.23%) checksum 44d6")
    97.23
    """
    found = _PERCENT.search(line)
    return float(found[1]) if found else None


def parse_made(text: str) -> tuple[str, int | None]:
    """The label of the backup that was made, and how many files it covers.

    :raises StewardError: no line names one.
    """
    label, files = _NEW_LABEL.search(text), _BACKUP_FILES.search(text)
    if label is None:
        raise StewardError("pgbackrest ended well but named no new backup", "See the logs in /var/log/pgbackrest.")
    return label[1], int(files[1]) if files else None


def parse_restore(text: str) -> dict[str, Any]:
    """The backup and repository that a restore used, and how many bytes and files it brought.

    :raises StewardError: it does not say so.
    """
    used, size = _RESTORED.search(text), _RESTORE_SIZE.search(text)
    if used is None or size is None:
        raise StewardError("pgbackrest restore ended well but did not say what it restored")
    return {
        "repo": int(used[1]),
        "label": used[2],
        "size": int(float(size[1]) * _UNITS[size[2]]),
        "files": int(size[3]),
    }


def parse_verification(text: str) -> Verification:
    """What ``verify --output=text --verbose`` says; anything but ``status: ok`` is bad."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    problems, subject = [], ""
    for line in lines:
        counts = {name: int(number) for name, number in _COUNT.findall(line)}
        if counts:
            problems += [f"{subject}: {name} {number}" for name, number in counts.items() if number]
        elif line.startswith(("archiveId:", "backup:")):
            subject = line.partition(",")[0]
            bad = "status:" in line and "status: valid" not in line
            problems += [line] if bad else []
    good = "status: ok" in lines and not problems
    if not good and not problems:
        problems = [line for line in lines if not line.startswith("stanza:")] or ["verify said nothing"]
    return Verification(good, tuple(problems), _total(lines, "total WAL checked"), _total(lines, "total files checked"))


def _total(lines: Iterable[str], title: str) -> int:
    found = (re.search(rf"{title}: (\d+)", line) for line in lines)
    return sum(int(match[1]) for match in found if match)
