# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dies is a container, Docker, HAProxy or the host amid a switch: one release serves, and all agree on which."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support import haproxy
from ansible_collections.steward.platform.tests.support.machines import Machine, poll, without_power
from ansible_collections.steward.platform.tests.support.paths import ROOT, tool, tool_environment
from ansible_collections.steward.platform.tests.support.platform import ISP, Platform

pytestmark = pytest.mark.long
SERVICE = "isp-framework"
# Long enough to find the switch being watched.
OBSERVE = 15
ASKED = 20
ALL_WELL = "All or none | See that no host has failed]"


def version(platform: Platform) -> str:
    return str(platform.ask(ISP, "/version").json()["version"])


def status(platform: Platform) -> tuple[int, Any]:
    """How ``steward status`` ends, and its document."""
    done = platform.machine.run("steward status --json", check=False)
    return done.returncode, json.loads(done.stdout)


def is_well(platform: Platform) -> bool:
    return status(platform)[0] in (0, 4)


def running(platform: Platform) -> set[str]:
    """The projects of the containers that run."""
    label = '{{.Label "com.docker.compose.project"}}'
    return set(platform.machine.run(["docker", "ps", "--format", label]).stdout.split())


def started(machine: Machine, container: str) -> str:
    return machine.run(["docker", "inspect", "--format", "{{.State.StartedAt}}", container]).stdout


def containers_of(platform: Platform, service: str) -> set[str]:
    """The containers of a service that run, of whatever release."""
    labelled = ["--filter", f"label=steward.service={service}", "--format", "{{.Names}}"]
    return set(platform.machine.run(["docker", "ps", *labelled]).stdout.split())


def projects(record: dict[str, Any]) -> set[str]:
    return {service["project"] for service in record["services"].values()}


def servers(record: dict[str, Any], service: str = SERVICE) -> dict[str, str]:
    """HAProxy's servers of a service when its release has all the traffic."""
    slot = record["services"][service]
    return {f"{slot['slot']}-{number}": "ready" for number in range(1, slot["replicas"] + 1)}


def assert_agreement(platform: Platform) -> str:
    """Ledger, Docker, director, ``steward status`` and visitors see the same release; returns its version."""
    record = platform.current()
    code, document = status(platform)
    assert code in (0, 4), document
    (row,) = document["sections"]["release"]
    assert row["facts"] == {"id": record["id"], "state": "serving"}
    shown = {row["name"]: row["facts"]["slot"] for row in document["sections"]["services"]}
    assert shown == {name: service["slot"] for name, service in record["services"].items()}
    for name, service in record["services"].items():
        containers = [f"{service['project']}-{number}" for number in range(1, service["replicas"] + 1)]
        said = platform.machine.run(["docker", "inspect", "--format", "{{.State.Running}} {{.Image}}", *containers])
        assert set(said.stdout.splitlines()) == {f"true {service['image_id']}"}, name
        if service["kind"] == "scheduler":
            # Two would do everything twice.
            assert containers_of(platform, name) == set(containers)
        if service["kind"] == "web":
            assert haproxy.states(platform.machine, name) == servers(record, name)
    answers = [platform.ask(ISP, "/version") for _number in range(ASKED)]
    assert {answer.status for answer in answers} == {200}
    assert {answer.text for answer in answers} == {platform.local(f"{platform.replica(SERVICE)}/version").text}
    return str(answers[0].json()["version"])


def assert_finished(platform: Platform, variables: dict[str, Any]) -> None:
    """The same deploy again finishes what was begun, and after that there is nothing left to do."""
    platform.deploy(variables=variables)
    assert assert_agreement(platform) == variables["demo_version"]
    assert running(platform) == projects(platform.current())
    assert [task.name for task in platform.deploy(variables=variables).changed] == []


@pytest.mark.parametrize("by", ["the engine", "the kernel"])
def test_a_killed_container_comes_back_or_is_told_of_and_mended_by_a_deploy(platform: Platform, by: str) -> None:
    """What ``docker kill`` ends stays ended, because somebody wanted it so; what crashes is started again."""
    before, machine = version(platform), platform.machine
    container = f"{platform.current()['services'][SERVICE]['project']}-1"
    begun = started(machine, container)
    with platform.watched() as watch:
        if by == "the engine":
            machine.run(["docker", "kill", container])
            code, document = status(platform)
            (row,) = [row for row in document["sections"]["services"] if row["name"] == SERVICE]
            assert (code, row["status"]) == (4, "warn")
            assert f"container {container} is exited" in row["message"]
            platform.deploy(variables={"demo_version": before})
        else:
            machine.run(f"kill -KILL $(docker inspect --format '{{{{.State.Pid}}}}' {container})")
        poll(lambda: started(machine, container) != begun, seconds=60, what=f"{container} again")
        poll(lambda: is_well(platform), seconds=60, what="good status")
    print(f"killed by {by}: {watch.answers} answers, lost: {watch.failures}")
    assert len(watch.versions) == 1
    assert assert_agreement(platform) == before


