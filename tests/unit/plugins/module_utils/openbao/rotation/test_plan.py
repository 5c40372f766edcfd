# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import Secret, Stored
from ansible_collections.steward.platform.plugins.module_utils.openbao.rotation.plan import (
    STEPS,
    Held,
    phase_of,
    plan_rotation,
)

DATABASE = Secret("database/web", "credentials", "web", 40, standby="web_b")
REDIS = Secret("redis/web", "credentials", "web", 40)
KEY = Secret("web/key", "key", length=64)
SECRETS = (DATABASE, REDIS, KEY)
START = {
    "database/web": {"username": "web", "password": "first-database"},
    "redis/web": {"username": "web", "password": "first-redis"},
    "web/key": {"value": "first-key"},
}


class Store:
    """OpenBao as the client changes it by a plan: fields, a version for each write, and which can be read."""

    def __init__(self):
        self.held = {path: Held(Stored(dict(fields), 1)) for path, fields in START.items()}
        self.made = 0

    def take(self, step, secrets=SECRETS):
        plan = plan_rotation("shop", secrets, self.held, step)
        for change in plan.changes:
            path = change.data["secret"]
            held = self.held[path]
            if change.action == "write":
                assert change.data["version"] == held.secret.version
                generated = {name: self._generate(length) for name, length in change.data["generate"].items()}
                stored = Stored({**change.data["fields"], **generated}, held.secret.version + 1)
                self.held[path] = Held(stored, (*held.readable, held.secret.version))
            else:
                gone = set(change.data["versions"])
                self.held[path] = replace(held, readable=tuple(v for v in held.readable if v not in gone))
        assert plan.facts["phases"] == {secret.path: phase_of(self.fields(secret.path)) for secret in secrets}
        assert "first-" not in str(plan.diff())
        return plan

    def _generate(self, length):
        self.made += 1
        return f"{self.made}" * length

    def fields(self, path):
        return self.held[path].secret.fields


def test_a_pair_takes_turns_and_a_user_with_two_passwords_stays():
    store = Store()
    for database_user in ("web_b", "web", "web_b"):
        before = {path: dict(store.fields(path)) for path in START}
        for step in STEPS:
            store.take(step)
        for path in START:
            assert sorted(store.fields(path)) == sorted(START[path])
            assert phase_of(store.fields(path)) == "idle"
            assert store.held[path].readable == ()
        assert store.fields("database/web")["username"] == database_user
        assert store.fields("redis/web")["username"] == "web"
        assert len(store.fields("database/web")["password"]) == 40
        assert len(store.fields("web/key")["value"]) == 64
        for path, name in (("database/web", "password"), ("redis/web", "password"), ("web/key", "value")):
            assert store.fields(path)[name] != before[path][name]


def test_what_stands_beside_the_value_in_use_at_each_step():
    store = Store()
    store.take("prepared")
    assert store.fields("web/key")["value"] == "first-key"
    assert set(store.fields("web/key")) == {"value", "next_value"}
    assert store.fields("database/web")["next_username"] == "web_b"
    coming = store.fields("database/web")["next_password"]
    store.take("promoted")
    assert store.fields("database/web") == {
        "username": "web_b", "password": coming, "previous_username": "web", "previous_password": "first-database",
    }  # fmt: skip
    store.take("retired")
    assert store.fields("database/web") == {
        "username": "web_b", "password": coming, "refused_username": "web", "refused_password": "first-database",
    }  # fmt: skip
    store.take("finished")
    assert store.fields("database/web") == {"username": "web_b", "password": coming}


@pytest.mark.parametrize("reached", range(1, 4))
def test_the_same_steps_finish_what_was_interrupted(reached):
    store = Store()
    for step in STEPS[:reached]:
        store.take(step, (DATABASE,))
    wanted = store.fields("database/web")
    new = wanted.get("next_password") or wanted["password"]
    for step in STEPS:
        store.take(step)
    assert store.fields("database/web") == {"username": "web_b", "password": new}
    assert store.fields("redis/web")["password"] != "first-redis"


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_step_that_is_not_next_changes_nothing(step):
    assert not Store().take(step).changed


def test_earlier_versions_that_an_interrupted_run_left_are_destroyed():
    held = {"web/key": Held(Stored({"value": "v"}, 5), (3, 4))}
    (change,) = plan_rotation("shop", (KEY,), held, "finished").changes
    assert (change.action, change.data["path"], change.data["versions"]) == ("destroy", "shop/destroy/web/key", [3, 4])
    assert not plan_rotation("shop", (KEY,), held, "retired").changed


def test_the_difference_names_users_and_fields_only():
    shown = plan_rotation("shop", (DATABASE,), Store().held, "prepared").diff()[0]
    assert shown["before"] == "password: (set)\nusername: web\n"
    assert shown["after"] == "next_password: (set)\nnext_username: web_b\npassword: (set)\nusername: web\n"


@pytest.mark.parametrize(
    ("secret", "error", "message"),
    [
        pytest.param(Secret("pay", "external"), InputError, "pay comes from outside", id="external"),
        pytest.param(Secret("none", "key"), StewardError, "OpenBao has no secret none in shop", id="not there"),
        pytest.param(Secret("gone", "key"), StewardError, "OpenBao has no secret gone in shop", id="deleted"),
    ],
)
def test_what_cannot_be_rotated(secret, error, message):
    held = {"pay": Held(Stored({"value": "v"}, 1)), "gone": Held(Stored({}, 2, deleted=True))}
    with pytest.raises(error, match=message):
        plan_rotation("shop", (secret,), held, "prepared")
