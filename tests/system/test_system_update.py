# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The update of a host without a platform: real packages, a real service with a library in memory, a real reboot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.apt_repository import LIBRARY, UNIT, AptRepository
from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

Play = Callable[..., PlayResult]
OPTIONS = {
    "dry_run": False, "allow_removals": False, "restart": "safe", "reboot": "false",
    "reboot_timeout": 120, "gate_timeout": 5,
}  # fmt: skip
HEALTHY = ("systemctl", "is-active", UNIT)
# All that changes when packages do; the tests' own are a matter of these too.
STATE = "dpkg-query --show | sha256sum; find /var/lib/apt/lists -type f -exec sha256sum {} + | sort | sha256sum"
RECORD, LOG = "/var/lib/steward/system-update.json", "/var/log/steward/updates.jsonl"


@pytest.fixture(scope="module")
def machine(host: Callable[..., Machine], restart: Callable[[Machine], None]) -> Machine:
    """An up-to-date host that runs what it has: what Debian itself has pending is none of these tests'."""
    machine = host("update")
    machine.run("apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy dist-upgrade", timeout=300)
    machine.run(f"rm -f {RECORD} {LOG}")
    restart(machine)
    return machine


@pytest.fixture
def repository(machine: Machine) -> Iterator[AptRepository]:
    """Version 1 of three packages is installed, one is held, and a service uses the library of the first."""
    offered = AptRepository(machine)
    for name in ("steward-test", "steward-test-held", "steward-test-rival"):
        offered.offer(name, "1")
        offered.install(name, "1")
    machine.run("apt-mark hold steward-test-held")
    offered.use()
    yield offered
    offered.remove()


