# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a load: what was seen is counted, and every kind of loss is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.steward.platform.tests.support.load.figures import (
    Figures,
    Line,
    Seen,
    Stored,
    parse_lines,
    parse_summary,
)

SEEN = Seen(200, 0, 0, 0, 0, bookings=80, jobs=20, p50=60.0, p95=70.0, p99=80.0, max=90.0)
STORED = Stored(bookings=160, bookings_doubled=0, jobs=40, jobs_done=40, jobs_doubled=1)
WHOLE = Figures("deploy", 2.0, {"HTTP/1.1": SEEN, "HTTP/2.0": replace(SEEN, max=900.0)}, STORED, ())

# Recorded from k6 1.1.0.
SUMMARY = {
    "http_reqs": {"type": "counter", "contains": "default", "values": {"count": 1228, "rate": 97.1}},
    "begun": {"type": "counter", "contains": "default", "values": {"count": 1220, "rate": 96.5}},
    "ended": {"type": "counter", "contains": "default", "values": {"count": 1219, "rate": 96.4}},
    "failed": {"type": "counter", "contains": "default", "values": {"count": 2, "rate": 0.2}},
    "bookings": {"type": "counter", "contains": "default", "values": {"count": 498, "rate": 39.4}},
    "jobs": {"type": "counter", "contains": "default", "values": {"count": 122, "rate": 9.6}},
    "took": {
        "type": "trend",
        "contains": "time",
        "values": {"med": 43.1, "p(95)": 57.2, "p(99)": 87.9, "max": 109.5},
    },
}


def test_a_summary_is_read_and_what_never_happened_is_zero() -> None:
    read = parse_summary(json.dumps(SUMMARY))
    assert read == Seen(1220, 2, 0, 0, 1, 498, 122, 43.1, 57.2, 87.9, 109.5)


def test_only_the_scripts_own_lines_are_read() -> None:
    said = ['{"at":2500,"version":"1.0"}', "Request Failed", '{"at":3000,"failed":"POST /x: 502 HTTP/1.1 "}']
    assert list(parse_lines(said)) == [Line(2.5, "1.0", ""), Line(3.0, "", "POST /x: 502 HTTP/1.1 ")]


def test_a_load_without_losses_has_none() -> None:
    assert WHOLE.losses == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("failed", "3 requests failed"),
        ("server_errors", "3 answers were 5xx"),
        ("open", "3 requests have no known end"),
    ],
)
def test_every_loss_that_a_client_sees_is_named(name: str, said: str) -> None:
    seen = {**WHOLE.seen, "HTTP/2.0": replace(SEEN, **{name: 3})}
    assert replace(WHOLE, seen=seen).losses == [said]


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"bookings": 159}, "1 accepted bookings are not stored"),
        ({"bookings_doubled": 2}, "2 bookings are stored twice"),
        ({"jobs": 39, "jobs_done": 39}, "1 accepted jobs are not stored"),
        ({"jobs_done": 36}, "4 jobs are not done"),
    ],
)
def test_every_loss_that_only_the_rows_show_is_named(stored: dict[str, int], said: str) -> None:
    assert replace(WHOLE, stored=replace(STORED, **stored)).losses == [said]


def test_the_table_has_both_protocols_their_sum_and_the_longer_time() -> None:
    lines = WHOLE.table.splitlines()
    assert lines[0].split() == ["deploy,", "2", "s", "HTTP/1.1", "HTTP/2.0", "both"]
    assert lines[1].split() == ["requests", "200", "200", "400"]
    assert "max, ms                                    90        900        900" in lines


def test_the_table_ends_with_the_first_failures() -> None:
    failures = tuple(Line(number, "", f"failure {number}") for number in range(30))
    assert replace(WHOLE, lines=failures).table.splitlines()[-1] == "failure 19"
