# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""More replicas, fewer of them, and fresh ones, while requests arrive."""

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.tests.support import haproxy
from ansible_collections.steward.platform.tests.support.platform import Platform

SERVICE = "isp-framework"


def running(platform: Platform) -> list[str]:
    """The ids of the service's containers that run."""
    label = f"label=steward.service={SERVICE}"
    return platform.machine.run(["docker", "ps", "-q", "--filter", label]).stdout.split()


@pytest.fixture(scope="module")
def scaled(platform: Platform) -> list[str]:
    """What failed while a third replica came."""
    assert len(running(platform)) == 2
    with platform.watched() as watch:
        platform.run("scale", variables={"service": SERVICE, "replicas": 3})
    assert watch.answers > 10
    return watch.failures


def test_more_replicas_come_without_losing_a_request(platform: Platform, scaled: list[str]) -> None:
    assert scaled == []
    assert len(running(platform)) == 3
    record = platform.current()
    assert record["origin"]["kind"] == "scale"
    assert record["scaled"] == {SERVICE: {"replicas": 3, "inventory": 2}}
    assert sorted(haproxy.states(platform.machine, SERVICE).values()) == ["ready"] * 3


@pytest.mark.usefixtures("scaled")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"service": "isp", "replicas": 2}, "service is 'isp', allowed is one of: isp-framework,"),
        ({"service": SERVICE, "replicas": 0}, "replicas is 0, allowed is: at least 1 and at most 8"),
        ({"service": SERVICE, "replicas": 10_000}, "replicas is 10000, allowed is: at least 1 and at most 8"),
        ({"service": "mgmt-celery-beat", "replicas": 2}, "replicas is 2, allowed for the scheduler"),
    ],
    ids=["unknown service", "none", "far too many", "two schedulers"],
)
def test_bad_input_changes_nothing(platform: Platform, asked: dict[str, object], said: str) -> None:
    before = platform.current()["id"]
    assert said in platform.run("scale", variables=asked, expect=2).output
    assert platform.current()["id"] == before


@pytest.mark.long
@pytest.mark.usefixtures("scaled")
def test_a_deploy_keeps_the_number_and_a_scale_back_ends_it(platform: Platform) -> None:
    kept = platform.deploy()
    assert [task.name for task in kept.changed] == []
    assert len(running(platform)) == 3
    with platform.watched() as watch:
        platform.run("scale", variables={"service": SERVICE, "replicas": 2})
    assert watch.failures == []
    assert len(running(platform)) == 2
    assert platform.current()["scaled"] == {}
    again = platform.run("scale", variables={"service": SERVICE, "replicas": 2})
    assert [task.name for task in again.changed if task.action != "release_lease"] == []


@pytest.mark.long
def test_a_restart_gives_fresh_containers_without_losing_a_request(platform: Platform) -> None:
    before = set(running(platform))
    with platform.watched() as watch:
        platform.run("restart", variables={"service": SERVICE})
    assert watch.failures == []
    after = set(running(platform))
    assert not after & before
    assert len(after) == len(before)


@pytest.mark.long
def test_a_rollback_after_scaling_goes_to_older_code_at_the_present_scale(platform: Platform) -> None:
    code = platform.current()["services"][SERVICE]["image"]
    platform.deploy(variables={"demo_version": "3.2.0"})
    platform.run("scale", variables={"service": SERVICE, "replicas": 3})
    shown = platform.rollback(variables={"rollback_list": True})
    newest, *_others = shown.result("Ledger | Read the releases")["releases"]
    assert newest["origin"]["kind"] == "scale"
    planned = platform.rollback(check=True)
    target = planned.result("Rollback | See that it can be done")["target"]
    platform.rollback(variables={"confirm": target})
    assert platform.current()["services"][SERVICE]["image"] == code
    assert len(running(platform)) == 3
