# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.containers.parse import parse_containers
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.release.running.plan import (
    describe_services,
    find_service,
    has_done,
    plan_act,
    plan_all,
)
from ansible_collections.steward.platform.plugins.module_utils.release.running.report import render_services

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
RECORD = {
    "id": "20261123_120000",
    "platform": "shop",
    "services": {
        "api": {"kind": "web", "slot": "blue", "project": "shop-api-blue", "replicas": 2, "ports": [20000, 20001]},
        "worker": {"kind": "worker", "slot": "blue", "project": "shop-worker-blue", "replicas": 1, "ports": []},
    },
}


def inspected(name: str, service: str, slot: str = "blue", **state: Any) -> dict[str, Any]:
    """What Docker 26.1 says of a container, without what nobody reads."""
    known = {
        "Status": "running",
        "ExitCode": 0,
        "OOMKilled": False,
        "StartedAt": "2026-11-23T13:58:30.123456789Z",
        "Pid": 4711,
    }
    return {
        "Name": f"/{name}",
        "Image": "sha256:1f2e",
        "RestartCount": 0,
        "Config": {"Image": "shop/api:1", "Labels": {"steward.service": service, "steward.slot": slot}},
        "State": known | state,
    }


SEEN = parse_containers(
    json.dumps(
        [
            inspected("shop-api-blue-1", "api", Health={"Status": "healthy"}),
            inspected("shop-api-blue-2", "api", Status="exited", ExitCode=1),
            inspected("shop-api-green-1", "api", "green"),
            inspected("shop-api-green-2", "api", "green", Status="exited"),
            inspected("shop-worker-blue-1", "worker", Status="created", StartedAt="0001-01-01T00:00:00Z", Pid=0),
        ]
    )
)
SERVICES = describe_services(RECORD, SEEN, {"shop-api.service": "active"}, NOW)


def test_each_service_tells_how_many_of_its_replicas_run() -> None:
    assert [(row["name"], row["unit"], row["running"], row["wanted"]) for row in SERVICES] == [
        ("api", "active", 1, 2),
        ("worker", "unknown", 0, 1),
    ]


def test_containers_of_the_other_slot_are_shown_while_they_run() -> None:
    rows = SERVICES[0]["containers"]
    assert [(row["name"], row["slot"], row["state"], row["port"], row["uptime_seconds"]) for row in rows] == [
        ("shop-api-blue-1", "blue", "running", 20000, 90),
        ("shop-api-blue-2", "blue", "exited", 20001, None),
        ("shop-api-green-1", "green", "running", None, 90),
    ]


def test_a_container_that_is_not_there_is_absent_and_one_that_never_ran_has_no_start() -> None:
    rows = describe_services(RECORD, [], {}, NOW)[0]["containers"]
    assert [row["state"] for row in rows] == ["absent", "absent"]
    assert SERVICES[1]["containers"][0]["started"] == ""


def test_table_names_a_service_once_and_all_its_containers() -> None:
    lines = render_services(SERVICES).splitlines()
    assert lines[0].split()[:3] == ["SERVICE", "KIND", "RELEASE"]
    assert lines[1].split() == [
        "api", "web", "20261123_120000", "blue", "active", "1/2", "shop-api-blue-1", "running", "(healthy)",
        "1m", "30s", "20000",
    ]  # fmt: skip
    assert lines[2].split() == ["shop-api-blue-2", "exited", "20001"]


def test_table_tells_restarts() -> None:
    service = {**SERVICES[0], "containers": [{**SERVICES[0]["containers"][0], "restarts": 3}]}
    assert "running (healthy), restarted 3 times" in render_services([service])


@pytest.mark.parametrize(
    ("act", "unit", "running", "told"),
    [
        pytest.param("restart", "active", 2, "restart", id="a restart is always one"),
        pytest.param("start", "active", 2, None, id="what runs is not started"),
        pytest.param("start", "active", 1, "restart", id="a unit that lost a container"),
        pytest.param("start", "inactive", 0, "start", id="a stopped service"),
        pytest.param("stop", "active", 2, "stop", id="what runs is stopped"),
        pytest.param("stop", "failed", 0, "stop", id="a unit that tries again and again"),
        pytest.param("stop", "inactive", 0, None, id="what does not run is not stopped"),
    ],
)
def test_what_systemd_is_told(act: str, unit: str, running: int, told: str | None) -> None:
    assert plan_act(act, {"unit": unit, "running": running, "wanted": 2}) == told


@pytest.mark.parametrize(
    ("act", "running", "done"), [("restart", 2, True), ("restart", 1, False), ("stop", 0, True), ("stop", 1, False)]
)
def test_an_act_is_done_when_the_containers_say_so(act: str, running: int, done: bool) -> None:
    assert has_done(act, {"running": running, "wanted": 2}) is done


def test_a_known_service_is_found() -> None:
    assert find_service(RECORD, "worker")["kind"] == "worker"


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (RECORD, "SERVICE is 'apy', allowed is: api, worker"),
        (None, "SERVICE is 'apy', allowed is: nothing before the first deploy"),
    ],
)
def test_an_unknown_service_is_refused_with_those_there_are(record: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_service(record, "apy")


def test_all_services_are_stopped_or_those_that_are_named() -> None:
    given = (("api", "active", 2), ("web", "active", 1), ("job", "inactive", 0))
    rows = [{"name": name, "unit": unit, "running": running, "wanted": 2} for name, unit, running in given]
    stop = plan_all("stopped", rows, [])
    assert [change.subject for change in stop.changes] == ["api", "web"]
    assert stop.facts == {"services": ["api", "web"]}
    start = plan_all("started", rows, ["job", "api"])
    assert [(change.action, change.subject) for change in start.changes] == [("start", "job")]
