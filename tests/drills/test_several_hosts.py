# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two app hosts: images are built once and carried, traffic moves for all hosts or for none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.steward.platform.tests.support import haproxy
from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner

pytestmark = pytest.mark.long
SERVICE = "isp-framework"
# As many ports has a slot.
PLACES = 8
# Takes a port as soon as a new release is laid beside the one that serves, when the preflight is long over.
STRANGER = """
import glob, http.server, sys, time
known = glob.glob("/opt/dotmac/releases/*")
while glob.glob("/opt/dotmac/releases/*") == known:
    time.sleep(0.2)
http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), http.server.BaseHTTPRequestHandler).serve_forever()
"""


@pytest.fixture(scope="module")
def second(host: Callable[..., Machine]) -> Machine:
    return host("pair2")


@pytest.fixture(scope="module")
def pair(
    host: Callable[..., Machine],
    second: Machine,
    ansible_playbook: PlaybookRunner,
    tmp_path_factory: pytest.TempPathFactory,
) -> Platform:
    deployed = Platform(host("pair1"), ansible_playbook, tmp_path_factory.mktemp("pair"), {"second": second})
    deployed.site()
    return deployed


def serving(pair: Platform) -> dict[str, str]:
    return haproxy.states(pair.machine, SERVICE)


def images(machine: Machine) -> set[str]:
    return set(
        machine.run(
            "docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' 'dotmac/*'"
        ).stdout.splitlines()
    )


def test_an_image_is_built_once_and_the_same_everywhere(pair: Platform, second: Machine) -> None:
    assert images(second) == images(pair.machine) != set()


def test_both_hosts_serve(pair: Platform, second: Machine) -> None:
    assert {name.split("-")[0] for name in serving(pair)} == {"demo", "second"}
    assert set(serving(pair).values()) == {"ready"}
    schedulers = [
        machine.run("docker ps -q --filter label=steward.service=mgmt-celery-beat").stdout.split()
        for machine in (pair.machine, second)
    ]
    assert sorted(map(len, schedulers)) == [0, 1], "a scheduler is never there twice"


def test_a_second_run_changes_nothing(pair: Platform) -> None:
    assert [task.name for task in pair.deploy().changed] == []


def test_a_release_moves_on_both_without_losing_a_request(pair: Platform, second: Machine) -> None:
    before = serving(pair)
    with pair.watched() as watch:
        pair.deploy(variables={"demo_version": "5.0.0"})
    assert watch.failures == []
    assert not set(serving(pair)) & set(before)
    assert len(serving(pair)) == len(before)
    assert second.run("readlink /opt/dotmac/current").stdout == pair.machine.run("readlink /opt/dotmac/current").stdout


def test_where_one_host_fails_no_traffic_moves(pair: Platform, second: Machine) -> None:
    before, release = serving(pair), pair.current()
    own = release["services"][SERVICE]
    other = own["ports"][0] + (PLACES if own["slot"] == "blue" else -PLACES)
    second.run(["systemd-run", "--unit", "stranger", "python3", "-c", STRANGER, second.private_ipv4, str(other)])
    try:
        with pair.watched() as watch:
            refused = pair.deploy(variables={"demo_version": "5.1.0"}, expect=2)
    finally:
        second.run("systemctl stop stranger")
    assert watch.failures == []
    assert serving(pair) == before
    assert pair.current()["id"] == release["id"]
    assert "address already in use" in refused.output
    assert "another host failed" in refused.output
    pair.deploy(variables={"demo_version": "5.1.0"})
    assert pair.current()["id"] != release["id"]


def test_a_host_that_reboots_for_an_update_loses_no_request(pair: Platform, second: Machine) -> None:
    before, began = serving(pair), "systemctl show --property=UserspaceTimestampMonotonic --value"
    started = second.run(began).stdout
    with pair.watched() as watch:
        pair.run("update_system", options=("--limit", "second"), variables={"update_reboot": "true"})
    assert second.run(began).stdout != started
    assert (watch.failures, watch.answers > 0) == ([], True)
    assert serving(pair) == before
