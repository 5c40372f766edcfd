# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.restic import plan
from ansible_collections.steward.platform.plugins.module_utils.restic.model import Repository, Snapshot

MAIN = Repository("main", "/srv/r", "/pw")
NOW = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
WISH: dict[str, Any] = {"paths": ["/etc"], "optional_paths": ["/srv"], "tags": {"part": "a"}, "max_age": 60}


def snapshot(name: str, *tags: str, age: int = 0, paths: tuple[str, ...] = ("/etc",)) -> Snapshot:
    return Snapshot(name * 64, NOW - timedelta(seconds=age), "web1", paths, tags, 1, 1, 1)


def test_a_repository_is_made_once() -> None:
    made = plan.plan_repository(MAIN, exists=False)
    assert [change.action for change in made.changes] == ["initialise"]
    assert made.facts == plan.plan_repository(MAIN, exists=True).facts == {"url": "/srv/r"}
    assert not plan.plan_repository(MAIN, exists=True).changed


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        ([], True),
        ([snapshot("a", "part=a", age=59)], False),
        ([snapshot("a", "part=a", age=59, paths=("/etc", "/srv"))], False),
        ([snapshot("a", "part=a", age=60)], True),
        ([snapshot("a", "part=b", age=1)], True),
        ([snapshot("a", "part=a", age=1, paths=("/etc", "/var"))], True),
    ],
    ids=["none", "young", "young with the optional path", "old", "other tag", "other paths"],
)
def test_a_backup_is_made_when_it_is_due(seen: list[Snapshot], due: bool) -> None:
    assert plan.plan_backup(MAIN, WISH, seen, NOW).changed is due
    assert plan.plan_backup(MAIN, {**WISH, "max_age": 0}, seen, NOW).changed


def test_a_backup_says_what_it_stores_and_what_was_before() -> None:
    made = plan.plan_backup(MAIN, WISH, [snapshot("a", "part=a", age=90)], NOW)
    assert made.changes[0].after == "/etc\n/srv (if it is there)"
    assert made.facts["snapshot"]["id"] == "a" * 64
    assert plan.plan_backup(MAIN, WISH, [], NOW).facts == {"snapshot": None, "result": None}


def test_a_target_is_empty_or_meant() -> None:
    for entries in (None, []):
        plan.refuse_target("/t", entries, "/", overwrite=False)
    plan.refuse_target("/t", ["a"], "/", overwrite=True)
    plan.refuse_target("/", [], None, overwrite=True)
    with pytest.raises(InputError, match="target is /a/t, and the directory in which it would appear does not exist"):
        plan.refuse_target("/a/t", None, None, overwrite=False)
    with pytest.raises(InputError, match=r"target is /t, which is not empty \(a, b, c …\)"):
        plan.refuse_target("/t", ["d", "c", "b", "a"], "/", overwrite=False)


def test_a_restore_lists_what_it_brings() -> None:
    made = plan.plan_restore("f" * 64, "/t", [("restored", "/b", 3), ("updated", "/a", 0)], 0)
    assert made.changes[0].after == "/a (updated)\n/b (restored, 3 B)"
    assert made.facts == {"items": ["/b", "/a"], "items_total": 2}
    assert plan.plan_restore("f" * 64, "/t", [("restored", "/b", 3)], 7).changes[0].after.endswith("\nand 7 more")
    with pytest.raises(StewardError, match="the snapshot ffffffff has nothing to restore to /t"):
        plan.plan_restore("f" * 64, "/t", [], 0)


def test_sets_are_forgotten_with_their_manifests_first() -> None:
    seen = [
        snapshot("a", "platform=shop", "set=1", "part=logs"),
        snapshot("b", "platform=shop", "set=1", "part=manifest"),
        snapshot("c", "platform=shop", "set=2", "part=logs"),
        snapshot("d", "platform=other", "set=1"),
        snapshot("e", "platform=shop"),
    ]
    assert plan.plan_forget(seen, platform="shop", keep={"2"}) == [["b" * 64], ["a" * 64]]
    assert plan.plan_forget(seen, platform="shop", keep={"1", "2"}) == []
    assert plan.plan_forget([], platform="shop", keep=set()) == []
    with pytest.raises(StewardError, match="none of the 3 snapshots of shop would be kept"):
        plan.plan_forget(seen, platform="shop", keep={"3"})


def test_what_is_still_there_or_never_was_is_an_error() -> None:
    plan.refuse_unknown(["aaaaaaaa"], [snapshot("a")])
    plan.refuse_remaining(["aaaaaaaa"], [snapshot("b")])
    with pytest.raises(StewardError, match="the repository has no snapshot aaaaaaaa"):
        plan.refuse_unknown(["aaaaaaaa"], [snapshot("b")])
    with pytest.raises(StewardError, match="1 of 2 snapshots could not be forgotten and are still there: aaaaaaaa"):
        plan.refuse_remaining(["a" * 64, "b" * 64], [snapshot("a"), snapshot("c")])


@pytest.mark.parametrize(
    ("missing", "links", "present", "message"),
    [
        (["/x", "/y"], [], [], "there is nothing to back up at /x, /y"),
        ([], ["/l"], ["/l"], "a symbolic link would be stored in place of what it points to: /l"),
        ([], [], [], "none of the optional paths is there"),
    ],
    ids=["missing", "link", "nothing"],
)
def test_paths_that_store_nothing_are_refused(
    missing: list[str], links: list[str], present: list[str], message: str
) -> None:
    plan.refuse_paths([], [], ["/etc"])
    with pytest.raises(plan.NothingError):
        plan.refuse_paths([], [], [])
    with pytest.raises(StewardError, match=message):
        plan.refuse_paths(missing, links, present)


def test_damage_is_an_error_with_what_was_found() -> None:
    plan.refuse_damage(MAIN, {"sound": True})
    found = {"sound": False, "errors": ["pack 1: gone", "pack 2: gone"]}
    with pytest.raises(StewardError) as raised:
        plan.refuse_damage(MAIN, found)
    assert raised.value.message == "the restic repository /srv/r (main) is damaged: pack 1: gone; pack 2: gone"
    assert raised.value.data == found
