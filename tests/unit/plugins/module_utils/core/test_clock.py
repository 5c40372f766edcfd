# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core import clock

MOMENT = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)
ELSEWHERE = MOMENT.astimezone(timezone(timedelta(hours=9)))


def test_now_knows_its_time_zone() -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("moment", [MOMENT, ELSEWHERE], ids=["utc", "another time zone"])
def test_spellings_are_utc(moment: datetime) -> None:
    assert clock.to_identifier(moment) == "20241225_143000"
    assert clock.to_text(moment) == "2024-12-25T14:30:00Z"


def test_what_was_written_is_read_again() -> None:
    assert clock.parse(clock.to_text(MOMENT)) == MOMENT
    assert clock.to_text(MOMENT.replace(microsecond=999_999)) == clock.to_text(MOMENT)
    assert clock.parse_identifier(clock.to_identifier(ELSEWHERE)) == MOMENT


@pytest.mark.parametrize("text", ["", "2024-12-25 14:30:00", "2024-12-25T14:30:00+01:00", "2024-02-30T00:00:00Z"])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not match|out of range"):
        clock.parse(text)


@pytest.mark.parametrize("text", ["", "20241225143000", "20241325_143000", "20241225_143000 "])
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not match|unconverted"):
        clock.parse_identifier(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30s", MOMENT - timedelta(seconds=30)),
        ("10m", MOMENT - timedelta(minutes=10)),
        ("2h", MOMENT - timedelta(hours=2)),
        ("7d", MOMENT - timedelta(days=7)),
        ("2024-12-24T00:00:00Z", datetime(2024, 12, 24, tzinfo=UTC)),
    ],
)
def test_since_is_an_age_or_a_moment(text: str, moment: datetime) -> None:
    assert clock.parse_since(text, MOMENT) == moment


@pytest.mark.parametrize("text", ["yesterday", "10", "-1h", "1h30m"])
def test_another_since_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not match"):
        clock.parse_since(text, MOMENT)


def test_the_local_zone_is_the_hosts() -> None:
    assert datetime.now(clock.local_zone()).utcoffset() == datetime.now().astimezone().utcoffset()
