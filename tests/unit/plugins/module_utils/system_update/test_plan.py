# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.system_update import command
from ansible_collections.steward.platform.plugins.module_utils.system_update.model import Package, Simulation, World
from ansible_collections.steward.platform.plugins.module_utils.system_update.parse import parse_simulation
from ansible_collections.steward.platform.plugins.module_utils.system_update.plan import plan, restart_command

RECORDINGS = Path(__file__).parent / "recordings/apt-3.0"
SSL, TEST = "/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/lib/steward-test/libsteward-test.so.1"
WORLD = World(
    full=parse_simulation((RECORDINGS / "simulate-dist-upgrade.txt").read_text()),
    careful=parse_simulation((RECORDINGS / "simulate-upgrade.txt").read_text()),
    upgradable=("base-files", "libssl3t64", "openssl", "openssl-provider-legacy", "steward-test", "steward-test-held"),
    held=("steward-test-held",),
    mapped={
        "nginx.service": frozenset({SSL}),
        "ssh.service": frozenset({SSL}),
        "user@1000.service": frozenset({SSL}),
        "mine.service": frozenset({TEST}),
        "idle.service": frozenset({"/usr/bin/env"}),
    },
    files={"libssl3t64": frozenset({SSL}), "steward-test": frozenset({TEST})},
)
QUIET = World(Simulation(), Simulation())
USUAL = {"allow_removals": False, "restart": "safe", "reboot": "when_needed", "protected": ["nginx.service", "redis@*"]}


def facts(world: World = WORLD, **changes: Any) -> dict[str, Any]:
    return dict(plan({**USUAL, **changes}, world).facts)


def test_nothing_is_removed_unless_it_is_allowed() -> None:
    careful = facts()
    assert [row["name"] for row in careful["packages"]] == [
        "base-files", "openssl-provider-legacy", "libssl3t64", "sudo", "openssl"
    ]  # fmt: skip
    assert careful["refused_removals"] == ["steward-test-rival"]
    assert careful["held"] == ["steward-test-held"]
    assert careful["kept_back"] == ["steward-test"]
    allowed = facts(allow_removals=True)
    assert {"steward-test", "steward-test-rival", "steward-test-new"} <= {row["name"] for row in allowed["packages"]}
    assert allowed["refused_removals"] == []


def test_the_changes_are_the_packages_with_their_versions_then_the_restarts() -> None:
    wanted = plan({**USUAL}, WORLD)
    assert (wanted.changes[0].action, wanted.changes[0].before, wanted.changes[0].after) == (
        "upgrade", "13.8+deb13u7", "13.8+deb13u8"
    )  # fmt: skip
    assert [(change.action, change.subject) for change in wanted.changes if change.action == "restart"] == [
        ("restart", "ssh.service")
    ]


@pytest.mark.parametrize(
    ("restart", "restarts", "deferred"),
    [
        ("safe", ["ssh.service"], ["nginx.service"]),
        ("all", ["ssh.service", "nginx.service"], []),
        ("none", [], ["nginx.service", "ssh.service"]),
    ],
)
def test_what_the_platform_needs_is_restarted_last_or_not_at_all(
    restart: str, restarts: list[str], deferred: list[str]
) -> None:
    seen = facts(restart=restart)
    assert (seen["restarts"], seen["deferred"]) == (restarts, deferred)


def test_what_cannot_be_restarted_waits_for_a_reboot_and_asks_for_none() -> None:
    seen = facts(replace(QUIET, stale={"dbus.service": frozenset({SSL})}), restart="all")
    assert (seen["restarts"], seen["deferred"], seen["reboot"]) == ([], ["dbus.service"], False)


def test_a_reboot_makes_restarts_needless() -> None:
    seen = facts(reboot="true")
    assert (seen["reboot"], seen["restarts"], seen["deferred"]) == (True, [], [])


def test_a_host_that_is_up_to_date_is_left_alone() -> None:
    wanted = plan({**USUAL}, QUIET)
    assert not wanted.changed
    assert wanted.facts["table"] == "No package is to be updated.\nReboot: no (nothing asks for it)"


