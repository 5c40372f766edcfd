# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of restic's verbs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..core.errors import InputError
from .model import Repository

PROGRAM = "restic"
CACHE = "/var/cache/steward/restic"
SNAPSHOT = re.compile(r"[0-9a-f]{8,64}")


def build_version() -> list[str]:
    return [PROGRAM, "version", "--json"]


def build(repository: Repository, *words: str) -> list[str]:
    """A verb with its own arguments on a repository, answering in JSON."""
    return [
        PROGRAM, "--repo", repository.url, "--password-file", repository.password_file, "--cache-dir", CACHE,
        "--json", *repository.options, *words,
    ]  # fmt: skip


def build_backup(
    repository: Repository, paths: Sequence[str], *, excludes: Sequence[str], tags: Mapping[str, str], host: str
) -> list[str]:
    given = [word for pattern in excludes for word in ("--exclude", pattern)]
    return [*_backup(repository, tags, host), *given, "--", *paths]


def build_stream(
    repository: Repository, filename: str, producer: Sequence[str], *, tags: Mapping[str, str], host: str
) -> list[str]:
    """Store what ``producer`` writes, or standard input when it is empty. A producer that fails makes no snapshot."""
    words = [*_backup(repository, tags, host), "--stdin-filename", filename]
    return [*words, "--stdin-from-command", "--", *producer] if producer else [*words, "--stdin"]


def _backup(repository: Repository, tags: Mapping[str, str], host: str) -> list[str]:
    limit = ("--limit-upload", str(repository.limit_upload)) if repository.limit_upload else ()
    labels = [word for tag in tag_words(tags) for word in ("--tag", tag)]
    return build(repository, "backup", "--compression", repository.compression, *limit, "--host", host, *labels)


def build_snapshots(repository: Repository, tags: Mapping[str, str]) -> list[str]:
    """List the snapshots that have all of the tags."""
    words = tag_words(tags)
    return build(repository, "snapshots", *(("--tag", ",".join(words)) if words else ()))


def build_restore(
    repository: Repository, snapshot: str, target: str, *,
    include: Sequence[str] = (), subfolder: str = "", verify: bool = True, dry_run: bool = False,
) -> list[str]:  # fmt: skip
    source = refuse_foreign_id(snapshot) + (f":{subfolder}" if subfolder else "")
    words = [word for path in include for word in ("--include", path)]
    how = ["--dry-run", "-vv"] if dry_run else ["--verify"] if verify else []
    return build(repository, "restore", source, "--target", target, *words, *how)


def below(subfolder: str, include: Sequence[str]) -> list[str]:
    """Patterns for a directory of a snapshot, or for paths in it, whatever signs its name has.

    >>> below("/srv/a[1]", ["/x"])
    ['/srv/a\\\\[1]/x']
    """
    literal = escape(subfolder.rstrip("/"))
    return [f"{literal}/{path.lstrip('/')}" for path in include] or [literal]


def escape(path: str) -> str:
    """A pattern that means this path alone.

    >>> escape("/var/log/a[1]")
    '/var/log/a\\\\[1]'
    """
    return re.sub(r"([\[*?\\])", r"\\\1", path)


def build_dump(repository: Repository, snapshot: str, path: str) -> list[str]:
    return build(repository, "dump", refuse_foreign_id(snapshot), path)


def build_check(repository: Repository, read_data_subset: str) -> list[str]:
    """``read_data_subset`` is restic's own: ``100%``, ``1/7``, ``2G``; empty reads no data."""
    return build(repository, "check", *(("--read-data-subset", read_data_subset) if read_data_subset else ()))


def build_forget(repository: Repository, ids: Sequence[str]) -> list[str]:
    return build(repository, "forget", *(refuse_foreign_id(one) for one in ids))


def tag_words(tags: Mapping[str, str]) -> list[str]:
    """Tags as restic knows them.

    >>> tag_words({"set": "20260101_000000", "part": "logs"})
    ['set=20260101_000000', 'part=logs']

    :raises InputError: a name or value would be read as several tags.
    """
    words = [f"{name}={value}" for name, value in tags.items()]
    for word in words:
        if not re.fullmatch(r"[^\s,=]+=[^\s,]+", word):
            raise InputError(f"the tag {word!r} is not allowed: a name and a value without blanks and commas")
    return words


def refuse_foreign_id(snapshot: str) -> str:
    """A snapshot's id, whole or its first eight or more digits; no word such as ``latest``, whose meaning changes."""
    if not SNAPSHOT.fullmatch(snapshot):
        raise InputError(f"the snapshot is {snapshot!r}, allowed is: an id of 8 to 64 hexadecimal digits")
    return snapshot
