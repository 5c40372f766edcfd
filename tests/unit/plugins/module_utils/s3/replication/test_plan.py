# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.steward.platform.plugins.module_utils.s3.objects.model import Content, Item, Recorded
from ansible_collections.steward.platform.plugins.module_utils.s3.replication.model import MISSED, Wish, Work, World
from ansible_collections.steward.platform.plugins.module_utils.s3.replication.plan import (
    choose_sample,
    needs_look,
    plan_replication,
)

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MD5, OTHER_MD5, IN_PARTS = "0f" * 16, "1e" * 16, f"{'0f' * 16}-3"
SHA, OTHER_SHA = "aa" * 32, "bb" * 32
ITEM = Item("data", 10, NOW - timedelta(hours=1), MD5)
WISH = Wish("incremental", 0, None)
GOOD = Content(10, SHA, MD5)


def works(seen: World, wish: Wish = WISH) -> list[Work]:
    plan = plan_replication(wish, seen, NOW, "there")
    return [work for change in plan.changes if change.action == "copy" for work in change.data["works"]]


@pytest.mark.parametrize(
    ("mark", "copy", "recorded", "reason"),
    [
        pytest.param(MD5, None, None, "absent", id="not there"),
        pytest.param(MD5, replace(ITEM, size=9), None, "different", id="another size"),
        pytest.param(MD5, ITEM, None, "", id="the same MD5"),
        pytest.param(MD5, replace(ITEM, mark=OTHER_MD5), Recorded("old", SHA), "different", id="another MD5"),
        pytest.param(MD5, replace(ITEM, mark=OTHER_MD5), Recorded(MD5, SHA), "", id="an ETag that is no MD5"),
        pytest.param(IN_PARTS, replace(ITEM, mark=IN_PARTS), None, "different", id="parts without a record"),
        pytest.param(IN_PARTS, ITEM, Recorded(IN_PARTS, SHA), "", id="parts with a record"),
        pytest.param("1764", ITEM, Recorded("1764", SHA), "", id="a file as it was"),
        pytest.param("1765", ITEM, Recorded("1764", SHA), "different", id="a file written again"),
    ],
)
def test_listings_and_records_decide(mark: str, copy: Item | None, recorded: Recorded | None, reason: str) -> None:
    seen = World(
        {"data": replace(ITEM, mark=mark)}, {"data": copy} if copy else {}, {"data": recorded} if recorded else {}
    )
    assert [work.reason for work in works(seen)] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("copy", "needed"),
    [
        pytest.param(None, False, id="not there"),
        pytest.param(ITEM, False, id="the same MD5"),
        pytest.param(replace(ITEM, size=9), False, id="another size"),
        pytest.param(replace(ITEM, mark=IN_PARTS), True, id="in parts"),
    ],
)
def test_only_what_the_listing_leaves_open_is_looked_at(copy: Item | None, needed: bool) -> None:
    assert needs_look(ITEM, copy) is needed


@pytest.mark.parametrize(
    ("recorded", "content", "expected"),
    [
        pytest.param(Recorded(MD5, SHA), GOOD, None, id="as recorded"),
        pytest.param(Recorded(MD5, SHA), replace(GOOD, sha256=OTHER_SHA), SHA, id="a flipped bit"),
        pytest.param(Recorded("old", SHA), replace(GOOD, sha256=OTHER_SHA), "", id="a flipped bit of an old record"),
        pytest.param(Recorded(MD5, SHA), replace(GOOD, size=9), SHA, id="shorter"),
        pytest.param(Recorded(MD5, SHA), None, SHA, id="unreadable"),
        pytest.param(Recorded(), GOOD, None, id="made by others"),
        pytest.param(Recorded(), replace(GOOD, md5=OTHER_MD5), "", id="made by others, a flipped bit"),
    ],
)
def test_a_damaged_copy_is_replaced_by_what_it_was(
    recorded: Recorded, content: Content | None, expected: str | None
) -> None:
    seen = World({"data": ITEM}, {"data": ITEM}, {"data": recorded}, {"data": content})
    found = works(seen)
    assert [(work.reason, work.sha256) for work in found] == ([] if expected is None else [("damaged", expected)])