def test_what_somebody_else_replaced_is_found_too() -> None:
    assert facts(replace(QUIET, stale={"cron.service": frozenset({SSL})}))["restarts"] == ["cron.service"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kernels": ("6.12.9-amd64", "6.12.57-amd64"), "running_kernel": "6.12.9-amd64"},
         "the kernel 6.12.57-amd64 is installed, 6.12.9-amd64 runs"),
        ({"asked": ("libc6",)}, "a package asked for it: libc6"),
        ({"asked": ()}, "a package asked for it: without its name"),
        ({"full": Simulation((Package("linux-image-amd64", "upgrade", "6.12.9", "6.12.57"),))},
         "linux-image-amd64 6.12.57 begins to work with a reboot"),
    ],
    ids=["kernel", "asked", "asked without a name", "kernel to come"],
)  # fmt: skip
def test_a_reboot_is_needed_for_a_reason(changes: dict[str, Any], reason: str) -> None:
    seen = facts(replace(QUIET, **changes))
    assert (seen["reboot"], seen["reboot_reasons"]) == (True, [reason])
    assert facts(replace(QUIET, **changes), reboot="false")["reboot"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"kernels": ("6.12.9-amd64",), "running_kernel": "6.12.9-amd64"},
        {"kernels": ("6.12.9-amd64",), "running_kernel": "6.12.57-cloud"},
        {"full": Simulation((Package("linux-image-6.1", "remove", "6.1"),))},
    ],
    ids=["newest runs", "a newer one runs", "an old one goes"],
)
def test_no_reboot_for_nothing(changes: dict[str, Any]) -> None:
    assert facts(replace(QUIET, **changes), allow_removals=True)["reboot_reasons"] == []


def test_the_platforms_services_that_their_own_package_restarts_are_told() -> None:
    unit = "/usr/lib/systemd/system"
    world = replace(
        QUIET,
        full=Simulation((Package("redis-server", "upgrade", "1", "2"),)),
        mapped={"redis@queue.service": frozenset(), "nginx.service": frozenset(), "ssh.service": frozenset()},
        files={"redis-server": frozenset({f"{unit}/redis@.service", f"{unit}/ssh.service"})},
    )
    assert facts(world)["interrupted"] == ["redis@queue.service"]


def test_the_plan_is_told_for_people() -> None:
    lines = facts(replace(WORLD, full=WORLD.careful))["table"].splitlines()
    assert lines[0] == "5 packages, 0 of them security updates:"
    assert lines[1].split() == ["ACTION", "PACKAGE", "FROM", "TO"]
    assert "Held, stay as they are: steward-test-held" in lines
    assert lines[-1] == "Reboot: no (nothing asks for it)"
    security = facts(allow_removals=True)["table"]
    assert security.startswith("8 packages, 2 of them security updates:")


@pytest.mark.parametrize(
    ("unit", "argv"),
    [("cron.service", ["systemctl", "restart", "--", "cron.service"]), ("init.scope", ["systemctl", "daemon-reexec"])],
)
def test_systemd_replaces_itself(unit: str, argv: list[str]) -> None:
    assert restart_command(unit) == argv


def test_the_command_lines_of_apt() -> None:
    assert command.fetch()[-2:] == ["--error-on=any", "update"]
    assert command.simulate(full=True)[-1] == "dist-upgrade"
    assert command.simulate(full=False)[-2:] == ["upgrade", "--with-new-pkgs"]
    assert "--no-remove" in command.upgrade(full=True, removals=False)
    assert "--no-remove" not in command.upgrade(full=True, removals=True)
    assert command.list_upgradable()[-1] == "--upgradable"
    assert command.list_held() == ["apt-mark", "showhold"]
    for argv in (command.fetch(), command.simulate(full=True), command.list_upgradable()):
        assert f"Dir::State::Lists={command.LISTS}" in argv
