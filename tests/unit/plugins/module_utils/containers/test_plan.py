# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.containers import plan

PLATFORM = {"name": "shop", "paths": {"secrets": "/run/shop/secrets"}}


def service(**changes: Any) -> dict[str, Any]:
    return {
        "name": "api",
        "port": 8000,
        "replicas": 2,
        "slot_ports": {"blue": 18000, "green": 18008},
        "command": [],
        "environment": {"PRICE": "5$"},
        "uid": 10001,
        "stop_grace": 30,
        "limits": {"memory": "512M", "cpus": 1.0},
        "volumes": [],
        "health": {"command": []},
        "secret_files": [],
        "migration": None,
        "depends_on": [],
    } | changes


def replicas(**changes: Any) -> list[dict[str, Any]]:
    document = plan.build_compose(PLATFORM, service(**changes), "green", "shop/api:1", "10.0.0.1")
    return list(document["services"].values())


def test_each_replica_has_a_port_of_its_own_on_the_private_address() -> None:
    found = [replica["ports"][0] for replica in replicas()]
    assert [(port["published"], port["host_ip"]) for port in found] == [("18008", "10.0.0.1"), ("18009", "10.0.0.1")]


def test_containers_are_confined() -> None:
    replica = replicas()[0]
    assert replica["read_only"]
    assert replica["cap_drop"] == ["ALL"]
    assert replica["user"] == "10001:10001"
    assert replica["restart"] == "unless-stopped"
    # What makes `journalctl -u` of the service's unit show it.
    assert replica["logging"] == {
        "driver": "journald", "options": {"labels": "object.systemd.unit", "tag": "{{.Name}}"},
    }  # fmt: skip
    assert replica["labels"]["object.systemd.unit"] == "shop-api.service"


def test_nothing_is_interpolated() -> None:
    replica = replicas(command=["run", "$HOME"])[0]
    assert replica["environment"] == {"PRICE": "5$$"}
    assert replica["command"] == ["run", "$$HOME"]


def test_a_worker_publishes_nothing_and_has_a_health_command() -> None:
    replica = replicas(slot_ports={}, health={"command": ["probe", "worker"]})[0]
    assert "ports" not in replica
    assert replica["healthcheck"]["test"] == ["CMD", "probe", "worker"]


def test_volumes_are_read_only_unless_said_otherwise() -> None:
    volumes = [{"source": "/data", "target": "/data", "writable": True}]
    mounts = {mount["target"]: mount["read_only"] for mount in replicas(volumes=volumes)[0]["volumes"]}
    assert mounts == {"/run/secrets": True, "/run/platform": True, "/data": False}


def test_the_configuration_is_the_same_in_both_slots_and_on_every_host() -> None:
    one = plan.configuration_hash(PLATFORM, service())
    assert one == plan.configuration_hash(PLATFORM, service(slot_ports={"blue": 19000, "green": 19008}))


@pytest.mark.parametrize(
    "change",
    [
        {"replicas": 3},
        {"environment": {}},
        {"stop_grace": 31},
        {"secret_files": [{"name": "KEY", "path": "k", "format": "{value}"}]},
        {"slot_ports": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_way_of_running_is_another_configuration(change: dict[str, Any]) -> None:
    assert plan.configuration_hash(PLATFORM, service(**change)) != plan.configuration_hash(PLATFORM, service())


BUILD: dict[str, Any] = {"name": "api", "dockerfile": "Dockerfile", "target": "", "args": {"V": "1"}, "bases": ["base"]}


@pytest.mark.parametrize(
    ("build", "context", "layers"),
    [
        (BUILD | {"args": {"V": "2"}}, "c", "l"),
        (BUILD | {"target": "t"}, "c", "l"),
        (BUILD, "d", "l"),
        (BUILD, "c", "m"),
    ],
    ids=["argument", "target", "context", "base"],
)
def test_an_image_of_other_content_has_another_name(build: dict[str, Any], context: str, layers: str) -> None:
    assert plan.image_hash(build, context, {"base": [layers]}) != plan.image_hash(BUILD, "c", {"base": ["l"]})


def test_references_name_platform_build_and_content() -> None:
    assert plan.image_reference("shop", "api", "abc") == "shop/api:abc"


def test_services_start_in_waves_after_what_they_need() -> None:
    services = [service(name="a", depends_on=["b", "elsewhere"]), service(name="b"), service(name="c")]
    assert plan.starting_order(services) == [["b", "c"], ["a"]]


def test_a_circle_of_dependencies_is_refused_by_name() -> None:
    services = [service(name="a", depends_on=["b"]), service(name="b", depends_on=["a"])]
    with pytest.raises(ValueError, match="in a circle: a, b"):
        plan.starting_order(services)
