# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.s3.objects.model import Item, Recorded
from ansible_collections.steward.platform.plugins.module_utils.s3.replication.model import Outcome, Work, World
from ansible_collections.steward.platform.plugins.module_utils.s3.replication.report import (
    Done,
    compare_world,
    measure_lag,
    refuse_failed,
    summarise,
)

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def work(key: str, minutes: int, reason: str = "absent") -> Work:
    return Work(Item(key, 10, NOW - timedelta(minutes=minutes), "mark"), reason)


OUTCOMES = [
    Outcome(work("a", 50, "damaged"), "copied"),
    Outcome(work("b", 40), "failed", "no answer"),
    Outcome(work("c", 30), "changed", "overwritten"),
    Outcome(work("d", 20), "held back"),
]


def test_the_report_counts_and_names() -> None:
    done = Done(OUTCOMES, source=9, present=5, verified=3, deleted=2, warnings=("look",))
    report = summarise(done, NOW - timedelta(seconds=2.5), NOW)
    assert report == {
        "schema": 1,
        "started": "2026-11-28T11:59:57Z",
        "finished": "2026-11-28T12:00:00Z",
        "seconds": 2.5,
        "objects": {
            "source": 9, "present": 5, "verified": 3, "deleted": 2, "copied": 1, "failed": 1, "changed": 1,
            "held_back": 1, "damaged": 1,
        },
        "bytes": 10,
        "failures": [{"key": "b", "error": "no answer"}],
        "warnings": ["look"],
        "lag": {"seconds": 2400, "objects": 3, "newest": {"key": "d", "modified": "2026-11-28T11:40:00Z"}},
    }  # fmt: skip
    with pytest.raises(StewardError, match="1 objects were not copied, 1 more were held back") as caught:
        refuse_failed(report)
    assert caught.value.data == {"report": report}


def test_both_sides_are_compared_afterwards() -> None:
    def item(key: str, minutes: int, size: int = 10, mark: str = "") -> Item:
        return Item(key, size, NOW - timedelta(minutes=minutes), mark or key * 32)

    source = [item("a", 50), item("b", 40), item("c", 30, mark="1"), item("d", 20, mark="2"), item("e", 1)]
    target = [item("a", 10), item("b", 10, 9), item("c", 10, mark="x"), item("d", 10, mark="y"), item("f", 90)]
    target.append(item(f"restic/locks/{'0' * 64}", 5))
    world = World({each.key: each for each in source}, {each.key: each for each in target}, {"c": Recorded("1", "sha")})
    assert compare_world(world, NOW - timedelta(minutes=5)) == {
        "source": {"objects": 5, "bytes": 50},
        "target": {"objects": 5, "bytes": 49},
        "missing": ["b", "d"],
    }


def test_nothing_waiting_is_no_lag() -> None:
    assert measure_lag([], NOW) == {"seconds": 0, "objects": 0, "newest": None}


def test_a_clock_that_is_behind_gives_no_negative_lag() -> None:
    assert measure_lag([work("a", -5)], NOW)["seconds"] == 0


def test_a_failure_without_others_behind_it() -> None:
    report = summarise(Done(OUTCOMES[1:2], 1, 0, 0, 0, ()), NOW, NOW)
    with pytest.raises(StewardError, match="1 objects were not copied; the first is b: no answer"):
        refuse_failed(report)


def test_what_is_only_held_back_or_changing_is_no_failure() -> None:
    refuse_failed(summarise(Done(OUTCOMES[2:], 2, 0, 0, 0, ()), NOW, NOW))