def test_each_stage_is_one_change_and_oldest_go_first() -> None:
    keys = [f"snapshots/{'0a' * 32}", f"index/{'0b' * 32}", "data/2", "data/1"]
    source = {
        key: replace(ITEM, key=key, modified=NOW - timedelta(minutes=minutes)) for minutes, key in enumerate(keys)
    }
    plan = plan_replication(WISH, World(source, {"data/1": replace(ITEM, key="data/1", size=1)}), NOW, "there")
    assert [[work.item.key for work in change.data["works"]] for change in plan.changes] == [
        ["data/1", "data/2"],
        [keys[1]],
        [keys[0]],
    ]
    assert plan.changes[0].before == "data/1: different\n"
    assert plan.changes[0].after == "data/1: 10 bytes\ndata/2: 10 bytes\n"
    assert plan.facts == {"present": 0, "warnings": []}


def test_a_difference_stays_readable() -> None:
    source = {f"{number:03}": replace(ITEM, key=f"{number:03}") for number in range(103)}
    lines = plan_replication(WISH, World(source, {}), NOW, "there").changes[0].after.splitlines()
    assert (len(lines), lines[-1]) == (101, "and 3 more")


def old(key: str, days: int = 100) -> Item:
    return replace(ITEM, key=key, modified=NOW - timedelta(days=days))


def test_nothing_is_deleted_unless_asked() -> None:
    seen = World({"data": ITEM}, {"data": ITEM, "gone": old("gone")})
    assert not plan_replication(WISH, seen, NOW, "there").changed


def test_what_is_gone_is_deleted_after_its_own_retention_and_referring_objects_first() -> None:
    snapshot = f"snapshots/{'0a' * 32}"
    gone = {key: old(key) for key in ("a", snapshot, f"locks/{'0a' * 32}", "b")}
    there = {key: replace(ITEM, key=key) for key in ("1", "2", "3")}
    missed = {"a": NOW - timedelta(days=91), snapshot: NOW - timedelta(days=91), "b": NOW - timedelta(days=10)}
    plan = plan_replication(
        replace(WISH, delete_after_days=90), World(there, {**there, **gone}, missed=missed), NOW, "there"
    )
    assert [(change.action, change.data["keys"]) for change in plan.changes] == [("delete", [snapshot, "a"])]
    assert plan.changes[0].before == f"a\n{snapshot}\n"


def test_an_old_object_that_vanished_just_now_is_only_missed_and_one_that_came_back_is_not() -> None:
    there = {"back": replace(ITEM, key="back")}
    seen = World(there, {**there, "a": old("a"), MISSED: old(MISSED)}, missed={"back": NOW - timedelta(days=91)})
    wish = replace(WISH, delete_after_days=90)
    (change,) = plan_replication(wish, seen, NOW, "there").changes
    assert (change.action, change.data["missed"]) == ("miss", {"a": NOW})
    later = replace(seen, missed=change.data["missed"])
    assert not plan_replication(wish, later, NOW + timedelta(days=89), "there").changed
    (change,) = plan_replication(wish, later, NOW + timedelta(days=91), "there").changes
    assert (change.action, change.data["keys"]) == ("delete", ["a"])


def test_a_source_that_lost_most_deletes_nothing() -> None:
    seen = World({}, {"a": old("a"), "b": old("b")}, missed=dict.fromkeys("ab", NOW - timedelta(days=91)))
    plan = plan_replication(replace(WISH, delete_after_days=90), seen, NOW, "there")
    assert not plan.changed
    assert plan.facts["warnings"] == ["nothing was deleted, because the source has lost 2 of the target's 2 objects"]


def test_a_sample_is_another_one_each_time() -> None:
    keys = [str(number) for number in range(1000)]
    assert choose_sample(keys, 100, "a") == keys
    assert choose_sample(keys, 0, "a") == []
    first, second = choose_sample(keys, 10, "a"), choose_sample(keys, 10, "b")
    assert 50 < len(first) < 150
    assert first == choose_sample(keys, 10, "a") != second
