# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.director.model import parse_wish
from ansible_collections.steward.platform.plugins.module_utils.director.platform import director_services, edge_routes


def platform(*hosts: str) -> dict[str, Any]:
    return {
        "hosts": {name: {"private_address": f"10.0.0.{number}"} for number, name in enumerate(hosts, 1)},
        "groups": {"app": list(hosts)},
        "services": [
            {
                "name": "shop",
                "kind": "web",
                "entry_port": 8001,
                "slot_ports": {"blue": 18000, "green": 18008},
                "health": {"ready": "/ready"},
                "routes": [{"host": "shop.test", "path": "/"}],
            },
            {"name": "worker", "kind": "worker"},
        ],
    }


def test_one_app_host_gives_sixteen_places_a_service() -> None:
    (service,) = director_services(platform("one"))
    assert (service["name"], service["entry_port"], service["ready_path"]) == ("shop", 8001, "/ready")
    assert service["active"] is None
    assert [each["name"] for each in service["servers"]][7:9] == ["blue-8", "green-1"]
    assert [each["port"] for each in service["servers"]] == list(range(18000, 18016))
    assert {each["address"] for each in service["servers"]} == {"10.0.0.1"}


def test_several_app_hosts_are_part_of_the_names() -> None:
    (service,) = director_services(platform("one", "two"), {"shop": ["two-green-1"], "worker": []})
    assert len(service["servers"]) == 32
    assert service["servers"][-1] == {"name": "two-green-8", "address": "10.0.0.2", "port": 18015}
    assert service["active"] == ["two-green-1"]
    assert parse_wish({"services": [service], "bind_addresses": ["127.0.0.1"]}).services[0].active == ("two-green-1",)


def test_a_service_not_named_keeps_who_serves() -> None:
    (service,) = director_services(platform("one"), {"other": ["blue-1"]})
    assert service["active"] is None


def test_routes_carry_their_service() -> None:
    assert edge_routes(platform("one")) == [{"host": "shop.test", "path": "/", "service": "shop"}]
