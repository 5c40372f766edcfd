# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.containers.parse import (
    Confinement,
    parse_confinements,
    parse_containers,
    parse_images,
    parse_revisions,
)


def inspected(name: str, labels: dict[str, str] | None = None, restarts: int = 0, **state: Any) -> dict[str, Any]:
    """What Docker 26.1 says of a container, without what nobody reads."""
    return {
        "Name": f"/{name}",
        "Image": "sha256:1f2e",
        "RestartCount": restarts,
        "Config": {"Image": "shop/api:1", "Labels": labels, "User": "10001:10001"},
        "State": {"Status": "running", "ExitCode": 0, "OOMKilled": False} | state,
        "HostConfig": {
            "ReadonlyRootfs": True,
            "Privileged": False,
            "CapAdd": None,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true"],
            "PidsLimit": 512,
            "Memory": 536870912,
            "NanoCpus": 1500000000,
            "PortBindings": {"8000/tcp": [{"HostIp": "10.90.2.21", "HostPort": "18000"}]},
        },
        "Mounts": [{"Type": "bind", "Source": "/run/shop/secrets/api", "Destination": "/run/secrets", "RW": False}],
    }


def test_containers_are_read_by_name_with_their_labels() -> None:
    labels = {"com.docker.compose.project": "shop-api-blue", "steward.slot": "blue", "steward.service": "api"}
    first, second = parse_containers(json.dumps([inspected("b", labels), inspected("a")]))
    assert (first.name, first.project) == ("a", "")
    assert (second.project, second.slot, second.service, second.image) == ("shop-api-blue", "blue", "api", "shop/api:1")


def test_a_health_command_is_read_without_the_word_that_says_how_it_is_run() -> None:
    asked = inspected("a")
    asked["Config"]["Healthcheck"] = {"Test": ["CMD", "python", "-m", "probe"], "Interval": 10000000000}
    asked["State"]["Health"] = {"Status": "starting", "Log": [{"ExitCode": 1, "Output": ""}]}
    first, second = parse_containers(json.dumps([asked, inspected("b")]))
    assert (first.health_command, first.health_looks) == (("python", "-m", "probe"), 1)
    assert (second.health_command, second.health_looks) == ((), 0)


@pytest.mark.parametrize(
    ("state", "restarts", "is_well", "is_starting"),
    [
        ({}, 0, True, True),
        ({"Health": {"Status": "healthy"}}, 0, True, True),
        ({"Health": {"Status": "starting"}}, 0, False, True),
        ({"Health": {"Status": "unhealthy"}}, 0, False, False),
        ({"Status": "created"}, 0, False, True),
        ({"Status": "exited", "ExitCode": 1}, 0, False, False),
        ({}, 1, False, False),
    ],
    ids=["running", "healthy", "starting", "unhealthy", "created", "exited", "restarted"],
)
def test_what_is_well_and_what_is_on_its_way(
    state: dict[str, Any], restarts: int, is_well: bool, is_starting: bool
) -> None:
    (container,) = parse_containers(json.dumps([inspected("a", restarts=restarts, **state)]))
    assert (container.is_well, container.is_starting) == (is_well, is_starting)


def test_images_have_one_line_each() -> None:
    assert parse_images("shop/api:1 sha256:1f2e\nshop/web:2 sha256:77\n") == {
        "shop/api:1": "sha256:1f2e",
        "shop/web:2": "sha256:77",
    }


@pytest.mark.parametrize(
    ("state", "started", "pid"),
    [
        ({"StartedAt": "2026-11-23T13:58:30.123456789Z", "Pid": 4711}, "2026-11-23T13:58:30Z", 4711),
        ({"StartedAt": "0001-01-01T00:00:00Z", "Pid": 0}, "", 0),
        ({}, "", 0),
    ],
    ids=["running", "never started", "not told"],
)
def test_when_a_container_started_and_its_process(state: dict[str, Any], started: str, pid: int) -> None:
    (container,) = parse_containers(json.dumps([inspected("a", **state)]))
    assert (container.started, container.pid) == (started, pid)


def test_what_a_container_is_made_of_is_read() -> None:
    labels = {"com.docker.compose.config-hash": "21779530", "steward.platform": "shop"}
    (container,) = parse_containers(json.dumps([inspected("a", labels, OOMKilled=True)]))
    assert (container.image_id, container.config_hash, container.platform) == ("sha256:1f2e", "21779530", "shop")
    assert container.out_of_memory


def test_what_a_container_may_do_is_read() -> None:
    assert parse_confinements(json.dumps([inspected("a")])) == {
        "a": Confinement(
            user="10001:10001",
            read_only_root=True,
            privileged=False,
            dropped_capabilities=frozenset({"ALL"}),
            added_capabilities=frozenset(),
            security_options=frozenset({"no-new-privileges:true"}),
            processes=512,
            memory=536870912,
            cpus=1.5,
            mounts=frozenset({("/run/shop/secrets/api", "/run/secrets", False)}),
            ports=frozenset({"10.90.2.21:18000 to 8000/tcp"}),
        )
    }


def test_a_container_without_limits_has_none() -> None:
    bare = inspected("a")
    bare["HostConfig"] |= {"PidsLimit": None, "PortBindings": None, "SecurityOpt": None, "CapDrop": None}
    seen = parse_confinements(json.dumps([bare]))["a"]
    assert (seen.processes, seen.ports, seen.security_options, seen.dropped_capabilities) == (0, set(), set(), set())


def test_revisions_are_the_first_words() -> None:
    assert parse_revisions("0002 (head)\n\n1f2e\n") == ["0002", "1f2e"]