@pytest.fixture(scope="module")
def play(machine: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Play:
    hosts = inventory({"all": [machine]})

    def run(
        entry: str = "system_update",
        *,
        gate: tuple[str, ...] = HEALTHY,
        protected: tuple[str, ...] = (),
        options: dict[str, Any] | None = None,
        verbosity: tuple[str, ...] = (),
        **given: Any,
    ) -> PlayResult:
        variables = {
            "maintenance_update": OPTIONS | (options or {}),
            "maintenance_gate": list(gate),
            "maintenance_protected_units": list(protected),
        }

        def call(tasks_from: str) -> dict[str, Any]:
            return {"ansible.builtin.include_role": {"name": "steward.platform.maintenance", "tasks_from": tasks_from}}

        task = {"block": [call(entry)], "rescue": [call("system_update_failed")]}
        return ansible_playbook(
            [{"hosts": "all", "gather_facts": False, "tasks": [task]}],
            inventory=hosts,
            variables=variables,
            options=verbosity,
            **given,
        )

    return run


def uses_deleted(machine: Machine) -> bool:
    """Whether the service has a library in memory that is gone, as the kernel shows it to somebody else than us."""
    show = f"grep -c 'libsteward-test.*(deleted)' /proc/$(systemctl show -p MainPID --value {UNIT})/maps"
    return machine.run(show, check=False).stdout.strip() not in ("", "0")


def record(machine: Machine) -> dict[str, Any]:
    return dict(json.loads(machine.run(f"cat {RECORD}").stdout))


def test_an_update_is_planned_done_once_and_leaves_what_is_held(
    machine: Machine, repository: AptRepository, play: Play
) -> None:
    for name in ("steward-test", "steward-test-held"):
        repository.offer(name, "2")
    before = machine.run(STATE).stdout

    planned = play("system_update_plan").result("Plan | See what there is to update")
    assert [(row["name"], row["from"], row["to"], row["security"]) for row in planned["packages"]] == [
        ("steward-test", "1", "2", True)
    ]
    assert (planned["held"], planned["restarts"], planned["reboot"]) == (["steward-test-held"], [UNIT], False)
    # The events hold a difference only from this verbosity on.
    checked = play(check=True, diff=True, verbosity=("-vvv",))
    assert [task.name for task in checked.changed] == [
        "Update | Upgrade the packages and restart what uses replaced files"
    ]
    assert machine.run(STATE).stdout == before

    done = play(diff=True, verbosity=("-vvv",))
    assert done.changed[0].result["diff"] == checked.changed[0].result["diff"]
    assert repository.versions() == {"steward-test": "2", "steward-test-held": "1", "steward-test-rival": "1"}
    assert machine.run(f"tail -c 1 {LIBRARY}").stdout == "2"
    assert not uses_deleted(machine)
    assert record(machine)["outcome"] == "ok"
    assert record(machine)["restarts"] == [UNIT]

    assert [task.name for task in play().changed] == []
    rows = [json.loads(line) for line in machine.run(f"cat {LOG}").stdout.splitlines()]
    assert [len(row.get("packages", [])) for row in rows[-2:]] == [1, 0]


@pytest.mark.long
def test_what_interrupts_goes_on_with_the_old_library_until_it_may_be_restarted(
    machine: Machine, repository: AptRepository, play: Play
) -> None:
    repository.offer("steward-test", "2")
    updated = play(protected=("steward-test-*",)).changed[0].result
    assert (updated["restarts"], updated["deferred"]) == ([], [UNIT])
    assert uses_deleted(machine)
    assert [task.name for task in play(protected=("steward-test-*",)).changed] == []
    assert play(protected=("steward-test-*",), options={"restart": "all"}).changed[0].result["restarts"] == [UNIT]
    assert not uses_deleted(machine)


@pytest.mark.long
def test_an_upgrade_that_would_remove_a_package_is_left_unless_it_is_allowed(
    machine: Machine, repository: AptRepository, play: Play
) -> None:
    repository.offer("steward-test-new", "1")
    repository.offer("steward-test", "2", depends="steward-test-new", conflicts="steward-test-rival")
    planned = play("system_update_plan").result("Plan | See what there is to update")
    assert planned["refused_removals"] == ["steward-test-rival"]
    assert [task.name for task in play().changed] == []
    assert repository.versions()["steward-test"] == "1"
    play(options={"allow_removals": True})
    assert repository.versions() == {"steward-test": "2", "steward-test-held": "1", "steward-test-new": "1"}


@pytest.mark.long
def test_a_gate_that_fails_stops_with_the_host_and_what_to_do(
    machine: Machine, repository: AptRepository, play: Play
) -> None:
    repository.offer("steward-test", "2")
    failed = play(gate=("false",), expect=2)
    message = str(failed.failed[-1].result["msg"])
    assert f"the update stopped at host {machine.name}: {machine.name} is not healthy, false says:" in message
    assert "then run the update again" in message
    assert record(machine)["outcome"] == "failed"
    assert [row["name"] for row in record(machine)["packages"]] == ["steward-test"]


@pytest.mark.long
def test_a_package_source_that_fails_stops_before_anything_changes(
    machine: Machine, repository: AptRepository, play: Play
) -> None:
    machine.run("rm /srv/steward-test-repository/Packages")
    failed = play("system_update_plan", expect=2)
    assert "steward-test-repository" in str(failed.failed[0].result["msg"])


@pytest.mark.long
def test_a_host_reboots_when_a_package_asked_for_it_and_comes_back(
    machine: Machine, repository: AptRepository, play: Play
) -> None:
    repository.offer("steward-test", "2")
    machine.run("touch /run/reboot-required; echo steward-test > /run/reboot-required.pkgs")
    started = "systemctl show --property=UserspaceTimestampMonotonic --value"
    before = machine.run(started).stdout
    done = play(options={"reboot": "when_needed"}, gate=("systemctl", "is-active", "ssh.service"))
    assert machine.run(started).stdout != before
    assert "Update | Reboot" in [task.name for task in done.changed]
    assert record(machine)["rebooted"] is True
    assert record(machine)["reboot_reasons"] == ["a package asked for it: steward-test"]
    assert [task.name for task in play(options={"reboot": "when_needed"}, gate=("true",)).changed] == []
