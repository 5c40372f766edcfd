# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.platform_model.plan import account, normalise

HOSTS = {"one": {"private_address": "10.0.0.1", "groups": ["app", "cache", "database", "proxy", "secrets"]}}


def variables() -> dict[str, Any]:
    """A platform with one of everything, as a user writes it."""
    return {
        "platform_name": "shop",
        "platform_environment": "demo",
        "platform_domains": ["shop.test"],
        "platform_backup": {"enabled": True},
        "platform_private_address": "10.0.0.1",
        "platform_databases": [{"name": "orders"}, {"name": "spare"}],
        "platform_redis": [
            {"name": "cache", "port": 6379, "eviction": "allkeys-lru"},
            {"name": "queue", "port": 6380, "persistent": True},
        ],
        "platform_secrets": [{"path": "api/key"}, {"path": "external/pay", "kind": "external", "variable": "pay_key"}],
        "platform_builds": [{"name": "api", "context": "/src"}],
        "platform_services": [
            {
                "name": "api",
                "build": "api",
                "port": 80,
                "entry_port": 8000,
                "databases": [{"name": "orders"}],
                "redis": [{"use": "cache", "instance": "cache", "secret": "CACHE_URL"}],
                "secrets": [{"name": "KEY", "path": "api/key"}],
                "migration": {"current": ["c"], "heads": ["h"], "upgrade": ["u"]},
                "routes": [{"host": "www.shop.test"}],
            },
            {
                "name": "mail-worker",
                "kind": "worker",
                "image": "mail@sha256:" + "0" * 64,
                "health": {"command": ["probe"]},
                "databases": [{"name": "orders", "secret": "DB"}],
                "redis": [{"use": "broker", "instance": "queue", "secret": "BROKER"}],
                "depends_on": ["api"],
            },
        ],
    }


def defects(change: Callable[[dict[str, Any]], Any], hosts: dict[str, Any] | None = None) -> tuple[str, ...]:
    written = variables()
    change(written)
    return normalise(written, HOSTS if hosts is None else hosts).errors


def test_a_whole_model_is_normalised_without_a_defect() -> None:
    normalised = normalise(variables(), HOSTS)
    assert normalised.errors == ()
    assert normalised.model["paths"]["releases"] == "/opt/shop/releases"
    assert normalised.model["addresses"]["database"] == "10.0.0.1"


def test_what_was_written_is_not_changed() -> None:
    written = variables()
    normalise(written, HOSTS)
    assert written == variables()


def test_web_services_have_fixed_ports_for_both_slots_and_others_have_none() -> None:
    web, worker = normalise(variables(), HOSTS).model["services"]
    assert web["slot_ports"] == {"blue": 18000, "green": 18008}
    assert worker["slot_ports"] == {}


def test_who_migrates_owns_the_database_and_who_does_not_writes() -> None:
    orders, spare = normalise(variables(), HOSTS).model["databases"]
    assert [(client["role"], client["access"]) for client in orders["clients"]] == [
        ("api", "owner"),
        ("mail_worker", "writer"),
    ]
    assert spare["clients"] == []


def test_credentials_follow_from_who_uses_what() -> None:
    paths = [secret["path"] for secret in normalise(variables(), HOSTS).model["secrets"]]
    assert paths == [
        "database/api", "redis/api", "database/mail-worker", "redis/mail-worker", "api/key", "external/pay",
        "backup/restic-password", "backup/mac-key", "backup/pgbackrest-cipher",
    ]  # fmt: skip


def test_the_keys_of_the_backups_are_generated_where_there_are_backups() -> None:
    row = normalise(variables(), HOSTS).model["secrets"][-1]
    assert row == {"path": "backup/pgbackrest-cipher", "kind": "key", "length": 64, "variable": None}
    without = normalise({**variables(), "platform_backup": {}}, HOSTS).model
    assert without["backup"] == {"enabled": False}
    assert [row["path"] for row in without["secrets"]][-1] == "external/pay"


def test_secret_files_are_formats_of_a_secret() -> None:
    files = normalise(variables(), HOSTS).model["services"][0]["secret_files"]
    assert files[0]["format"].startswith("postgresql://{username}:{password}@10.0.0.1:5432/orders?sslmode=verify-full")
    assert files[1]["format"].startswith("rediss://{username}:{password}@10.0.0.1:6379/0?ssl_cert_reqs=required")
    assert files[2] == {"name": "KEY", "path": "api/key", "format": "{value}"}


