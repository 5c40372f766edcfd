# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.s3.versions.plan import (
    MOST_COPIED,
    Version,
    parse_moment,
    plan_undelete,
)

MOMENT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def at(minutes: int, *, marker: bool = False, size: int = 5, key: str = "k", etag: str = "") -> Version:
    return Version(key, f"v{minutes}", MOMENT + timedelta(minutes=minutes), size, marker, etag)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param([at(-1)], [], id="as it was"),
        pytest.param([at(0)], [], id="written in that very second"),
        pytest.param([at(1, marker=True), at(-1)], [("remove delete markers", {"versions": ["v1"]})], id="deleted"),
        pytest.param(
            [at(2, marker=True), at(1, marker=True), at(-1)],
            [("remove delete markers", {"versions": ["v2", "v1"]})],
            id="deleted twice",
        ),
        pytest.param([at(1), at(-1), at(-2)], [("copy back", {"version": "v-1"})], id="overwritten"),
        pytest.param([at(2, marker=True), at(1), at(-1)], [("copy back", {"version": "v-1"})], id="both"),
        pytest.param([at(2, etag="e"), at(1, marker=True), at(-1, etag="e")], [], id="copied back before"),
        pytest.param([at(1, etag="f"), at(-1, etag="e")], [("copy back", {"version": "v-1"})], id="another content"),
        pytest.param([at(1)], [], id="came later"),
        pytest.param([at(1), at(-1, marker=True), at(-2)], [], id="had been deleted and came back"),
    ],
)
def test_what_was_current_comes_back(history: list[Version], expected: list[tuple[str, dict[str, object]]]) -> None:
    plan = plan_undelete(history, MOMENT, remove_markers=True, remove_newer=False)
    assert [(change.action, change.data) for change in plan.changes] == expected


def test_without_the_right_to_delete_versions_all_is_copied() -> None:
    plan = plan_undelete([at(1, marker=True), at(-1)], MOMENT, remove_markers=False, remove_newer=False)
    (change,) = plan.changes
    assert (change.action, change.before, change.after) == ("copy back", "deleted", "2026-11-28T11:59:00Z, 5 bytes")


@pytest.mark.parametrize(
    ("history", "expected"), [([at(1)], ["delete"]), ([at(2, marker=True), at(1)], []), ([at(-1)], [])]
)
def test_what_came_later_is_deleted_only_when_asked(history: list[Version], expected: list[str]) -> None:
    plan = plan_undelete(history, MOMENT, remove_markers=True, remove_newer=True)
    assert [change.action for change in plan.changes] == expected


def test_each_key_has_its_own_history() -> None:
    versions = [at(1, key="b"), at(1, marker=True, key="a"), at(-1, key="b"), at(-1, key="a"), at(1, key="c")]
    plan = plan_undelete(versions, MOMENT, remove_markers=True, remove_newer=False)
    assert [(change.subject, change.action) for change in plan.changes] == [
        ("a", "remove delete markers"),
        ("b", "copy back"),
    ]
    assert plan.facts == {"keys": 2, "versions": 5}


def test_what_cannot_be_copied_in_one_request_is_refused() -> None:
    with pytest.raises(StewardError, match="more than S3 copies in one request"):
        plan_undelete([at(1), at(-1, size=MOST_COPIED + 1)], MOMENT, remove_markers=True, remove_newer=False)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-28T11:00:00", "2026-11-28T12:00:01Z"])
def test_a_moment_is_of_the_past_and_has_a_zone(text: str) -> None:
    with pytest.raises(InputError, match=f"^moment is '{text}', allowed is: a moment of the past with its zone"):
        parse_moment(text, MOMENT)


def test_a_moment_of_another_zone_is_the_same() -> None:
    assert parse_moment("2026-11-28T13:00:00+01:00", MOMENT) == MOMENT
