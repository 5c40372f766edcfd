# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward app`` and ``steward doctor`` on the deployed platform, looked at with Docker, systemd and the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.support.platform import ISP, Platform

BEAT, WEB = "mgmt-celery-beat", "isp-framework"
LEASE = "/var/lib/steward/dotmac.lease.json"


def services(platform: Platform) -> dict[str, dict[str, Any]]:
    document = json.loads(platform.machine.run("steward app ps --json").stdout)
    assert document["schema"] == 1
    return {row["name"]: row for row in document["services"]}


def started(platform: Platform, container: str) -> str:
    return platform.machine.run(["docker", "inspect", "--format", "{{.State.StartedAt}}", container]).stdout


def unit(platform: Platform, service: str) -> str:
    return platform.machine.run(f"systemctl is-active dotmac-{service}.service", check=False).stdout.strip()


def last_act(platform: Platform) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(platform.machine.run("tail -n 1 /var/log/steward/acts.jsonl").stdout)
    return entry


def all_run(platform: Platform) -> bool:
    return all(row["running"] == row["wanted"] for row in services(platform).values())


def serves(platform: Platform) -> bool:
    return platform.ask(ISP, "/health/ready").status == 200


def test_ps_shows_what_docker_and_systemd_say(platform: Platform) -> None:
    poll(lambda: all_run(platform), seconds=60, what="all containers")
    seen = services(platform)
    record = platform.current()
    assert seen.keys() == record["services"].keys()
    for name, service in record["services"].items():
        row = seen[name]
        assert (row["kind"], row["release"], row["slot"]) == (service["kind"], record["id"], service["slot"])
        assert row["unit"] == unit(platform, name) == "active"
        assert [each["port"] for each in row["containers"] if each["port"]] == service["ports"]
        for container in row["containers"]:
            assert started(platform, container["name"]).startswith(container["started"].removesuffix("Z"))
            assert container["uptime_seconds"] > 0
    lines = platform.machine.run("script -qec 'steward app ps' /dev/null").stdout.splitlines()
    assert len(lines) == 1 + sum(row["wanted"] for row in seen.values())


def test_logs_of_a_service_are_those_of_its_unit_and_containers(platform: Platform) -> None:
    container = services(platform)[WEB]["containers"][0]["name"]
    said = platform.machine.run(f"docker logs {container} 2>&1").stdout
    last = [line for line in said.splitlines() if line.strip()][-1]
    for asked in (f"journalctl --no-pager --unit=dotmac-{WEB}.service", f"steward app logs {WEB} --since 7d"):
        shown = platform.machine.run(asked).stdout
        assert last in shown
        assert f" {container}[" in shown
        assert f"Finished dotmac-{WEB}.service" in shown
        # The lines of another service stay with it.
        assert "dotmac-mgmt-celery-worker-" not in shown
    assert len(platform.machine.run(f"steward app logs {WEB} --lines 3").stdout.splitlines()) == 3


def test_a_restart_starts_new_processes_and_is_recorded(platform: Platform) -> None:
    container = services(platform)[BEAT]["containers"][0]["name"]
    before = started(platform, container)
    assert platform.machine.run(f"steward app restart {BEAT}").stdout == f"{BEAT}: restart done\n"
    assert started(platform, container) != before
    entry = last_act(platform)
    assert (entry["act"], entry["subject"], entry["result"]) == ("app restart", BEAT, "done")
    assert entry["who"]["user"] == platform.machine.user


@contextmanager
def leased(platform: Platform, seconds: int) -> Iterator[None]:
    """As while a deploy is under way, or after its controller died."""
    ends = f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
    holder = {"user": "jane", "host": "laptop", "pid": 4711}
    lease = {"schema": 1, "holder": holder, "release": "r", "stage": "switch", "since": ends, "expires": ends}
    platform.machine.run(["tee", LEASE], input=json.dumps(lease))
    try:
        yield
    finally:
        platform.machine.run(["rm", LEASE])


def test_nothing_is_restarted_under_a_deploy(platform: Platform) -> None:
    container = services(platform)[BEAT]["containers"][0]["name"]
    before = started(platform, container)
    with leased(platform, 600):
        done = platform.machine.run(f"steward app restart {BEAT}", check=False)
        assert (done.returncode, done.stdout) == (3, "")
        assert "is held by jane@laptop (process 4711)" in done.stderr
        assert last_act(platform)["result"] == "failed"
    assert started(platform, container) == before
    # One that ended holds nobody up.
    with leased(platform, -600):
        assert platform.machine.run(f"steward app start {BEAT}").stdout == f"{BEAT}: start nothing to do\n"


