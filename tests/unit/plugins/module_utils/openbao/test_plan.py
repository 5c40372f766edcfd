# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.plan import Plan
from ansible_collections.steward.platform.plugins.module_utils.openbao.command import (
    admin_policy,
    build_role,
    service_policy,
)
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import (
    Catalog,
    CatalogWorld,
    Secret,
    SecretFile,
    SecretFileState,
    ServerWorld,
    Service,
    Stored,
)
from ansible_collections.steward.platform.plugins.module_utils.openbao.plan import (
    COMPLETE,
    RECEIVED,
    REQUESTED,
    is_stale,
    plan_catalog,
    plan_logins,
    plan_rendering,
    plan_server,
)

ROOT = {"state": RECEIVED, "root_token": "s.root", "recovery_keys": ["k"]}
SHAMIR_ROOT = {"state": RECEIVED, "root_token": "s.root", "unseal_keys": ["k"]}
DONE = {"state": COMPLETE, "recovery_keys": ["k"]}
HALF = {"state": REQUESTED, "since": "2026-01-01T00:00:00Z"}


def server(initialized: bool, sealed: bool, escrow: Any = None, admin: str = "unknown", **other: Any) -> Plan:
    world = ServerWorld(initialized, sealed, escrow, admin, **other)
    return plan_server(world, address="https://h:8200", escrow="/e.json", admin="/a.json")


@pytest.mark.parametrize(
    ("plan", "actions"),
    [
        (lambda: server(False, True), ["initialise", "make_admin", "retire_root"]),
        (lambda: server(False, True, HALF), ["initialise", "make_admin", "retire_root"]),
        (lambda: server(True, False, ROOT, "absent"), ["make_admin", "retire_root"]),
        (lambda: server(True, False, ROOT, "refused"), ["make_admin", "retire_root"]),
        (lambda: server(True, True, SHAMIR_ROOT), ["unseal", "make_admin", "retire_root"]),
        (lambda: server(True, False, ROOT, "works", policy=admin_policy(), lockout_disabled=True), ["retire_root"]),
        (lambda: server(True, False, DONE, "works", policy="old"), ["write_policy", "disable_lockout"]),
        (lambda: server(True, False, None, "works", policy=admin_policy(), lockout_disabled=True), []),
    ],
)
def test_server_steps(plan: Any, actions: list[str]) -> None:
    planned = plan()
    assert [change.action for change in planned.changes] == actions
    assert "s.root" not in str(planned.diff())


@pytest.mark.parametrize(
    ("world", "said", "hint"),
    [
        ((False, True, DONE), "holds the keys of an earlier one", "move that file away"),
        ((True, False, HALF), "nobody has its keys: the run that began it at 2026-01-01T00:00:00Z", "remove /var/lib"),
        ((True, True, DONE), "OpenBao https://h:8200 is sealed", "bao operator unseal"),
        ((True, True, ROOT), "OpenBao https://h:8200 is sealed", "systemctl restart openbao"),
        ((True, True), "OpenBao https://h:8200 is sealed", "systemctl restart openbao"),
        ((True, False, DONE, "absent"), "the login in /a.json is absent", "Every login is lost"),
        ((True, False, None, "refused"), "the login in /a.json is refused", "Every login is lost"),
    ],
)
def test_server_states_that_need_a_person(world: tuple[Any, ...], said: str, hint: str) -> None:
    with pytest.raises(StewardError) as caught:
        server(*world)
    assert said in caught.value.message
    assert hint in caught.value.hint


WEB = Service(
    "web", 10001, (SecretFile("URL", "database/web", "{username}:{password}"), SecretFile("K", "key", "{value}"))
)
DATABASE = Secret("database/web", "credentials", "web", 40)
KEY = Secret("key", "key", length=64)
STRIPE = Secret("stripe", "external", variable="stripe_key", minimum=8)
KV = {"type": "kv", "options": {"version": "2"}}
FULL = CatalogWorld(
    mount=KV,
    policies={"demo-web": service_policy("demo", WEB)},
    roles={"demo-web": {**build_role("demo-web"), "local_secret_ids": False}},
    secrets={
        "database/web": Stored({"username": "web", "password": "hunter22"}, 1),
        "key": Stored({"value": "hunter22"}, 1),
        "stripe": Stored({"value": "hunter22"}, 3),
    },
)
EMPTY = CatalogWorld(None, {}, {}, {})


def catalog(world: CatalogWorld, external: dict[str, str] | None = None, **parts: Any) -> Plan:
    wanted = {"services": (WEB,), "secrets": (DATABASE, KEY, STRIPE), **parts}
    planned = plan_catalog(Catalog("demo", external=external or {}, **wanted), world)
    assert "hunter22" not in str(planned.diff())
    assert "secret-value" not in str(planned.diff())
    return planned


def subjects(plan: Plan) -> list[tuple[str, str]]:
    return [(change.action, change.subject) for change in plan.changes]


def test_a_full_catalog_needs_nothing() -> None:
    assert not catalog(FULL).changed
    assert not catalog(FULL, {"stripe": "hunter22"}).changed


def test_an_empty_server_gets_everything() -> None:
    planned = catalog(EMPTY, {"stripe": "secret-value"})
    assert subjects(planned) == [
        ("mount", "mount demo"),
        ("write_secret", "secret demo/database/web"),
        ("write_secret", "secret demo/key"),
        ("write_secret", "secret demo/stripe"),
        ("write_policy", "policy demo-web"),
        ("write_role", "AppRole demo-web"),
    ]
    database, key, stripe = (change for change in planned.changes if change.action == "write_secret")
    assert database.data == {
        "path": "demo/data/database/web", "fields": {"username": "web"}, "generate": {"password": 40}, "version": 0,
    }  # fmt: skip
    assert database.after == "password: (generated)\nusername: (set)"
    assert key.data["generate"] == {"value": 64}
    assert stripe.data["fields"] == {"value": "secret-value"}


