# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.health.configuration import parse_configuration
from ansible_collections.steward.platform.plugins.module_utils.health.wishes import host_configuration
from ansible_collections.steward.platform.plugins.module_utils.platform_model.thresholds import THRESHOLDS

DEFAULTS = {name: field.default for name, field in THRESHOLDS.items()}
PLATFORM: dict[str, Any] = {
    "name": "dotmac",
    "environment": "demo",
    "paths": {"current": "/opt/dotmac/current"},
    "thresholds": {**DEFAULTS, "disk_warning": 80},
    "hosts": {
        "one": {"private_address": "10.0.0.1", "groups": ["app", "cache", "database", "proxy", "secrets"]},
        "edge1": {"private_address": "10.0.0.2", "groups": ["proxy"]},
    },
    "services": [
        {
            "name": "api",
            "kind": "web",
            "environment": {"LEVEL": "info"},
            "redis": [
                {"use": "broker", "instance": "queue", "database": 1, "secret": "BROKER_URL"},
                {"use": "cache", "instance": "cache", "database": 0, "secret": "CACHE_URL"},
            ],
        },
        {"name": "job", "kind": "worker"},
    ],
    "redis": [{"name": "queue", "port": 6380, "memory": "1gb", "eviction": "noeviction", "persistent": True}],
}
EDGE = {
    "schema": 1,
    "platform": "dotmac",
    "environment": "demo",
    "host": "edge1",
    "groups": ["proxy"],
    "address": "10.0.0.2",
    "paths": {"current": "/opt/dotmac/current"},
    "thresholds": {**DEFAULTS, "disk_warning": 80},
    "certificates": [
        {"name": "authority", "path": "/etc/ssl/steward/ca/ca.pem"},
        {"name": "host", "path": "/etc/ssl/steward/host.pem"},
        {"name": "edge", "path": "/etc/ssl/steward/edge.pem"},
    ],
}


def test_host_of_one_group_is_told_only_of_that() -> None:
    assert host_configuration(PLATFORM, "edge1") == EDGE


def test_host_of_all_groups_is_told_of_each() -> None:
    told = host_configuration(PLATFORM, "one")
    assert {name: told[name] for name in told if name not in EDGE} == {
        "services": [{"name": "api", "kind": "web"}, {"name": "job", "kind": "worker"}],
        "redis": [
            {
                "name": "queue",
                "port": 6380,
                "eviction": "noeviction",
                "persistent": True,
                "uses": [{"service": "api", "use": "broker", "database": 1}],
            }
        ],
        "postgresql": {"port": 5432},
        "openbao": {"address": "https://10.0.0.1:8200"},
    }


@pytest.mark.parametrize("host", ["one", "edge1"])
def test_what_is_written_can_be_read(host: str) -> None:
    written = host_configuration(PLATFORM, host)
    assert parse_configuration(written) == written


@pytest.mark.parametrize("written", [{}, None], ids=["a part of the model", "an older configuration"])
def test_thresholds_that_are_not_written_have_their_defaults(written: Any) -> None:
    assert parse_configuration({**EDGE, "thresholds": written})["thresholds"] == DEFAULTS


def test_a_role_may_be_given_only_a_part_of_the_model() -> None:
    part = {name: value for name, value in PLATFORM.items() if name != "thresholds"}
    assert host_configuration(part, "edge1")["thresholds"] == {}


def test_host_without_a_proxy_has_no_edge_certificate() -> None:
    platform = {**PLATFORM, "hosts": {"db": {"private_address": "10.0.0.3", "groups": ["database"]}}}
    assert [row["name"] for row in host_configuration(platform, "db")["certificates"]] == ["authority", "host"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param(None, r"there is no /etc/steward/steward\.json\. Run the role host_agent", id="missing"),
        pytest.param({**EDGE, "schema": 2}, r"schema 2, this steward reads up to 1\. Install the newer", id="newer"),
        pytest.param({**EDGE, "address": None}, r"steward\.json\.address is missing", id="incomplete"),
        pytest.param([], "allowed is: object", id="no object"),
    ],
)
def test_configuration_that_cannot_be_used_is_refused(document: Any, said: str) -> None:
    with pytest.raises(StewardError, match=said):
        parse_configuration(document)
