# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.openbao.command import backup_policy, build_role
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot import plan
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot.parse import Content

ROLE = {**build_role("steward-backup", plan.LOOPBACK), "local_secret_ids": False}
CONTENT = Content(312, 3, 10, "0f3a")
OPEN = {"initialized": True, "sealed": False, "standby": False}
EMPTY = {"initialized": False, "sealed": True, "standby": True}


def test_the_policy_reads_snapshots_and_nothing_else() -> None:
    assert backup_policy() == (
        '# Kept by steward.platform: backup\npath "sys/storage/raft/snapshot" {\n  capabilities = ["read"]\n}\n'
    )


@pytest.mark.parametrize(
    ("world", "actions"),
    [
        (plan.LoginWorld("", None, "absent"), ["write_policy", "write_role", "issue"]),
        (plan.LoginWorld(backup_policy(), ROLE, "refused"), ["issue"]),
        (plan.LoginWorld(backup_policy(), {**ROLE, "token_ttl": 1}, "works"), ["write_role"]),
        (plan.LoginWorld("old", ROLE, "works"), ["write_policy"]),
        (plan.LoginWorld(backup_policy(), ROLE, "works"), []),
    ],
    ids=["nothing", "refused", "role", "policy", "in order"],
)
def test_login(world: plan.LoginWorld, actions: list[str]) -> None:
    assert [change.action for change in plan.plan_login(world, path="/l").changes] == actions


def test_who_cannot_answer_is_not_asked() -> None:
    plan.refuse_unable("https://h", OPEN)
    with pytest.raises(StewardError, match="is not initialised, so there is nothing to back up"):
        plan.refuse_unable("https://h", EMPTY)
    with pytest.raises(StewardError, match="OpenBao https://h is sealed"):
        plan.refuse_unable("https://h", {**OPEN, "sealed": True})


def test_a_directory_is_root_s_alone() -> None:
    plan.refuse_open_directory("/d", 0o700, 0)
    for mode, uid in ((0o750, 0), (0o701, 0), (0o700, 33)):
        with pytest.raises(InputError, match=f"/d has mode {mode:04o} and uid {uid}, allowed is: 0700 of root"):
            plan.refuse_open_directory("/d", mode, uid)
    with pytest.raises(InputError, match="the directory /d does not exist"):
        plan.refuse_open_directory("/d", None, None)


def test_a_snapshot_is_taken_each_time() -> None:
    assert plan.plan_snapshot("https://h", "/s").changes[0].after == "raft snapshot of https://h"


def restore(health: dict[str, Any] | None = None, seal: str = "static", confirm: str = "https://h") -> Any:
    return plan.plan_restore(health or EMPTY, seal, CONTENT, address="https://h", path="/s", confirm=confirm)


def test_a_restore_needs_an_empty_server() -> None:
    planned = restore()
    assert [change.action for change in planned.changes] == ["initialise", "restore"]
    assert planned.changes[1].after == "the content of /s, log index 312"
    assert planned.facts["index"] == 312


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (
            {"confirm": "yes"},
            InputError,
            "confirm is 'yes', allowed is the address of the server to restore to: https://h",
        ),
        ({"health": OPEN}, StewardError, "OpenBao https://h is initialised already"),
        ({"seal": "shamir"}, StewardError, "OpenBao https://h has the seal shamir"),
    ],
    ids=["confirmation", "holds something", "seal"],
)
def test_a_restore_is_refused(given: dict[str, Any], kind: type[StewardError], message: str) -> None:
    with pytest.raises(kind) as raised:
        restore(**given)
    assert message in raised.value.message


def test_a_restored_server_has_opened_itself() -> None:
    plan.refuse_unopened("https://h", OPEN)
    for health in ({**OPEN, "sealed": True}, {**OPEN, "standby": True}):
        with pytest.raises(StewardError, match="has the snapshot's content but stays sealed"):
            plan.refuse_unopened("https://h", health)
