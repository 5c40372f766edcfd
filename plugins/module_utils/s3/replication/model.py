# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is replicated from where to where, in which order, and how each object came out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...core.errors import InputError
from ..objects.model import Content, Item, Recorded

INCREMENTAL, FULL = "incremental", "full"
ABSENT, DIFFERENT, DAMAGED = "absent", "different", "damaged"
COPIED, FAILED, CHANGED, HELD_BACK = "copied", "failed", "changed", "held back"
# What refers to other objects comes after them: first what refers to data, last what makes it visible.
STAGES = (
    (1, re.compile(r"(^|/)index/[0-9a-f]{64}$")),
    (1, re.compile(r"(^|/)backup\.manifest(\.copy)?$")),
    (2, re.compile(r"(^|/)snapshots/[0-9a-f]{64}$")),
    (2, re.compile(r"(^|/)(backup|archive)\.info(\.copy)?$")),
)
# Belongs to a process at the source, or is half written: restic's locks, and temporary files of both engines.
# So is, at the target, the record of when each copy was first missed at the source.
MISSED = "steward-missed.json"
LEFT_OUT = re.compile(
    rf"^{re.escape(MISSED)}$|(^|/)locks/[0-9a-f]{{64}}$|\.pgbackrest\.tmp$|(^|/)[0-9a-f]{{64}}-tmp-\d+$"
)


@dataclass(frozen=True)
class Wish:
    """How to replicate; ``delete_after_days`` counts from when an object was first missed, None deletes nothing."""

    mode: str
    verify_percent: int
    delete_after_days: int | None


@dataclass(frozen=True)
class World:
    """Both sides as they were seen, by key.

    ``recorded`` is there for copies that the listings do not decide, ``contents`` for those that were read; None is
    one that could not be. ``missed`` is when each copy was first seen to be gone at the source.
    """

    source: Mapping[str, Item]
    target: Mapping[str, Item]
    recorded: Mapping[str, Recorded] = field(default_factory=dict)
    contents: Mapping[str, Content | None] = field(default_factory=dict)
    missed: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """An object to copy and why; ``sha256`` is what its content must be when that is known."""

    item: Item
    reason: str
    sha256: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a work."""

    work: Work
    status: str
    error: str = ""


def build_wish(options: Mapping[str, Any]) -> Wish:
    """The wish from the module's options; in mode ``full`` everything is verified.

    :raises InputError: the first defect.
    """
    percent, days = options["verify_percent"], options["delete_after_days"]
    if not 0 <= percent <= 100:
        raise InputError(f"verify_percent is {percent}, allowed is: 0 to 100")
    if days is not None and days < 1:
        raise InputError(f"delete_after_days is {days}, allowed is: at least 1")
    source = options["source"]
    needed = ("endpoint", "profile", "bucket")
    missing = [name for name in needed if not source[name]]
    if bool(source["path"]) == (not missing) or (source["path"] and len(missing) < len(needed)):
        raise InputError(f"source needs either path or {', '.join(needed)}")
    return Wish(options["mode"], 100 if options["mode"] == FULL else percent, days)


def stage_of(key: str) -> int:
    """When an object is copied: 0 data, 1 what refers to it, 2 what makes it visible.

    >>> stage_of("pgbackrest/backup/main/backup.info")
    2
    """
    return next((stage for stage, pattern in STAGES if pattern.search(key)), 0)


def is_left_out(key: str) -> bool:
    return bool(LEFT_OUT.search(key))


def describe_place(options: Mapping[str, Any]) -> str:
    """A source or target for people.

    >>> describe_place({"path": None, "endpoint": "https://s3.example.com", "bucket": "backups", "prefix": "web"})
    'https://s3.example.com/backups/web'
    """
    if options.get("path"):
        return str(options["path"])
    return "/".join(part for part in (options["endpoint"], options["bucket"], options["prefix"]) if part)