def test_a_new_external_value_replaces_the_old_one() -> None:
    (change,) = catalog(FULL, {"stripe": "secret-value"}).changes
    assert change.data["version"] == 3
    assert (change.before, change.after) == ("value: (set)", "value: (changed)")


def test_a_new_user_name_keeps_the_password() -> None:
    (change,) = catalog(FULL, secrets=(Secret("database/web", "credentials", "web2"), KEY, STRIPE)).changes
    assert change.data["fields"] == {"username": "web2", "password": "hunter22"}
    assert change.data["generate"] == {}


def test_settings_that_somebody_changed_are_put_back() -> None:
    world = CatalogWorld(KV, {"demo-web": "path {}"}, {"demo-web": {"token_type": "service"}}, FULL.secrets)
    assert subjects(catalog(world)) == [("write_policy", "policy demo-web"), ("write_role", "AppRole demo-web")]


def test_logins_of_services_that_are_no_more_are_removed() -> None:
    other = "# Kept by steward.platform: platform demo-two\n"
    world = CatalogWorld(KV, {**FULL.policies, "demo-two-web": other, "demo-x": ""}, FULL.roles, FULL.secrets)
    assert subjects(catalog(world, services=())) == [
        ("remove_role", "AppRole demo-web"),
        ("remove_policy", "policy demo-web"),
    ]
    orphan = CatalogWorld(KV, FULL.policies, {}, FULL.secrets)
    assert subjects(catalog(orphan, services=())) == [("remove_policy", "policy demo-web")]


@pytest.mark.parametrize(
    ("stored", "external", "line"),
    [
        ({}, {}, "the external secret stripe has no value: set the variable stripe_key"),
        ({}, {"stripe": "short"}, "the external secret stripe is shorter than 8 characters"),
        ({"stripe": Stored({}, 2, deleted=True)}, {}, "the secret stripe was deleted from OpenBao: undelete it"),
        ({"key": Stored({}, 2, deleted=True)}, {"stripe": "long enough"}, "the secret key was deleted from OpenBao"),
    ],
)
def test_what_only_a_person_can_give_is_named(stored: dict[str, Stored], external: dict[str, str], line: str) -> None:
    with pytest.raises(InputError) as caught:
        catalog(CatalogWorld(None, {}, {}, stored), external)
    assert caught.value.message.startswith(line)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "mount", [{"type": "pki"}, {"type": "kv", "options": {"version": "1"}}, {"type": "kv", "options": None}]
)
def test_another_store_of_the_same_name_is_refused(mount: dict[str, Any]) -> None:
    with pytest.raises(StewardError, match="no key-value store of version 2"):
        catalog(CatalogWorld(mount, {}, {}, {}), {"stripe": "secret-value"})


def test_logins_are_issued_by_name() -> None:
    (change,) = plan_logins("demo", ["web"], "app1").changes
    assert (change.subject, dict(change.data)) == ("login of web on app1", {"service": "web", "name": "demo-web"})


@pytest.mark.parametrize(
    ("force", "names"),
    [(False, ["secrets of b", "secrets of c"]), (True, ["secrets of a", "secrets of b", "secrets of c"])],
)
def test_rendering_covers_what_is_wrong(force: bool, names: list[str]) -> None:
    services = [Service("a"), Service("b"), Service("c")]
    planned = plan_rendering(services, {"missing": ["b"], "stale": ["c"]}, force=force)
    assert [change.subject for change in planned.changes] == names


SECRETS = {"database/web": {"username": "u", "password": "p"}, "key": {"value": "v"}}
FRESH = {"URL": SecretFileState("0400", 10001, "u:p"), "K": SecretFileState("0400", 10001, "v")}
PLACE = SecretFileState("0500", 10001)


@pytest.mark.parametrize(
    ("place", "files", "stale"),
    [
        (PLACE, FRESH, False),
        (None, FRESH, True),
        (SecretFileState("0755", 10001), FRESH, True),
        (SecretFileState("0500", 0), FRESH, True),
        (PLACE, {}, True),
        (PLACE, {**FRESH, "OLD": SecretFileState("0400", 10001, "x")}, True),
        (PLACE, {**FRESH, "K": SecretFileState("0400", 10001, "w")}, True),
        (PLACE, {**FRESH, "K": SecretFileState("0444", 10001, "v")}, True),
        (PLACE, {**FRESH, "K": SecretFileState("0400", 0, "v")}, True),
    ],
)  # fmt: skip
def test_stale_files(place: SecretFileState | None, files: dict[str, SecretFileState | None], stale: bool) -> None:
    assert is_stale(WEB, SECRETS, place, files) is stale


def test_a_secret_without_the_field_is_an_error() -> None:
    with pytest.raises(StewardError, match="the file K of web needs the field 'value'"):
        is_stale(WEB, {**SECRETS, "key": {}}, PLACE, FRESH)


def test_whichever_of_a_pair_is_in_use_stays() -> None:
    paired = Secret("database/web", "credentials", "web", 40, standby="web_b")
    world = replace(FULL, secrets={**FULL.secrets, "database/web": Stored({"username": "web_b", "password": "p"}, 7)})
    assert not catalog(world, secrets=(paired, KEY, STRIPE)).changed
    assert catalog(world).changed
