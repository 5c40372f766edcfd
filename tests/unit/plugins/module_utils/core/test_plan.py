# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.plan import Change, Plan


def test_empty_plan_changes_nothing() -> None:
    assert not Plan().changed
    assert Plan(facts={"a": 1}).diff() == []
    assert not Plan(facts={"a": 1}).changed


def test_changes_are_shown_in_their_order() -> None:
    plan = Plan((Change("write", "/etc/b", before="old\n", after="new\n"), Change("remove", "/etc/a", before="x\n")))
    assert plan.changed
    assert [row["before_header"] for row in plan.diff()] == ["/etc/b", "/etc/a"]
    assert [row["after_header"] for row in plan.diff()] == ["/etc/b (write)", "/etc/a (remove)"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("word", "word\n"), ("line\n", "line\n")],
    ids=["nothing stays nothing", "an open line is closed", "a closed line stays"],
)
def test_no_line_feed_is_shown_as_missing(text: str, shown: str) -> None:
    assert Plan((Change("set", "x", before=text, after=text),)).diff() == [
        {"before_header": "x", "after_header": "x (set)", "before": shown, "after": shown}
    ]


def test_data_for_the_client_is_not_shown() -> None:
    plan = Plan((Change("set", "role", before="a", after="b", data={"password": "not to be seen"}),))
    assert "not to be seen" not in str(plan.diff())
