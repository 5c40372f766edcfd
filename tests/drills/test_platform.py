# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed platform serves, stays as it is, says what is wrong with it, and is closed to the outside."""

from __future__ import annotations

import socket
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.platform import ISP, MANAGEMENT, Platform
from ansible_collections.steward.platform.tests.support.playbooks import Task

NAMES = {"isp-framework": ISP, "management-platform": MANAGEMENT}
MOST_TASKS_A_ROLE = 8
# What may be seen from another host, and nothing else.
PUBLIC_PORTS = {22, 80, 443}


@pytest.mark.parametrize("name", [ISP, MANAGEMENT])
def test_health_answers_through_the_edge_over_verified_tls(platform: Platform, name: str) -> None:
    for path in ("/health/live", "/health/ready", "/health/startup", "/health"):
        assert platform.ask(name, path).status == 200, path


def add_customer(platform: Platform) -> str:
    """Post a row and return the path where it is read."""
    customer = {"name": "Ada", "email": f"{uuid.uuid4()}@dotmac.test"}
    posted = platform.ask(ISP, "/api/v1/customers", method="POST", body=customer)
    assert posted.status == 201, posted.text
    return f"/api/v1/customers/{posted.json()['id']}"


# deploy.yml is a part of site.yml.
@pytest.mark.parametrize("playbook", ["site", pytest.param("deploy", marks=pytest.mark.long)])
def test_a_second_run_changes_nothing(platform: Platform, playbook: str) -> None:
    platform.machine.run("touch /run/steward-before")
    result = platform.run(playbook)
    assert [task.name for task in result.changed] == []
    newer = platform.machine.run("find /etc /opt -newer /run/steward-before -not -path '*/.git/*'").stdout.split()
    assert newer == []
    tasks = Counter(entry_point(task) for task in result.executed if "Validating arguments" not in task.name)
    assert {entry: number for entry, number in tasks.items() if entry and number > MOST_TASKS_A_ROLE} == {}


def entry_point(task: Task) -> str:
    """What a task counts for: a role, its agent apart; nothing for the procedure itself."""
    if task.role in ("steward.platform.app", "steward.platform.common", ""):
        return ""
    return f"{task.role} agent" if task.name.startswith("Agent |") else task.role


@pytest.mark.parametrize("playbook", [pytest.param("site", marks=pytest.mark.long), "deploy"])
def test_check_mode_on_a_deployed_host_sees_no_difference(platform: Platform, playbook: str) -> None:
    result = platform.run(playbook, check=True, diff=True)
    assert [task.name for task in result.changed] == []


def test_check_mode_shows_a_release_and_makes_none(platform: Platform) -> None:
    folders = "ls -l --full-time /opt/dotmac /opt/dotmac/releases"
    before = platform.machine.run(folders).stdout
    result = platform.deploy(check=True, diff=True, variables={"demo_version": "9.9.9"})
    assert "Images | Build what is not there" in [task.name for task in result.changed]
    assert platform.machine.run(folders).stdout == before


@contextmanager
def stopped(machine: Machine, *units: str) -> Iterator[None]:
    machine.run(["systemctl", "stop", *units])
    try:
        yield
    finally:
        machine.run(["systemctl", "start", *units])


@pytest.mark.parametrize(
    ("unit", "service", "check"),
    [
        ("postgresql@17-main", "isp-framework", "database"),
        ("redis-server@cache", "isp-framework", "cache"),
        ("postgresql@17-main", "management-platform", "database"),
        ("redis-server@queue", "management-platform", "broker"),
    ],
)
def test_a_stopped_dependency_is_named_by_ready_and_leaves_live_alone(
    platform: Platform, unit: str, service: str, check: str
) -> None:
    replica = platform.replica(service)
    with stopped(platform.machine, unit):
        said = platform.local(f"{replica}/health/ready")
        assert said.status == 503
        assert check in said.json()["failed_checks"]
        assert platform.local(f"{replica}/health/live").status == 200
    poll(lambda: platform.local(f"{replica}/health/ready").status == 200, seconds=60, what=f"{service} ready again")
    poll(lambda: platform.is_ready(NAMES[service]), seconds=180, what="the edge again")


def test_status_is_good_and_names_a_stopped_service(platform: Platform) -> None:
    assert poll(
        lambda: platform.machine.run("steward status", check=False).returncode in (0, 4), seconds=60, what="good status"
    )
    with stopped(platform.machine, "redis-server@queue"):
        said = platform.machine.run("steward status --json", check=False)
        assert said.returncode == 1
        assert "redis queue" in said.stdout


def test_a_release_serves_the_rows_of_the_one_before_and_loses_no_request(platform: Platform) -> None:
    ada = add_customer(platform)
    assert platform.ask(ISP, ada).json()["name"] == "Ada"
    before = platform.current()["id"]
    with platform.watched() as watch:
        platform.deploy(variables={"demo_version": "1.1.0"})
    assert platform.current()["id"] != before
    assert len(watch.versions) == 2
    assert watch.failures == []
    assert platform.ask(ISP, ada).json()["name"] == "Ada"


@pytest.mark.long
def test_a_renewed_certificate_is_served_by_itself(platform: Platform) -> None:
    before = platform.certificate(ISP)
    platform.machine.run("rm /etc/ssl/steward/edge.pem")
    platform.deploy()
    poll(lambda: platform.certificate(ISP) != before, seconds=20, what="the new certificate at the edge")


def open_ports(address: str, scanner: Machine) -> set[int]:
    """The TCP ports of an address that another host can connect to."""
    script = (
        "import concurrent.futures as f, socket, sys\n"
        "def probe(port):\n"
        "    family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET\n"
        "    with socket.socket(family) as s:\n"
        "        s.settimeout(2)\n"
        "        return port if s.connect_ex((sys.argv[1], port)) == 0 else None\n"
        "with f.ThreadPoolExecutor(200) as pool:\n"
        "    print(*[p for p in pool.map(probe, range(1, 65536)) if p])\n"
    )
    return {int(port) for port in scanner.run(["python3", "-c", script, address], timeout=300).stdout.split()}


def test_only_three_ports_are_open_to_another_host(platform: Platform, host: Callable[..., Machine]) -> None:
    scanner = host("outside")
    machine = platform.machine
    # The scanner can see an open port at all: otherwise this would prove nothing.
    socket.create_connection((machine.public_ipv4, 443), timeout=5).close()
    assert open_ports(machine.public_ipv4, scanner) == PUBLIC_PORTS
    assert open_ports(machine.public_ipv6, scanner) == PUBLIC_PORTS


def test_a_restarted_host_serves_again_by_itself(platform: Platform, restart: Callable[[Machine], None]) -> None:
    ada = add_customer(platform)
    restart(platform.machine)

    def serves() -> bool:
        try:
            return all(platform.ask(name, "/health/ready").status == 200 for name in (ISP, MANAGEMENT))
        except (OSError, AssertionError):
            return False

    poll(serves, seconds=300, every=1, what="both services ready after the restart")
    assert platform.ask(ISP, ada).json()["name"] == "Ada"
