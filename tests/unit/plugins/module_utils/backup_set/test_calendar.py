# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.calendar import parse, previous
from ansible_collections.steward.platform.plugins.module_utils.backup_set.schedule import JOBS, PROFILE_CALENDARS

# A Wednesday.
NOW = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("*-*-* 02:00:00", "2024-12-25T02:00:00"),
        ("*-*-* 14:30", "2024-12-25T14:30:00"),
        ("*-*-* 14:30:01", "2024-12-24T14:30:01"),
        ("*-*-* *:30:00", "2024-12-25T14:30:00"),
        ("*-*-* *:31:00", "2024-12-25T13:31:00"),
        ("*-*-* 00/6:45:00", "2024-12-25T12:45:00"),
        ("*-*-* *:00/5:00", "2024-12-25T14:30:00"),
        ("*-*-* 1..3,20:15", "2024-12-25T03:15:00"),
        ("*-*-* */7:00", "2024-12-25T14:00:00"),
        ("*-*-* 8..20/4:00", "2024-12-25T12:00:00"),
        ("Sun *-*-* 01:00:00", "2024-12-22T01:00:00"),
        ("Mon..Sat *-*-* 03:00:00", "2024-12-25T03:00:00"),
        ("Sat,Thu *-*-* 03:00", "2024-12-21T03:00:00"),
        ("Sat..Sun,Mon *-*-* 03:00", "2024-12-23T03:00:00"),
        ("*-*-01 06:00:00", "2024-12-01T06:00:00"),
        ("*-01,04,07,10-15 06:00:00", "2024-10-15T06:00:00"),
        ("*-02-29 00:00", "2024-02-29T00:00:00"),
        ("Mon *-02-29 00:00", "2016-02-29T00:00:00"),
        ("*-*-31 00:00", "2024-10-31T00:00:00"),
    ],
)
def test_the_last_time_is_found(text: str, last: str) -> None:
    assert previous(parse(text), NOW, UTC).strftime("%Y-%m-%dT%H:%M:%S") == last


def test_numbers_are_those_of_a_clock_in_the_zone() -> None:
    west = timezone(timedelta(hours=-8))
    assert previous(parse("*-*-* 02:00"), NOW, west) == datetime(2024, 12, 25, 10, tzinfo=UTC)
    assert previous(parse("*-*-* 08:00"), NOW, west) == datetime(2024, 12, 24, 16, tzinfo=UTC)


def test_a_day_without_that_hour_is_no_obstacle() -> None:
    # In Berlin 02:30 did not exist on 31 March 2024.
    moment = datetime(2024, 3, 31, 12, tzinfo=UTC)
    found = previous(parse("*-*-* 02:30"), moment, ZoneInfo("Europe/Berlin"))
    assert moment - found < timedelta(hours=12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("daily", "'daily', allowed is: [Sun|Mon..Fri|Sat,Sun] *-MONTH-DAY HOUR:MINUTE"),
        ("2024-*-* 01:00", "allowed is: [Sun"),
        ("*-*-* 01", "allowed is: [Sun"),
        ("*-*-* 01:00 UTC", "allowed is: [Sun"),
        ("*-*-* 24:00", "with the hour '24', allowed is: 0 to 23"),
        ("*-*-* 5..3:00", "with the hour '5..3', allowed is: 0 to 23"),
        ("*-*-* 00/0:00", "with the hour '00/0', allowed is: 0 to 23"),
        ("*-*-* 01:x", "with the minute 'x', allowed is"),
        ("*-*-* 01:00,:00", "with the minute '00,', allowed is"),
        ("*-13-* 01:00", "with the month '13', allowed is: 1 to 12"),
        ("*-*-00 01:00", "with the day '00', allowed is: 1 to 31"),
        ("Sunday *-*-* 01:00", "with the weekday 'Sunday', allowed is: Mon, Tue"),
        ("Sat..Mon *-*-* 01:00", "with the weekday 'Sat..Mon', allowed is: Mon, Tue"),
        ("Sun..Xyz *-*-* 01:00", "with the weekday 'Sun..Xyz', allowed is"),
        ("*-02,04-31 01:00", "which never elapses"),
        ("*-*-* 01:00\nOnBootSec=1", "allowed is"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the text follows
        parse(text)
    assert message in str(refusal.value)


def test_all_calendars_of_ours_are_understood() -> None:
    ours = [job.calendar for job in JOBS.values()]
    ours += [text for profile in PROFILE_CALENDARS.values() for text in profile.values()]
    assert all(previous(parse(text), NOW, UTC) <= NOW for text in ours)