def test_what_a_host_does_when_it_starts_leaves_what_serves_alone(platform: Platform) -> None:
    poll(lambda: all_run(platform), seconds=60, what="all containers")
    said = platform.machine.run("steward app settle --boot").stdout
    assert said == "directed: nothing\nstopped: nothing\n"
    assert last_act(platform)["act"] == "app settle"
    assert (all_run(platform), serves(platform)) == (True, True)


def test_an_unknown_service_is_refused_with_those_there_are(platform: Platform) -> None:
    done = platform.machine.run("steward app restart isp", check=False)
    allowed = ", ".join(platform.current()["services"])
    assert (done.returncode, done.stderr) == (2, f"steward: SERVICE is 'isp', allowed is: {allowed}\n")


@pytest.mark.long
def test_a_service_is_stopped_and_started_by_its_unit(platform: Platform) -> None:
    machine = platform.machine
    machine.run(f"steward app stop {WEB}")
    assert (unit(platform, WEB), services(platform)[WEB]["running"]) == ("inactive", 0)
    assert machine.run("steward status", check=False).returncode == 1
    machine.run(f"steward app start {WEB}")
    assert (unit(platform, WEB), services(platform)[WEB]["running"]) == ("active", 2)
    poll(lambda: serves(platform), seconds=60, what="the edge again")
    # Stopped behind the unit's back: the unit is active all the same, and a start of it alone would do nothing.
    first = services(platform)[WEB]["containers"][0]["name"]
    machine.run(["docker", "stop", first])
    machine.run(f"systemctl start dotmac-{WEB}.service")
    assert services(platform)[WEB]["running"] == 1
    machine.run(f"steward app start {WEB}")
    assert services(platform)[WEB]["running"] == 2
    poll(lambda: serves(platform), seconds=60, what="the edge again")


def test_what_runs_without_its_unit_is_stopped_too(platform: Platform) -> None:
    """As after a start of the host at which the unit gave up and the engine did not."""
    machine = platform.machine
    container = services(platform)[BEAT]["containers"][0]["name"]
    machine.run(f"steward app stop {BEAT}")
    machine.run(["docker", "start", container])
    assert (unit(platform, BEAT), services(platform)[BEAT]["running"]) == ("inactive", 1)
    assert machine.run(f"steward app stop {BEAT}").stdout != f"{BEAT}: stop nothing to do\n"
    assert services(platform)[BEAT]["running"] == 0
    machine.run(f"steward app start {BEAT}")
    poll(lambda: all_run(platform), seconds=60, what="all containers")


def test_doctor_knows_what_each_container_uses(platform: Platform) -> None:
    poll(lambda: all_run(platform), seconds=60, what="all containers")
    done = platform.machine.run("steward doctor --json", check=False)
    document = json.loads(done.stdout)
    assert done.returncode in (0, 1, 4), done.stderr
    assert [row for row in document["findings"] if "could not be looked at" in row["message"]] == []
    lines = platform.machine.run(["docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemPerc}}"]).stdout
    shares = {name: float(share.rstrip("%")) / 100 for name, share in map(str.split, lines.splitlines())}
    assert len(document["figures"]["containers"]) >= 5
    for row in document["figures"]["containers"]:
        assert row["limit"] > 0
        assert row["memory"] / row["limit"] == pytest.approx(shares[row["name"]], abs=0.05)
        assert 0 <= row["processors"] < 64
    assert {row["name"] for row in document["figures"]["certificates"]} == {"authority", "host", "edge"}


@pytest.mark.long
def test_doctor_calls_a_stopped_data_service_critical_and_says_what_to_do(platform: Platform) -> None:
    platform.machine.run("systemctl stop redis-server@queue")
    try:
        done = platform.machine.run("steward doctor", check=False)
    finally:
        platform.machine.run("systemctl start redis-server@queue")
    assert done.returncode == 1
    findings = {row["name"]: row for row in json.loads(done.stdout)["findings"]}
    assert findings["data: redis queue"]["level"] == "critical"
    assert findings["data: redis queue"]["next"]
