# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From all versions of keys to what brings a moment back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ...core.errors import InputError, StewardError
from ...core.plan import Change, Plan

UNHIDE, COPY_BACK, HIDE = "remove delete markers", "copy back", "delete"
# What S3 copies in one request.
MOST_COPIED = 5 * 1024**3


@dataclass(frozen=True)
class Version:
    """One version of a key, or a delete marker; a listing has the newest of a key first."""

    key: str
    version: str
    modified: datetime
    size: int = 0
    marker: bool = False
    etag: str = ""


def parse_moment(text: str, now: datetime) -> datetime:
    """A moment of the past.

    >>> parse_moment("2026-11-28T02:00:00+01:00", datetime.fromisoformat("2026-11-28T12:00:00Z")).isoformat()
    '2026-11-28T02:00:00+01:00'

    :raises InputError: it is none, has no zone, or has not been yet.
    """
    allowed = "allowed is: a moment of the past with its zone, as 2026-11-28T02:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"moment is {text!r}, {allowed}") from None
    if moment.tzinfo is None or moment > now:
        raise InputError(f"moment is {text!r}, {allowed}")
    return moment


def plan_undelete(versions: Iterable[Version], moment: datetime, *, remove_markers: bool, remove_newer: bool) -> Plan:
    """What makes every key be what it was at a moment; the facts are how many were and will be as they were.

    :param remove_markers: take delete markers away, which needs the right to delete versions; else all is copied.
    :param remove_newer: delete keys that came after the moment; a versioned bucket keeps them as old versions.
    :raises StewardError: one is longer than S3 copies in one request.
    """
    # Sorting keeps the order of a key's versions.
    keys = [list(group) for _key, group in groupby(sorted(versions, key=_key_of), _key_of)]
    changes = [
        change
        for history in keys
        for change in _changes(history, moment, remove_markers=remove_markers, remove_newer=remove_newer)
    ]
    wanted = sum(current_at(history, moment) is not None for history in keys)
    return Plan(tuple(changes), {"keys": wanted, "versions": sum(map(len, keys))})


def _key_of(version: Version) -> str:
    return version.key


def current_at(history: Sequence[Version], moment: datetime) -> Version | None:
    """The version of one key that could be read at a moment."""
    then = next((version for version in history if version.modified <= moment), None)
    return None if then is None or then.marker else then


def _changes(
    history: Sequence[Version], moment: datetime, *, remove_markers: bool, remove_newer: bool
) -> Iterator[Change]:
    wanted, newest = current_at(history, moment), history[0]
    said = "deleted" if newest.marker else _show(newest)
    if wanted is None:
        if remove_newer and not newest.marker:
            yield Change(HIDE, newest.key, said, "deleted")
        return
    newer = history[: history.index(wanted)]
    # The same content is there again, because it was copied back before.
    if not newer or (wanted.etag and not newest.marker and newest.etag == wanted.etag):
        return
    if remove_markers and all(version.marker for version in newer):
        markers = [version.version for version in newer]
        yield Change(UNHIDE, wanted.key, said, _show(wanted), {"versions": markers})
        return
    if wanted.size > MOST_COPIED:
        raise StewardError(f"{wanted.key} has {wanted.size} bytes, more than S3 copies in one request: {MOST_COPIED}")
    yield Change(COPY_BACK, wanted.key, said, _show(wanted), {"version": wanted.version})


def _show(version: Version) -> str:
    return f"{version.modified:%Y-%m-%dT%H:%M:%SZ}, {version.size} bytes"