def test_accounts_have_no_hyphen() -> None:
    assert account("mail-worker") == "mail_worker"


def service(number: int, **changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda written: written["platform_services"][number].update(changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.update(platform_nmae="x"), "platform_nmae is unknown, did you mean platform_name?"),
        (lambda v: v.pop("platform_name"), "platform_name is missing"),
        (lambda v: v.update(platform_thresholds={"disk_warn": 1}), "disk_warn is unknown, did you mean disk_warning?"),
        (lambda v: v.update(platform_thresholds={"disk_warning": 96}), "allowed is: less than disk_critical"),
        (lambda v: v["platform_databases"].append({"name": "orders"}), "has the database orders 2 times"),
        (service(1, entry_port=8000), "platform_services has the entry port 8000 2 times"),
        (service(0, build="apii"), "(api).build is 'apii', allowed is a name in platform_builds: api"),
        (service(0, databases=[{"name": "x"}]), ".databases[0].name is 'x', allowed is a name in platform_databases"),
        (service(0, image="x@sha256:" + "0" * 64), "has both or neither of build and image"),
        (service(0, port=None), "is a web service without port or entry_port"),
        (service(1, routes=[{"host": "shop.test"}]), "is no web service but has routes"),
        (service(1, kind="scheduler", replicas=2), "is a scheduler with more than one replica"),
        (service(1, health={}), "has no health.command, which is needed"),
        (service(0, databases=[]), "has a migration but no database"),
        (service(0, secrets=[{"name": "CACHE_URL", "path": "api/key"}]), "has the secret file CACHE_URL 2 times"),
        (
            service(1, redis=[{"use": "broker", "instance": "cache", "secret": "B"}]),
            "which evicts entries (allkeys-lru); allowed for a broker is an instance with noeviction",
        ),
        (service(1, depends_on=["mail-worker"]), ".depends_on[0] is 'mail-worker', allowed is a name in"),
        (service(0, routes=[{"host": "other.test"}]), "allowed is one of platform_domains or a name below: shop.test"),
        (lambda v: v.update(platform_port_range={"first": 18000, "last": 18003}), "a range of at least 16 ports"),
        (lambda v: v.update(platform_port_range={"first": 8000, "last": 8999}), "is 8000, allowed is a port outside"),
        (lambda v: v["platform_secrets"].append({"path": "x", "kind": "external"}), "for kind external is: a variable"),
        (lambda v: v["platform_secrets"][0].update(variable="y"), "allowed for kind key is: nothing"),
        (lambda v: v["platform_secrets"][0].update(path="backup/mac-key"), "'backup/mac-key', which the backups have"),
    ],
)  # fmt: skip
def test_a_defect_is_told_in_one_line(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    found = defects(change)
    assert any(said in line for line in found), found
    assert all("\n" not in line for line in found)


def test_one_url_leads_to_one_service() -> None:
    other = variables()["platform_services"][0] | {"name": "web", "entry_port": 8001}
    found = defects(lambda written: written["platform_services"].append(other))
    assert found == ("platform_services[2] (web).routes[0] is www.shop.test/, which leads to api already",)


def test_every_group_needs_a_host_and_every_host_an_address_of_its_own() -> None:
    hosts = {
        "a": {"private_address": "10.0.0.1", "groups": ["app", "cache", "database"]},
        "b": {"private_address": "10.0.0.1", "groups": ["proxy"]},
    }
    assert defects(lambda written: None, hosts) == (
        "group secrets has no host in the inventory, allowed is: at least one",
        "platform_private_address of b is 10.0.0.1, which is that of a already",
    )


def test_database_credentials_have_two_roles_that_take_turns() -> None:
    model = normalise(variables(), HOSTS).model
    assert [client["standby"] for client in model["databases"][0]["clients"]] == ["api_b", "mail_worker_b"]
    assert {row["path"]: row.get("standby") for row in model["secrets"]} == {
        "database/api": "api_b", "redis/api": "", "database/mail-worker": "mail_worker_b", "redis/mail-worker": "",
        "api/key": None, "external/pay": None,
        "backup/restic-password": None, "backup/mac-key": None, "backup/pgbackrest-cipher": None,
    }  # fmt: skip


def test_a_service_named_like_another_ones_second_role_is_refused() -> None:
    def rename(written: dict[str, Any]) -> None:
        written["platform_services"][1]["name"] = "api-b"

    assert any("has api and api-b, whose roles" in line for line in defects(rename))
