# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.redis import model

PASSWORD = "0123456789abcdefgh"
HASH = hashlib.sha256(PASSWORD.encode()).hexdigest()
ADMIN = "a" * 64
CLIENT = {"user": "billing_api", "path": "redis/billing-api"}
CREDENTIALS = {"redis/billing-api": {"username": "billing_api", "password": PASSWORD}}
CACHE = {
    "name": "cache",
    "port": 6379,
    "eviction": "allkeys-lru",
    "persistent": False,
    "memory": "64mb",
    "clients": [CLIENT],
}
QUEUE = {**CACHE, "name": "queue", "port": 6380, "eviction": "noeviction", "persistent": True}


def describe(*rows, settings=None, credentials=None):
    credentials = CREDENTIALS if credentials is None else credentials
    return model.describe_instances(rows, ["127.0.0.1", "10.0.0.1"], settings or {}, credentials, ADMIN)


@pytest.mark.parametrize(
    ("text", "size"), [("64mb", 67108864), ("1GB", 2**30), ("1k", 1000), ("100", 100), ("7b", 7)], ids=str
)
def test_sizes(text, size):
    assert model.parse_memory(text) == size


def test_a_size_that_is_none():
    with pytest.raises(InputError, match="memory is 'lots', allowed is"):
        describe({**CACHE, "memory": "lots"})


def test_only_tls_on_the_given_addresses():
    settings = describe(CACHE)[0]["settings"]
    assert (settings["port"], settings["tls-port"], settings["bind"]) == ("0", "6379", "127.0.0.1 10.0.0.1")


def test_each_purpose_has_its_own_persistence():
    cache, queue = (instance["settings"] for instance in describe(CACHE, QUEUE))
    assert (cache["appendonly"], cache["maxmemory-policy"]) == ("no", "allkeys-lru")
    assert (queue["appendonly"], queue["maxmemory-policy"]) == ("yes", "noeviction")


def test_further_settings_take_precedence_and_yaml_booleans_are_spelt_out():
    settings = describe(
        CACHE, settings={"cache": {"tcp-keepalive": 30, "activedefrag": True, "lazyfree-lazy-expire": False}}
    )
    assert settings[0]["settings"]["tcp-keepalive"] == "30"
    assert settings[0]["settings"]["activedefrag"] == "yes"
    assert settings[0]["settings"]["lazyfree-lazy-expire"] == "no"


def test_users_are_hashes():
    users = describe(CACHE)[0]["users"]
    assert users[0] == "user default off sanitize-payload ~* &* +@all"
    assert users[1].startswith(f"user steward on sanitize-payload #{ADMIN} ")
    assert users[2] == f"user billing_api on sanitize-payload #{HASH} {model.SERVICE_RULES}"
    assert PASSWORD not in str(users)


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ({}, "redis_credentials[redis/billing-api] has no password"),
        ({"redis/billing-api": {"username": "billing_api", "password": "short"}}, "too weak"),
        (
            {"redis/billing-api": {"username": "somebody", "password": PASSWORD}},
            "is 'somebody', allowed is: billing_api",
        ),
    ],
    ids=["missing", "short", "somebody else's"],
)
def test_bad_credentials_are_refused(credentials, message):
    with pytest.raises(InputError) as caught:
        describe(CACHE, credentials=credentials)
    assert message in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["default", "a b", "", "x\nuser y on nopass"], ids=["default", "space", "empty", "a line more"]
)
def test_bad_names_are_refused(name):
    with pytest.raises(InputError, match="the Redis user is"):
        model.user_line(name, [HASH], model.SERVICE_RULES)


def test_a_hash_that_is_none():
    with pytest.raises(InputError, match="no SHA-256"):
        model.user_line("api", [PASSWORD], model.SERVICE_RULES)


def test_the_files_of_an_instance():
    configuration = model.describe_configuration(describe(CACHE))
    files = {row["path"]: row for row in configuration["files"]}
    assert configuration["configurations"] == ["/etc/redis/redis-cache.conf"]
    assert files["/etc/redis/redis-cache.conf"]["vars"]["instance"]["settings"]["maxmemory"] == "67108864"
    assert files["/etc/redis/cache.acl"]["secret_content"].count("\n") == 3
    assert files["/etc/redis/cache.acl"]["mode"] == "0640"
    assert "/etc/systemd/system/redis-server@cache.service.d/50-memory.conf" in files
    owners = {row["path"]: row.get("owner") for row in configuration["directories"]}
    assert owners["/var/lib/redis/cache"] == "redis"
    assert "/etc/systemd/system/redis-server@.service.d" in owners


@pytest.mark.parametrize(
    ("row", "limit"), [(CACHE, 160), (QUEUE, 224)], ids=["data and half", "a copy while it is rewritten"]
)
def test_the_unit_has_headroom(row, limit):
    assert model.limit_memory(describe(row)[0]["settings"]) == limit * model.MEBIBYTE


def test_the_wish_of_the_module():
    (instance,) = model.build_instances({"instances": describe(CACHE)})
    assert (instance.name, instance.port, instance.unit) == ("cache", 6379, "redis-server@cache.service")
    assert len(instance.users) == 3
    assert HASH not in repr(instance)


def test_a_bad_instance_name():
    with pytest.raises(InputError, match=r"instances\[0\]\.name is '../x'"):
        model.build_instances({"instances": [{**describe(CACHE)[0], "name": "../x"}]})


@pytest.mark.parametrize(
    ("wanted", "seen", "same"),
    [
        ("64mb", "67108864", True),
        ("64mb", "67108863", False),
        ("a  b", "a b", True),
        ("yes", "no", False),
        ("", "", True),
        ("", "3600 1", False),
        ("x", None, False),
    ],
    ids=["a size", "another size", "spaces", "another word", "nothing", "something", "unknown to the server"],
)
def test_settings_are_compared_by_meaning(wanted, seen, same):
    assert model.is_same_setting(wanted, seen) is same


def test_users_are_shown_by_name():
    assert model.show_users(["user b on #ab ~*", "user a off"]) == "a, b"


def test_a_user_has_two_passwords_while_they_are_rotated():
    other = PASSWORD[::-1]
    both = sorted(hashlib.sha256(text.encode()).hexdigest() for text in (PASSWORD, other))
    line = f"user billing_api on sanitize-payload #{both[0]} #{both[1]} {model.SERVICE_RULES}"
    fields = {"username": "billing_api", "password": PASSWORD}
    for which in ("next", "previous"):
        more = {f"{which}_username": "billing_api", f"{which}_password": other}
        assert describe(CACHE, credentials={"redis/billing-api": {**fields, **more}})[0]["users"][2] == line
    refused = {"refused_username": "billing_api", "refused_password": other}
    assert describe(CACHE, credentials={"redis/billing-api": {**fields, **refused}}) == describe(CACHE)
