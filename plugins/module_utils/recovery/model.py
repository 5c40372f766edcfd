# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a recovery: its scope, where from, and to which moment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ..core import clock
from ..core.errors import InputError
from ..core.lsn import LSN_PATTERN

# Where journals lie, and what keeps two recoveries of a host apart.
STATE, LOCK = "/var/lib/steward/recovery", "/run/lock/steward-recovery.lock"
# State files of a newer schema are refused rather than misread.
SCHEMA = 1

POSTGRESQL = "postgresql"
# The parts of a scope; `redis-*` are all instances. What is listed first comes back first.
SCOPES: Mapping[str, tuple[str, ...]] = {
    "full_system": ("configuration", "openbao", POSTGRESQL, "redis-*", "application_data"),
    "database_only": (POSTGRESQL,),
    "configuration": ("configuration",),
    "application_data": ("application_data",),
    "emergency": ("configuration", "openbao", POSTGRESQL, "redis-*"),
}
# How it can be written shorter.
SPELLINGS: Mapping[str, str] = {
    "full": "full_system",
    "database": "database_only",
    "config": "configuration",
    "data": "application_data",
}
TARGET_TYPES = ("latest", "immediate", "time", "lsn", "xid", "name")
LATEST, IMMEDIATE, TIME, LSN, XID, NAME = TARGET_TYPES

_SET = re.compile(r"\d{8}_\d{6}")
_BUCKET = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<path>/[^\s]*)?")
_REPOSITORY = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?")
# What PostgreSQL takes for a restore point.
_POINT = re.compile(r"[\x21-\x7e]{1,63}")
_XID = re.compile(r"[1-9]\d{0,9}")


@dataclass(frozen=True)
class Source:
    """Where a recovery comes from: ``kind`` is ``set``, ``path``, ``s3`` or ``repository``."""

    kind: str
    value: str


@dataclass(frozen=True)
class Target:
    """The moment to come back to; ``moment`` is set of a time alone."""

    kind: str
    value: str = ""
    moment: datetime | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.value}".strip()


def parse_scope(text: str) -> str:
    """The scope's name from either spelling.

    >>> parse_scope("database")
    'database_only'

    :raises InputError: there is none of that name.
    """
    one_of(text, (*SCOPES, *SPELLINGS), "scope")
    return SPELLINGS.get(text, text)


def one_of(value: str, allowed: Sequence[str], place: str) -> str:
    """The value, when it is one of those that are allowed.

    :raises InputError: it is none.
    """
    if value not in allowed:
        raise InputError(f"{place} is {value!r}, allowed is one of: {', '.join(allowed)}")
    return value


def has_part(scope: str, part: str) -> bool:
    """Whether a scope brings a part back.

    >>> has_part("emergency", "redis-queue")
    True
    """
    return rank(scope, part) < len(SCOPES[scope])


def rank(scope: str, part: str) -> int:
    """The part's turn in its scope."""
    for index, wanted in enumerate(SCOPES[scope]):
        if part == wanted or (wanted.endswith("*") and part.startswith(wanted[:-1])):
            return index
    return len(SCOPES[scope])


def parse_source(text: str, repositories: Sequence[str]) -> Source:
    """Where to take it from; nothing means the first repository.

    >>> parse_source("20241225_020000", ["main"])
    Source(kind='set', value='20241225_020000')

    :raises InputError: it is none of what is possible.
    """
    if not text and repositories:
        return Source("repository", repositories[0])
    if _SET.fullmatch(text):
        return Source("set", text)
    if _BUCKET.fullmatch(text):
        return Source("s3", text.rstrip("/"))
    if text.startswith("/") and ".." not in text.split("/"):
        return Source("path", text.rstrip("/") or "/")
    if _REPOSITORY.fullmatch(text) and text in repositories:
        return Source("repository", text)
    names = f", or a repository: {', '.join(repositories)}" if repositories else ""
    raise InputError(f"source is {text!r}, allowed is: a set's id, an absolute path, s3://bucket/path{names}")


def parse_target(text: str, kind: str, zone: str) -> Target:
    """The moment that is meant.

    :param kind: one of :data:`TARGET_TYPES`; empty tells times, LSNs, ``latest`` and ``immediate`` by their shape and
        never guesses between a transaction's number and a restore point's name.
    :param zone: the platform's time zone, for a time without one; may be empty.
    :raises InputError: it is no such moment, or could be two.
    """
    kind = one_of(kind, TARGET_TYPES, "target_type") if kind else _kind(text)
    if kind in (LATEST, IMMEDIATE):
        if text not in ("", kind):
            raise InputError(f"target is {text!r}, allowed with target_type={kind} is: nothing")
        return Target(kind)
    if kind == TIME:
        moment = parse_moment(text, zone)
        return Target(TIME, _show(moment), moment)
    pattern, allowed = {
        LSN: (LSN_PATTERN, "a place in the WAL such as 0/3000028"),
        XID: (_XID, "a transaction's number"),
        NAME: (_POINT, "a restore point's name of up to 63 printable characters"),
    }[kind]
    if not pattern.fullmatch(text):
        raise InputError(f"target is {text!r}, allowed with target_type={kind} is: {allowed}")
    return Target(kind, text)


def _kind(text: str) -> str:
    if text in ("", LATEST, IMMEDIATE):
        return text or LATEST
    if _TIME.fullmatch(text):
        return TIME
    if LSN_PATTERN.fullmatch(text):
        return LSN
    raise InputError(
        f"target is {text!r}, which is no time, no LSN, not {LATEST} and not {IMMEDIATE}",
        f"Say what it is with target_type, one of: {', '.join(TARGET_TYPES)}.",
    )


def parse_moment(text: str, zone: str) -> datetime:
    """A time as people write it, in UTC.

    >>> parse_moment("2024-01-01 12:00:00", "Europe/Berlin").isoformat()
    '2024-01-01T11:00:00+00:00'

    :raises InputError: it is none, has no zone, or the clocks were changed over it.
    """
    written = _TIME.fullmatch(text)
    try:
        local = datetime.fromisoformat(f"{written[1]}T{written[2]}") if written else None
    except ValueError:
        local = None
    if written is None or local is None:
        raise InputError(f"target is {text!r}, allowed is: a time such as '2024-01-01 12:00:00+01:00'")
    if written[3]:
        offset = "+00:00" if written[3] == "Z" else written[3]
        return datetime.fromisoformat(f"{local.isoformat()}{offset}").astimezone(UTC)
    if not zone:
        raise InputError(f"target is {text!r}, which has no time zone", f"Write {text}Z or {text}+01:00.")
    return _in_zone(local, zone, text)


def _in_zone(local: datetime, zone: str, text: str) -> datetime:
    try:
        known = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(f"the time zone is {zone!r}, allowed is: a name such as Europe/Berlin or UTC") from error
    first, second = (local.replace(tzinfo=known, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        # Going forth skips an hour, which then reads as two moments as well.
        happened = first.astimezone(known).replace(tzinfo=None) == local
        what = "was there twice" if happened else "was never there"
        raise InputError(f"target is {text!r}, which {what} in {zone}", f"Write {_show(first)} or {_show(second)}.")
    return first


def _show(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment.microsecond else clock.to_text(moment)