def test_docker_is_restarted_under_what_serves(platform: Platform) -> None:
    before, machine = version(platform), platform.machine
    begun = {name: started(machine, name) for name in machine.run("docker ps --format '{{.Names}}'").stdout.split()}
    with platform.watched() as watch:
        machine.run("systemctl restart docker")
        poll(lambda: is_well(platform), seconds=60, what="good status")
    print(f"Docker restarted: {watch.answers} answers, lost: {watch.failures}")
    # Containers outlive their engine.
    assert {name: started(machine, name) for name in begun} == begun
    assert watch.failures == []
    assert len(watch.versions) == 1
    assert assert_agreement(platform) == before


def test_haproxy_is_killed_and_comes_back_with_the_same_servers(platform: Platform) -> None:
    before, machine = version(platform), platform.machine
    main = machine.run("systemctl show -P MainPID haproxy").stdout
    with platform.watched() as watch:
        machine.run("systemctl kill --signal=KILL haproxy")
        poll(lambda: machine.run("systemctl show -P MainPID haproxy").stdout not in (main, "0\n"), seconds=30)
        poll(lambda: is_well(platform), seconds=60, what="good status")
        answered = watch.answers
        poll(lambda: watch.answers > answered, seconds=20, what="an answer after that")
    print(f"HAProxy killed: {watch.answers} answers, lost: {watch.failures}")
    assert len(watch.versions) == 1
    assert assert_agreement(platform) == before


@dataclass(frozen=True)
class Moment:
    """A point of a switch: the line of the run after which it comes, counted, and what is then so on the host.

    ``is_inside``: the line is of a task that brings this about or goes on meanwhile, so it has to run.
    """

    line: str
    count: int
    holds: Callable[[Platform, dict[str, Any]], bool]
    is_committed: bool = False
    is_inside: bool = False


def some_started(platform: Platform, before: dict[str, Any]) -> bool:
    return not has_moved(platform, before) and bool(running(platform) - projects(before))


def has_moved(platform: Platform, before: dict[str, Any]) -> bool:
    """Whether all traffic is at the other slot."""
    states = haproxy.states(platform.machine, SERVICE)
    return "ready" in states.values() and not states.keys() & servers(before).keys()


def serves(platform: Platform, before: dict[str, Any]) -> bool:
    return bool(platform.current()["id"] == before["id"])


MOMENTS = {
    "containers start": Moment("Slots | Take the step started]", 1, some_started, is_inside=True),
    "all have started": Moment(ALL_WELL, 1, some_started),
    "the traffic is watched": Moment("Watch | Watch them]", 1, has_moved, is_inside=True),
    # Here the director's files and the ledger differ.
    "before the commit": Moment(ALL_WELL, 5, has_moved),
    "after the commit": Moment("PLAY [(9/9)", 1, has_moved, is_committed=True),
}


@contextmanager
def deploying(platform: Platform, variables: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A deploy under way, whose lines can be read."""
    process = subprocess.Popen(
        [tool("ansible-playbook"), *platform.arguments("deploy"), "-e", json.dumps(variables)],
        cwd=ROOT,
        env=tool_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for(process: subprocess.Popen[str], moment: Moment) -> None:
    """Read until the moment's line; between two tasks the controller is stopped there, so that the moment stays."""
    assert process.stdout is not None
    said, left = [], moment.count
    for line in process.stdout:
        said.append(line)
        left -= moment.line in line
        if left == 0:
            if not moment.is_inside:
                process.send_signal(signal.SIGSTOP)
            return
    raise AssertionError(f"the deploy ended without {moment.line!r} for the {moment.count}. time:\n{''.join(said)}")


@pytest.mark.parametrize("when", MOMENTS)
def test_a_power_cut_during_a_switch_leaves_one_release_and_the_next_run_finishes(
    platform: Platform, when: str
) -> None:
    moment, before = MOMENTS[when], platform.current()
    serving = assert_agreement(platform)
    variables = {
        "demo_version": f"6.{list(MOMENTS).index(when)}.{int(time.time())}",
        "deploy_observe": OBSERVE,
        "deploy_skip_tests": True,
    }
    with deploying(platform, variables) as process:
        wait_for(process, moment)
        poll(lambda: moment.holds(platform, before), seconds=OBSERVE, what=when)
        assert serves(platform, before) is not moment.is_committed
        with without_power(platform.machine):
            process.send_signal(signal.SIGCONT)
            output, _nothing = process.communicate(timeout=180)
    assert process.returncode == 4, output[-3000:]
    assert "UNREACHABLE" in output
    poll(lambda: is_well(platform), seconds=120, every=1, what="good status without any deploy")
    assert serves(platform, before) is not moment.is_committed
    assert assert_agreement(platform) == (variables["demo_version"] if moment.is_committed else serving)
    assert_finished(platform, variables)
