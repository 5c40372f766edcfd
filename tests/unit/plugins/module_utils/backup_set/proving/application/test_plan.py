# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.proving.application.plan import (
    POSTGRESQL,
    REDIS,
    Candidate,
    choose,
    refusal,
    refuse_host,
    seclude,
    served_check,
    untold_check,
    users_of,
)
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

DATABASE = "postgresql://sh%40p:geheim@10.1.0.2:5432/shop?sslmode=verify-full&sslrootcert=/run/platform/ca.pem"
CACHE = "rediss://cache:verborgen@10.1.0.2:6379/3?ssl_cert_reqs=required"
# The last two are somebody else's server and no URL of which a part could be told.
OTHERS = ["0123456789abcdef", "", "postgresql://us:pw@analytics.example:5432/dw", "http://[broken"]
PORTS = {POSTGRESQL: 4711, REDIS: 4712}
FILES = [
    {
        "name": "DATABASE_URL",
        "path": "database/shop",
        "format": "postgresql://{username}:{password}@10.1.0.2:5432/shop",
    },
    {"name": "CACHE_URL", "path": "redis/shop", "format": "rediss://{username}:{password}@10.1.0.2:6379/3"},
    {"name": "KEY", "path": "services/shop", "format": "{value}"},
]


def service(name: str, kind: str = "web") -> dict[str, Any]:
    return {"name": name, "kind": kind, "secret_files": FILES}


def candidate(*secrets: str) -> Candidate:
    return Candidate(service("shop"), "dotmac/shop:1f2e", secrets)


def test_web_services_with_a_database_are_started() -> None:
    services = [service("shop"), service("pages"), service("worker", "worker")]
    images = {each["name"]: f"dotmac/{each['name']}:1f2e" for each in services}
    secrets = {"shop": [DATABASE, CACHE, *OTHERS], "pages": [CACHE], "worker": [DATABASE]}
    found = choose(services, images, secrets)
    assert [(each.name, each.image) for each in found] == [("shop", "dotmac/shop:1f2e")]
    assert (users_of(found, POSTGRESQL), users_of(found, REDIS)) == (["sh@p"], ["cache"])


def test_a_host_without_one_is_told_so() -> None:
    with pytest.raises(InputError, match="level is 4, but no web service on this host uses a database; allowed is: 0 "):
        choose([service("pages")], {"pages": "dotmac/pages:1"}, {"pages": [CACHE, *OTHERS]})
    assert "where the application serves" in refusal("nothing serves here").hint


@pytest.mark.parametrize(
    ("database", "said"), [(None, "no database is backed up"), ({"method": "logical"}, "a dump has no role")]
)
def test_a_host_without_physical_backups_is_told_so(database: dict[str, str] | None, said: str) -> None:
    refuse_host({"postgresql": {"method": "physical"}})
    with pytest.raises(InputError, match=said):
        refuse_host({"postgresql": database} if database else {})


def test_urls_lead_elsewhere_and_lose_their_passwords() -> None:
    shop = candidate()
    database = shop.lead_to(DATABASE, "172.30.0.1", PORTS)
    assert database == DATABASE.replace("geheim", "scratch").replace("10.1.0.2:5432", "172.30.0.1:4711")
    assert shop.lead_to(CACHE, "172.30.0.1", PORTS) == "rediss://cache:scratch@172.30.0.1:4712/3?ssl_cert_reqs=required"
    assert [shop.lead_to(text, "172.30.0.1", PORTS) for text in OTHERS] == OTHERS


def test_containers_reach_and_write_nothing_of_productions() -> None:
    volumes = [
        {"source": "/run/dotmac/proof/shop", "target": "/run/secrets", "read_only": True},
        {"source": "/etc/ssl/steward/ca", "target": "/run/platform", "read_only": True},
        {"source": "/srv/uploads", "target": "/uploads", "read_only": False},
        {"source": "/run/other", "target": "/sockets", "read_only": False},
    ]
    labels = {"steward.platform": "dotmac"}
    replica = {"restart": "unless-stopped", "labels": labels, "volumes": volumes}
    found = seclude({"name": "shop", "services": {"replica-1": replica}}, "steward-proof", "/srv/authority")
    assert found["networks"] == {"default": {"name": "steward-proof", "external": True}}
    replica = found["services"]["replica-1"]
    assert (replica["restart"], replica["labels"]) == ("no", {})
    assert [(each["source"], each["read_only"]) for each in replica["volumes"]] == [
        ("/run/dotmac/proof/shop", True),
        ("/srv/authority", True),
        ("/srv/uploads", True),
    ]


def test_what_was_seen_is_told_without_secrets() -> None:
    good = served_check(candidate(DATABASE), "", 3.21)
    assert (good.level, good.status, good.name) == (4, "pass", "serves shop")
    assert good.message == "dotmac/shop:1f2e is ready 3.2 s after its start"
    bad = served_check(candidate(DATABASE, "0123456789abcdef"), "it is running, its last lines:\nno geheim", 180)
    assert (bad.status, bad.figures) == ("fail", {"image": "dotmac/shop:1f2e", "seconds": 180, "said": ["no ***"]})
    assert bad.message == "dotmac/shop:1f2e does not become ready: it is running"
    assert (untold_check("no network").status, untold_check("no network").level) == ("unknown", 4)
