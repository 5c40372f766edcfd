# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a client asks is lost while the platform is operated; half of the requests are writes.

STEWARD_LOAD_RATE is how many requests a second the long drills make. Clients, their network, the whole platform and the
playbook share this machine; where they are too many for it the figures say how many were not sent in time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.load.run import Run, load
from ansible_collections.steward.platform.tests.support.platform import ISP, Platform

Loaded = Callable[..., AbstractContextManager[Run]]
RATE = int(os.environ.get("STEWARD_LOAD_RATE", "200"))
LEAST_JOBS = 1000
RELOADS = 30
SERVICE = "isp-framework"
# What is done to a platform besides releasing, in this order: a name, a playbook and its variables.
PROCEDURES: list[tuple[str, str, dict[str, Any]]] = [
    ("scale up", "scale", {"service": SERVICE, "replicas": 3}),
    ("scale down", "scale", {"service": SERVICE, "replicas": 2}),
    ("restart", "restart", {"service": SERVICE}),
    ("restart of all", "restart", {}),
    ("rotation", "rotate_credentials", {"confirm": "dotmac"}),
]


@pytest.fixture(scope="module")
def platform(platform: Platform) -> Platform:
    deploy(platform)
    return platform


@pytest.fixture
def loaded(platform: Platform, capsys: pytest.CaptureFixture[str]) -> Loaded:
    """A load on the platform whose figures are shown although the test passes."""

    def show(text: str) -> None:
        with capsys.disabled():
            print(text)

    return partial(load, platform, rate=RATE, show=show)


def deploy(platform: Platform, *, expect: int = 0, **variables: Any) -> None:
    """Release services that do not log each request: the edge does, and on this machine each line costs a ms."""
    platform.deploy(variables={"demo_log_level": "WARNING", **variables}, expect=expect)


def ledger(platform: Platform) -> dict[str, dict[str, Any]]:
    """The record of every release; the current one serves and no other claims to."""
    files = platform.machine.run("for f in /opt/dotmac/releases/*/release.json; do tr -d '\\n' < $f; echo; done").stdout
    records = {record["id"]: record for record in map(json.loads, files.splitlines())}
    assert [name for name, record in records.items() if record["state"] == "serving"] == [platform.current()["id"]]
    return records


def assert_kept(platform: Platform, record: dict[str, Any]) -> None:
    """The containers of a release that does not serve are there to be looked at, and so are their last words."""
    names = platform.machine.run("docker ps --all --format '{{.Names}}'").stdout
    assert [name for name, service in record["services"].items() if service["project"] not in names] == []
    words = json.loads(platform.machine.run(f"cat /opt/dotmac/releases/{record['id']}/last-words.json").stdout)
    assert any(words.values())


@pytest.mark.long
def test_a_release_loses_no_request_and_serves_the_rows_of_the_one_before(platform: Platform, loaded: Loaded) -> None:
    customer = {"name": "Ada", "email": f"{time.time_ns()}@dotmac.test"}
    ada = platform.ask(ISP, "/api/v1/customers", method="POST", body=customer).json()["id"]
    before = platform.current()["id"]
    with loaded("deploy") as run:
        deploy(platform, demo_version="4.0.5")
    assert platform.current()["id"] != before
    assert len(run.figures.versions) == 2
    assert run.figures.losses == []
    assert platform.ask(ISP, f"/api/v1/customers/{ada}").json()["name"] == "Ada"


@pytest.mark.long
def test_releases_come_fail_and_go_back_without_losing_a_request(platform: Platform, loaded: Loaded) -> None:
    deploy(platform, demo_version="4.1.0")
    first = platform.current()["id"]
    with loaded("4.1, 4.2, 4.3 fails, back to 4.1") as run:
        deploy(platform, demo_version="4.2.0")
        second = platform.current()["id"]
        assert ledger(platform)[first]["state"] == "retired"

        since = time.time()
        deploy(platform, demo_version="4.3.0", demo_fault="never-ready", deploy_ready_timeout=20, expect=2)
        assert set(run.versions(since=since)) == {"4.2.0"}
        records = ledger(platform)
        assert platform.current()["id"] == second
        third = records[max(records)]
        assert (third["state"], third["previous"]) == ("failed", second)
        assert "does not become ready" in third["error"]
        assert_kept(platform, third)

        platform.rollback(variables={"rollback_to": first, "confirm": first})
        records = ledger(platform)
        assert records[second]["state"] == "rolled_back"
        assert platform.current()["origin"] == {"kind": "rollback", "release": first}
        since = time.time()
        time.sleep(2)
        assert set(run.versions(since=since)) == {"4.1.0"}
    assert run.figures.versions == {"4.1.0", "4.2.0"}
    assert run.figures.losses == []
    assert run.figures.stored.jobs >= LEAST_JOBS


@pytest.mark.long
def test_a_release_that_breaks_after_it_got_the_traffic_goes_back_without_losing_a_request(
    platform: Platform, loaded: Loaded
) -> None:
    before = platform.current()["id"]
    with loaded("a release whose worker dies") as run:
        deploy(platform, demo_version="4.4.0", demo_fault="dying-worker", deploy_observe=30, expect=2)
        since = time.time()
        time.sleep(2)
        assert "4.4.0" not in run.versions(since=since)
    # It had the traffic: otherwise this would show nothing.
    assert "4.4.0" in run.figures.versions
    assert platform.current()["id"] == before
    assert run.figures.losses == []


@pytest.mark.long
@pytest.mark.parametrize(("name", "playbook", "variables"), PROCEDURES, ids=[name for name, *_rest in PROCEDURES])
def test_a_procedure_loses_no_request(
    platform: Platform, loaded: Loaded, name: str, playbook: str, variables: dict[str, Any]
) -> None:
    with loaded(name) as run:
        platform.run(playbook, variables=variables)
    assert run.figures.losses == []


@pytest.mark.long
@pytest.mark.parametrize("unit", ["haproxy", "nginx"])
def test_a_reload_instead_is_seen_to_lose_requests(platform: Platform, loaded: Loaded, unit: str) -> None:
    with loaded(f"{RELOADS} reloads of {unit}") as run:
        for _number in range(RELOADS):
            platform.machine.run(["systemctl", "reload", unit])
            time.sleep(1)
    assert run.figures.total("failed") > 0
