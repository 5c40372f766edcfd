# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.postgresql.model import (
    Client,
    Database,
    build_catalogue,
    connection_budget,
    strip_usernames,
)

PASSWORD = "0123456789abcdefgh"
BILLING = {
    "name": "billing",
    "extensions": ["pg_trgm"],
    "clients": [
        {"role": "billing_api", "path": "database/billing-api", "access": "owner"},
        {"role": "billing_worker", "path": "database/billing-worker", "access": "writer"},
    ],
}
EMPTY = {"name": "archive", "extensions": [], "clients": []}
OPTIONS = {
    "databases": [BILLING, EMPTY],
    "credentials": {
        "database/billing-api": {"password": PASSWORD},
        "database/billing-worker": {"password": PASSWORD.upper()},
    },
    "connection_limits": {"billing_api": "30"},
    "scratch_databases": [],
}


def changed(**options):
    return {**copy.deepcopy(OPTIONS), **options}


def test_owner_and_writer_follow_from_the_name():
    billing, archive = build_catalogue(OPTIONS).databases
    clients = (Client("billing_api", "owner"), Client("billing_worker", "writer"))
    assert billing == Database("billing", "billing_owner", "billing_writer", ("pg_trgm",), clients)
    assert archive == Database("archive", "archive_owner", "archive_writer", (), ())


def test_logins_have_password_and_limit():
    logins = build_catalogue(OPTIONS).logins
    assert [(login.name, login.password, login.limit) for login in logins] == [
        ("billing_api", PASSWORD, 30),
        ("billing_worker", PASSWORD.upper(), -1),
    ]


def test_passwords_are_not_shown():
    assert PASSWORD not in repr(build_catalogue(OPTIONS))


def test_a_login_of_several_databases_is_there_once():
    other = {**EMPTY, "clients": [BILLING["clients"][0]]}
    assert len(build_catalogue(changed(databases=[BILLING, other])).logins) == 2


def test_a_scratch_database_is_used_like_its_model():
    scratch = {"name": "steward_scratch_billing", "owner_of": "billing", "state": "present"}
    catalogue = build_catalogue(changed(scratch_databases=[scratch]))
    billing, _archive, made = catalogue.databases
    assert (made.owner, made.writer, made.clients, made.extensions) == (
        billing.owner, billing.writer, billing.clients, billing.extensions
    )  # fmt: skip
    assert catalogue.groups == ("billing_owner", "billing_writer", "archive_owner", "archive_writer")


def test_an_unwanted_scratch_database_needs_no_model():
    scratch = {"name": "steward_scratch_old", "owner_of": None, "state": "absent"}
    assert build_catalogue(changed(scratch_databases=[scratch])).unwanted == ("steward_scratch_old",)


def _with_clients(*clients):
    return [{**BILLING, "clients": list(clients)}]


def _scratch(name, owner_of="billing", state="present"):
    return {"name": name, "owner_of": owner_of, "state": state}


API, WORKER = BILLING["clients"]
PATH = "credentials[database/billing-api]"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"databases": [{**EMPTY, "name": "a b"}]}, "databases[0].name is 'a b'", id="a name with a space"),
        pytest.param(
            {"databases": [{**EMPTY, "name": "a" * 57}]}, "databases[0].name is", id="a name too long for suffixes"
        ),
        pytest.param(
            {"databases": [{**EMPTY, "name": "steward_scratch_x"}]},
            "does not begin with",
            id="a database in scratch's room",
        ),
        pytest.param({"databases": [EMPTY, EMPTY]}, "databases has archive twice", id="a database twice"),
        pytest.param({"databases": _with_clients(API, API)}, "clients has billing_api twice", id="a client twice"),
        pytest.param(
            {"databases": _with_clients({**API, "role": "x;y"})},
            "clients[0].role is 'x;y'",
            id="a role with a semicolon",
        ),
        pytest.param(
            {"databases": [{**EMPTY, "extensions": ["Bad'"]}]}, "databases[0].extensions is", id="a bad extension"
        ),
        pytest.param(
            {"databases": [BILLING, {**EMPTY, "clients": [{**API, "path": "other"}]}]},
            "two paths",
            id="a role with two paths",
        ),
        pytest.param(
            {"databases": _with_clients({**API, "role": "billing_owner"})},
            "both a login role",
            id="a login named as an owner",
        ),
        pytest.param({"credentials": {}}, f"{PATH} has no password", id="no credentials"),
        pytest.param(
            {"credentials": {"database/billing-api": None}}, f"{PATH} has no password", id="empty credentials"
        ),
        pytest.param(
            {"credentials": {"database/billing-api": {"password": "short"}}}, "too weak", id="a short password"
        ),
        pytest.param(
            {"credentials": {"database/billing-api": {"password": 1234567890123456}}}, "too weak", id="a number"
        ),
        pytest.param({"credentials": {"database/billing-api": {"password": "ü" * 20}}}, "too weak", id="not ASCII"),
        pytest.param({"connection_limits": {"billing_api": "many"}}, "is 'many', allowed is", id="a limit in words"),
        pytest.param({"connection_limits": {"billing_api": -2}}, "is -2, allowed is", id="a negative limit"),
        pytest.param({"scratch_databases": [_scratch("billing")]}, "is 'billing', allowed is", id="not a scratch name"),
        pytest.param(
            {"scratch_databases": [_scratch("billing", state="absent")]},
            "is 'billing', allowed is",
            id="removing a database",
        ),
        pytest.param({"scratch_databases": [_scratch("steward_scratch_")]}, "allowed is", id="nothing but the prefix"),
        pytest.param(
            {"scratch_databases": [_scratch("steward_scratch_A")]}, "allowed is", id="a scratch name in capitals"
        ),
        pytest.param(
            {"scratch_databases": [_scratch("steward_scratch_x", "nothing")]},
            "owner_of is 'nothing'",
            id="no such model",
        ),
        pytest.param(
            {"scratch_databases": [_scratch("steward_scratch_x"), _scratch("steward_scratch_x", state="absent")]},
            "scratch_databases has steward_scratch_x twice",
            id="there and not there",
        ),
    ],
)
def test_defects_are_named_before_anything_changes(options, message):
    with pytest.raises(InputError) as caught:
        build_catalogue(changed(**options))
    assert message in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_usernames_are_compared_and_left_out():
    credentials = {
        "database/billing-api": {"username": "billing_api", "password": PASSWORD},
        "elsewhere": {"username": "x"},
    }
    assert strip_usernames([BILLING], credentials) == {"database/billing-api": {"password": PASSWORD}, "elsewhere": {}}


