# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a timer elapses: the part of systemd's calendar events that schedules are written in.

``[Sat,Sun|Mon..Fri] *-MONTH-DAY HOUR:MINUTE[:SECOND]``, each number ``*``, ``1,15``, ``1..5`` or ``0/6``; see
systemd.time(7). What is not understood is refused, because whether a job is overdue could not be told.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHAPE = "[Sun|Mon..Fri|Sat,Sun] *-MONTH-DAY HOUR:MINUTE[:SECOND], with numbers, *, lists, ranges a..b and steps a/b"

_TEXT = re.compile(r"(?:([A-Z][A-Za-z.,]*) )?\*-(\S+)-(\S+) ([^\s:]+):([^\s:]+)(?::([^\s:]+))?")
_ITEM = re.compile(r"(?:(\d{1,2})(?:\.\.(\d{1,2}))?|\*)(?:/(\d{1,2}))?")
_LIMITS = {"month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
_LONGEST = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


@dataclass(frozen=True)
class Calendar:
    """The values at which a timer elapses; days of the week count from Monday, 0."""

    weekdays: frozenset[int]
    month: frozenset[int]
    day: frozenset[int]
    hour: frozenset[int]
    minute: frozenset[int]
    second: frozenset[int]


def parse(text: str) -> Calendar:
    """Read a calendar event.

    :raises ValueError: it is none, or never elapses.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r}, allowed is: {SHAPE}")
    weekdays, *numbers = match.groups()
    fields = {name: _numbers(given or "0", name, text) for name, given in zip(_LIMITS, numbers, strict=True)}
    calendar = Calendar(_weekdays(weekdays, text), **fields)
    if not any(min(calendar.day) <= _LONGEST.get(month, 31) for month in calendar.month):
        raise ValueError(f"{text!r}, which never elapses")
    return calendar


def _numbers(given: str, name: str, text: str) -> frozenset[int]:
    low, high = _LIMITS[name]
    found: set[int] = set()
    for item in given.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"{text!r} with the {name} {given!r}, allowed is: {SHAPE}")
        first = low if match[1] is None else int(match[1])
        # A step without an end goes on to the highest.
        last = int(match[2]) if match[2] else high if match[3] or match[1] is None else first
        step = int(match[3] or 1)
        if not low <= first <= last <= high or step < 1:
            raise ValueError(f"{text!r} with the {name} {given!r}, allowed is: {low} to {high}")
        found |= set(range(first, last + 1, step))
    return frozenset(found)


def _weekdays(given: str | None, text: str) -> frozenset[int]:
    if given is None:
        return frozenset(range(7))
    found: set[int] = set()
    for item in given.split(","):
        first, _dots, last = item.partition("..")
        days = DAYS[DAYS.index(first) :] if first in DAYS else ()
        # systemd knows no range over the end of the week.
        if (last or first) not in days:
            raise ValueError(f"{text!r} with the weekday {item!r}, allowed is: {', '.join(DAYS)}, a range from Mon on")
        found |= set(range(DAYS.index(first), DAYS.index(last or first) + 1))
    return frozenset(found)


def previous(calendar: Calendar, moment: datetime, zone: tzinfo) -> datetime:
    """The last time the timer elapsed up to a moment; its numbers are those of a clock in ``zone``."""
    local = moment.astimezone(zone)
    days = (local.date() - timedelta(days=back) for back in itertools.count())
    elapsed = (
        candidate
        for day in days
        if _has_day(calendar, day)
        for clock_time in _times(calendar)
        if (candidate := datetime.combine(day, clock_time, zone)) <= local
    )
    return next(elapsed)


def _has_day(calendar: Calendar, day: date) -> bool:
    return day.month in calendar.month and day.day in calendar.day and day.weekday() in calendar.weekdays


def _times(calendar: Calendar) -> Iterator[time]:
    """The times of a day, the last first."""
    for hour, minute, second in itertools.product(*map(_descending, (calendar.hour, calendar.minute, calendar.second))):
        yield time(hour, minute, second)


def _descending(numbers: frozenset[int]) -> list[int]:
    return sorted(numbers, reverse=True)
