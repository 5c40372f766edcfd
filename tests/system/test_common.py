# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs that roles share, called by a role as roles call them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

# Small, with a service that Debian starts at once.
PACKAGE, SERVICE, PORT = "memcached", "memcached.service", 11211
TEMPLATE = """{{ ansible_managed | comment }}
[Unit]
Description=Probe of {{ inventory_hostname }}
[Service]
{{ line | default('') }}
ExecStart=/usr/bin/sh -c '{{ program }}'
[Install]
WantedBy=multi-user.target
"""
Play = Callable[..., PlayResult]


@pytest.fixture(scope="module")
def cfg(host: Callable[..., Machine]) -> Iterator[Machine]:
    machine = host("cfg")
    clean = (
        f"DEBIAN_FRONTEND=noninteractive apt-get -qy purge {PACKAGE}; systemctl disable --now probe.service;"
        " rm -rf /etc/systemd/system/probe.service*; systemctl daemon-reload; systemctl reset-failed"
    )
    machine.run(clean, check=False)
    yield machine
    machine.run(clean, check=False)


@pytest.fixture(scope="module")
def play(
    cfg: Machine,
    inventory: Callable[..., Path],
    ansible_playbook: PlaybookRunner,
    tmp_path_factory: pytest.TempPathFactory,
) -> Play:
    """Calls a verb from a role that has a template of its own."""
    roles = tmp_path_factory.mktemp("roles")
    for name in ("tasks", "templates"):
        (roles / "caller" / name).mkdir(parents=True)
    (roles / "caller/templates/probe.service.j2").write_text(TEMPLATE)
    hosts = inventory({"all": [cfg]})

    def run(verb: str, values: Mapping[str, Any], **given: Any) -> PlayResult:
        include = {"name": "steward.platform.common", "tasks_from": verb}
        tasks = [{"name": "Call", "ansible.builtin.include_role": include, "vars": dict(values)}]
        (roles / "caller/tasks/main.yml").write_text(yaml.safe_dump(tasks))
        plays = [{"hosts": "all", "gather_facts": False, "roles": ["caller"]}]
        return ansible_playbook(plays, inventory=hosts, env={"ANSIBLE_ROLES_PATH": str(roles)}, **given)

    return run


def unit(program: str, **more: Any) -> dict[str, Any]:
    """The variables of a probe that runs the program."""
    return {
        "common_unit_files": [
            {"name": "probe.service", "template": "probe.service.j2", "vars": {"program": program, **more}},
            {"name": "probe.service.d/nice.conf", "content": "[Service]\nNice=1\n"},
        ],
        "common_unit_directories": [{"name": "probe.service.d"}],
        "common_unit_restart": ["probe.service"],
        "common_unit_enabled": ["probe.service"],
        "common_unit_started": ["probe.service"],
    }


def shown(machine: Machine, name: str) -> list[str]:
    return machine.run(["systemctl", "show", "--value", "-p", "ActiveState,UnitFileState", name]).stdout.split()


def test_a_fresh_package_with_held_services_listens_nowhere(cfg: Machine, play: Play) -> None:
    values = {"common_packages": [PACKAGE], "common_packages_hold_services": True}
    assert [task.name for task in play("packages", values).changed] == ["Packages | Install"]
    assert cfg.run(f"dpkg-query -W -f '${{db:Status-Status}}' {PACKAGE}").stdout == "installed"
    assert cfg.run(f"ss -ltnH 'sport = :{PORT}'").stdout == ""
    assert cfg.run("ls /usr/sbin/policy-rc.d", check=False).returncode != 0
    again = play("packages", values)
    assert again.changed == ()
    # A package's own service starts and stops with the others.
    play("systemd_unit", {"common_unit_started": [SERVICE]})
    poll(lambda: cfg.run(f"ss -ltnH 'sport = :{PORT}'").stdout, seconds=20, what="its socket")
    play("systemd_unit", {"common_unit_stopped": [SERVICE, "nosuch.service"]})
    assert sorted(shown(cfg, SERVICE)) == ["disabled", "inactive"]


def test_a_package_that_does_not_exist_is_named(play: Play) -> None:
    (failed,) = play("packages", {"common_packages": ["nosuch-package"]}, expect=2).failed
    assert "nosuch-package" in failed.result["msg"]


def test_a_unit_is_written_verified_enabled_and_started(cfg: Machine, play: Play) -> None:
    wanted = unit("exec sleep 1000")
    predicted = play("systemd_unit", wanted, check=True)
    assert cfg.run("ls /etc/systemd/system | grep probe", check=False).stdout == ""
    done = play("systemd_unit", wanted)
    assert [task.name for task in predicted.changed] == [task.name for task in done.changed]
    assert len(done.changed) == 2
    assert sorted(shown(cfg, "probe.service")) == ["active", "enabled"]
    assert play("systemd_unit", wanted).changed == ()

    first = cfg.run("systemctl show -P MainPID probe.service").stdout
    play("systemd_unit", unit("exec sleep 2000"))
    assert cfg.run("systemctl show -P MainPID probe.service").stdout != first
    assert "sleep 2000" in cfg.run("tr '\\0' ' ' < /proc/$(systemctl show -P MainPID probe.service)/cmdline").stdout

    (failed,) = play("systemd_unit", unit("exec sleep 3000", line="Tpye=simple"), expect=2).failed
    assert "Unknown key" in failed.result["msg"]
    assert "Tpye" in failed.result["msg"]
    assert "sleep 2000" in cfg.run("cat /etc/systemd/system/probe.service").stdout


def test_a_unit_that_failed_too_often_is_started_again(cfg: Machine, play: Play) -> None:
    wanted = unit("exec sleep 4000")
    wanted["common_unit_files"] += [
        {"name": "probe.service.d/limit.conf", "content": "[Unit]\nStartLimitIntervalSec=1h\n"}
    ]
    play("systemd_unit", wanted)
    cfg.run("for i in 1 2 3 4 5 6; do systemctl restart probe.service; done", check=False)
    refused = cfg.run("systemctl start probe.service", check=False)
    assert refused.returncode != 0
    assert cfg.run("systemctl show --value -p Result probe.service").stdout == "start-limit-hit\n"
    (started,) = play("systemd_unit", wanted).changed
    assert started.name == "Units | Bring them to their state"
    assert sorted(shown(cfg, "probe.service")) == ["active", "enabled"]
    assert play("systemd_unit", wanted).changed == ()


def test_a_unit_that_does_not_start_says_why(cfg: Machine, play: Play) -> None:
    wanted = unit("echo the disk is on fire; exit 3", line="Type=oneshot")
    cfg.run("systemctl stop probe.service")
    (failed,) = play("systemd_unit", wanted, expect=2).failed
    assert "the disk is on fire" in failed.result["msg"]