def test_credentials_of_another_role_are_refused():
    with pytest.raises(InputError, match=r"username is 'somebody', allowed is: billing_api"):
        strip_usernames([BILLING], {"database/billing-api": {"username": "somebody", "password": PASSWORD}})


@pytest.mark.parametrize(
    ("databases", "credentials"),
    [([BILLING], "text"), ("text", {"a": {"username": "b"}}), (["text"], {"a": "text"}), ([{"clients": ["text"]}], {})],
    ids=["credentials", "databases", "a database", "a client"],
)
def test_other_shapes_are_left_to_the_module(databases, credentials):
    assert strip_usernames(databases, credentials) == credentials


def test_the_budget_counts_both_slots_and_one_process_more():
    services = [
        {"name": "billing-api", "kind": "web", "replicas": 4},
        {"name": "billing-worker", "kind": "worker", "replicas": 1},
        {"name": "billing-beat", "kind": "scheduler", "replicas": 1},
    ]
    beat = {"role": "billing_beat"}
    databases = [{"clients": [API, WORKER, beat]}, {"clients": [API, {"role": "report"}]}]
    budget = connection_budget(databases, services, per_process=10, reserved=25)
    assert budget["limits"] == {"billing_api": 90, "billing_worker": 30, "billing_beat": 20, "report": 20}
    # 160 + 25, in whole steps
    assert budget["max_connections"] == 200


def test_a_budget_that_fits_exactly_is_not_rounded():
    assert connection_budget([], [], per_process=10, reserved=50) == {"max_connections": 50, "limits": {}}


PAIR = {**API, "standby": "billing_api_b"}
OTHER = PASSWORD[::-1]


@pytest.mark.parametrize(
    ("fields", "stripped", "logins"),
    [
        pytest.param(
            {"username": "billing_api", "password": PASSWORD},
            {"password": PASSWORD},
            {"billing_api": PASSWORD, "billing_api_b": ""},
            id="the first",
        ),
        pytest.param(
            {"username": "billing_api_b", "password": PASSWORD},
            {"standby_password": PASSWORD},
            {"billing_api": "", "billing_api_b": PASSWORD},
            id="the other",
        ),
        pytest.param(
            {"username": "billing_api", "password": PASSWORD, "next_username": "billing_api_b", "next_password": OTHER},
            {"password": PASSWORD, "standby_password": OTHER},
            {"billing_api": PASSWORD, "billing_api_b": OTHER},
            id="both",
        ),
    ],
)
def test_whoever_of_a_pair_has_a_password_may_log_in(fields, stripped, logins):
    databases = _with_clients(PAIR)
    credentials = strip_usernames(databases, {"database/billing-api": fields})
    assert credentials == {"database/billing-api": stripped}
    made = build_catalogue(changed(databases=databases, credentials=credentials)).logins
    assert {login.name: login.password for login in made} == logins
    assert {login.limit for login in made} == {30}


def test_a_third_user_name_is_refused_naming_the_pair():
    with pytest.raises(InputError, match="is 'x', allowed is: billing_api or billing_api_b"):
        strip_usernames(_with_clients(PAIR), {"database/billing-api": {"username": "x", "password": PASSWORD}})


@pytest.mark.parametrize(
    ("clients", "message"),
    [
        pytest.param([PAIR, {**WORKER, "role": "billing_api_b"}], "clients has billing_api_b twice", id="a client's"),
        pytest.param([{**API, "standby": "x;y"}], "clients[0].standby is 'x;y'", id="no name"),
    ],
)
def test_a_standby_must_be_a_role_of_its_own(clients, message):
    with pytest.raises(InputError) as caught:
        build_catalogue(changed(databases=_with_clients(*clients)))
    assert message in str(caught.value)


def test_a_standby_that_is_another_databases_client():
    other = {**EMPTY, "clients": [{**WORKER, "role": "billing_api_b"}]}
    with pytest.raises(InputError, match="the role billing_api_b stands for two clients"):
        build_catalogue(changed(databases=[*_with_clients(PAIR), other]))


def test_a_role_has_one_standby():
    other = {**EMPTY, "clients": [{**API, "standby": "billing_api_c"}]}
    with pytest.raises(InputError, match="has two standbys, billing_api_b and billing_api_c"):
        build_catalogue(changed(databases=[*_with_clients(PAIR), other]))


def test_a_weak_password_of_the_other_is_named():
    with pytest.raises(InputError, match=r"standby_password is too weak"):
        build_catalogue(
            changed(databases=_with_clients(PAIR), credentials={"database/billing-api": {"standby_password": "short"}})
        )
