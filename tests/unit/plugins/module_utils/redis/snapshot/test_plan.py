# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.redis.snapshot import plan
from ansible_collections.steward.platform.plugins.module_utils.redis.snapshot.parse import Checked

KEYS = {"0": {"keys": 12, "expiring": 2}, "3": {"keys": 1, "expiring": 0}}


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        pytest.param({"rdb_bgsave_in_progress": 0, "aof_rewrite_in_progress": 0}, False, id="idle"),
        pytest.param({"rdb_bgsave_in_progress": 0, "aof_rewrite_in_progress": 1}, True, id="rewriting"),
        pytest.param({"rdb_bgsave_in_progress": 1}, True, id="saving"),
    ],
)
def test_one_child_at_a_time(info, expected) -> None:
    assert plan.is_busy(info) is expected


@pytest.mark.parametrize(
    ("running", "moment", "status", "expected"),
    [
        pytest.param(1, 100, "ok", plan.BUSY, id="still writing"),
        pytest.param(0, 101, "ok", plan.DONE, id="written"),
        pytest.param(0, 100, "err", plan.FAILED, id="failed"),
        pytest.param(0, 100, "ok", plan.FAILED, id="nothing new, whatever the status"),
        pytest.param(0, 101, "err", plan.FAILED, id="failed after another"),
    ],
)
def test_a_snapshot_is_done_when_a_new_one_is_there(running, moment, status, expected) -> None:
    info = {"rdb_bgsave_in_progress": running, "rdb_last_save_time": moment, "rdb_last_bgsave_status": status}
    assert plan.judge_save(100, info) == expected


def test_a_file_without_keys_is_no_snapshot_of_what_has_some() -> None:
    plan.refuse_hollow("queue", Checked(0, 0, 0), KEYS, {})
    plan.refuse_hollow("queue", Checked(0, 0, 0), {}, KEYS)
    plan.refuse_hollow("queue", Checked(1, 0, 0), KEYS, KEYS)
    with pytest.raises(StewardError, match="the snapshot of queue has no keys and the instance has 13"):
        plan.refuse_hollow("queue", Checked(0, 0, 0), KEYS, KEYS)


def test_instances_are_found_by_name() -> None:
    assert plan.find_port({"cache": 6379}, "cache") == 6379
    with pytest.raises(InputError, match="instance is 'queue', allowed is one of: cache"):
        plan.find_port({"cache": 6379}, "queue")
    with pytest.raises(InputError, match="none, there is none here"):
        plan.find_port({}, "queue")


@pytest.mark.parametrize(("keys", "fits"), [(10, False), (11, True), (13, True), (14, False)])
def test_only_keys_with_an_end_may_be_gone(keys: int, fits: bool) -> None:
    checked, loaded = Checked(13, 2, 0), {"0": {"keys": keys, "expiring": 0}}
    if fits:
        plan.refuse_different(checked, loaded)
        plan.refuse_lost("queue", KEYS, keys)
        return
    with pytest.raises(StewardError, match=f"the file has 11 to 13 keys, and a server that loaded it has {keys}"):
        plan.refuse_different(checked, loaded)
    with pytest.raises(StewardError, match=f"queue loaded {keys} keys, 11 to 13 were restored"):
        plan.refuse_lost("queue", KEYS, keys)


def test_a_follower_is_not_restored() -> None:
    plan.refuse_unrestorable("queue", {"role": "master"})
    with pytest.raises(StewardError, match=r"queue follows 10\.0\.0\.1"):
        plan.refuse_unrestorable("queue", {"role": "slave", "master_host": "10.0.0.1"})


def test_the_name_confirms() -> None:
    plan.refuse_unconfirmed("queue", "queue")
    with pytest.raises(InputError, match="confirm is 'yes', allowed is: queue"):
        plan.refuse_unconfirmed("yes", "queue")


def test_settings_say_what_an_instance_keeps() -> None:
    assert plan.keeps_file({"save": "3600 1"})
    assert not plan.keeps_file({"save": ""})
    assert plan.is_append_only({"appendonly": "yes"})
    assert not plan.is_append_only({"appendonly": "no"})


def test_a_snapshot_is_planned_once() -> None:
    parameters = {"instance": "queue", "path": "/x"}
    (change,) = plan.plan_snapshot(parameters, KEYS).changes
    assert (change.subject, change.after) == ("/x", "keys of queue: 12 in 0, 1 in 3")
    assert not plan.plan_snapshot(parameters, None).changed
    assert plan.plan_snapshot(parameters, {}).changes[0].after == "keys of queue: none"


@pytest.mark.parametrize(
    ("state", "kept", "expected"),
    [
        pytest.param("restored", ["/a"], [("restore", "queue")], id="restored"),
        pytest.param("undone", ["/a", "/b"], [("undo", "queue")], id="the last one undone"),
        pytest.param("undone", [], [], id="nothing to undo"),
        pytest.param("accepted", ["/a", "/b"], [("accept", "/a"), ("accept", "/b")], id="all accepted"),
        pytest.param("accepted", [], [], id="nothing to accept"),
    ],
)
def test_states_are_reached_by_changes(state, kept, expected) -> None:
    parameters = {"instance": "queue", "state": state, "path": "/x"}
    made = plan.plan_restore(parameters, {"keys": KEYS, "file": 7, "kept": kept})
    assert [(change.action, change.subject if change.action != "accept" else change.data["kept"])
            for change in made.changes] == expected  # fmt: skip
    assert made.facts["kept"] == kept


def test_a_restore_shows_keys_and_undoing_takes_the_newest() -> None:
    seen = {"keys": KEYS, "file": 7, "kept": ["/a", "/b"]}
    (restored,) = plan.plan_restore({"instance": "q", "state": "restored", "path": "/x"}, seen).changes
    assert (restored.before, restored.after) == ("keys: 12 in 0, 1 in 3", "keys: 7 of /x")
    (undone,) = plan.plan_restore({"instance": "q", "state": "undone", "path": None}, seen).changes
    assert undone.data == {"kept": "/b"}
