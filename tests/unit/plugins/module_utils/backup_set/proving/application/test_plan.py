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
    lead_to,
    refusal,
    seclude,
    served_check,
    users_of,
)
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

DATABASE = "postgresql://sh%40p:geheim@10.1.0.2:5432/shop?sslmode=verify-full&sslrootcert=/run/platform/ca.pem"
CACHE = "rediss://cache:verborgen@10.1.0.2:6379/3?ssl_cert_reqs=required"
# No part of a URL can be told in the last one.
OTHERS = ["0123456789abcdef", "", "http://[broken"]
PORTS = {POSTGRESQL: 4711, REDIS: 4712}


def service(name: str, kind: str = "web") -> dict[str, Any]:
    return {"name": name, "kind": kind}


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
        choose([service("pages")], {"pages": "dotmac/pages:1"}, {"pages": [CACHE]})
    assert "where the application serves" in refusal("nothing serves here").hint


def test_urls_lead_elsewhere_and_lose_their_passwords() -> None:
    database = lead_to(DATABASE, "172.30.0.1", PORTS)
    assert database == DATABASE.replace("geheim", "scratch").replace("10.1.0.2:5432", "172.30.0.1:4711")
    assert lead_to(CACHE, "172.30.0.1", PORTS) == "rediss://cache:scratch@172.30.0.1:4712/3?ssl_cert_reqs=required"
    assert [lead_to(text, "172.30.0.1", PORTS) for text in OTHERS] == OTHERS


def test_containers_reach_and_write_nothing_of_productions() -> None:
    volumes = [
        {"source": "/etc/ssl/steward/ca", "target": "/run/platform", "read_only": True},
        {"source": "/srv/uploads", "target": "/uploads", "read_only": False},
    ]
    document = {"name": "shop", "services": {"replica-1": {"restart": "unless-stopped", "volumes": volumes}}}
    found = seclude(document, "dotmac-proof", "/srv/authority")
    assert found["networks"] == {"default": {"name": "dotmac-proof", "external": True}}
    replica = found["services"]["replica-1"]
    assert replica["restart"] == "no"
    assert [(each["source"], each["read_only"]) for each in replica["volumes"]] == [
        ("/srv/authority", True),
        ("/srv/uploads", True),
    ]


def test_what_was_seen_is_told_without_secrets() -> None:
    good = served_check(candidate(DATABASE), "", 3.21)
    assert (good.level, good.status, good.name) == (4, "pass", "serves shop")
    assert good.message == "dotmac/shop:1f2e is ready 3.2 s after its start"
    bad = served_check(candidate(DATABASE, "0123456789abcdef"), "it said 0123456789abcdef, geheim", 180.0)
    assert (bad.status, bad.figures) == ("fail", {"image": "dotmac/shop:1f2e", "seconds": 180.0})
    assert bad.message == "dotmac/shop:1f2e does not become ready: it said ***, ***"
