# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role on a host whose engine somebody else set up, with a container of theirs that must not notice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

# Options of a log driver we replace, a setting of theirs, and the absence of live-restore.
THEIRS = {"labels": ["owner=them"], "log-driver": "json-file", "log-opts": {"max-size": "10m", "env": "NAME"}}
SETTINGS = "/etc/docker/daemon.json"
OURS = (
    "/etc/systemd/system/docker.service.d/60-steward.conf",
    "/etc/systemd/journald.conf.d/60-steward-container-engine.conf",
)
# An image without a registry: two programs and what they link to.
IMAGE = (
    "tar -C / -chf - $(for p in sleep seq; do command -v $p; ldd $(command -v $p) | grep -o '/[^ ]*'; done | sort -u)"
    " | docker import - sleeper"
)
Play = Callable[..., PlayResult]


@pytest.fixture(scope="module")
def engine(host: Callable[..., Machine]) -> Iterator[Machine]:
    """A host as somebody else left it, whatever an earlier session did to it."""
    machine = host("cfg")
    install = "apt-get -q update && apt-get -qy --no-install-recommends install docker.io docker-cli"
    machine.run(f"command -v dockerd || ({install})", timeout=300)
    machine.run("docker ps -aq | xargs -r docker rm -f; systemctl stop docker.service docker.socket")
    machine.run(f"rm -f {' '.join(OURS)} && systemctl daemon-reload && systemctl reset-failed docker.service")
    machine.run(f"cat > {SETTINGS}", input=json.dumps(THEIRS))
    machine.run(f"systemctl start docker.service && {IMAGE}")
    yield machine
    machine.run("docker ps -aq | xargs -r docker rm -f")


@pytest.fixture(scope="module")
def play(engine: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Play:
    hosts = inventory({"all": [engine]})

    def run(**given: Any) -> PlayResult:
        plays = [{"hosts": "all", "gather_facts": False, "roles": ["steward.platform.container_engine"]}]
        return ansible_playbook(plays, inventory=hosts, **given)

    return run


@pytest.fixture(scope="module")
def takeover(engine: Machine, play: Play) -> dict[str, Any]:
    """The first run, and what was seen before, between check mode and the run, and after it."""
    engine.run(["docker", "run", "-d", "--name", "theirs", "sleeper", "sleep", "3600"])
    before = (state(engine, "theirs"), daemon(engine))
    play(check=True, diff=True)
    checked = settings(engine)
    play()
    return {"before": before, "checked": checked, "after": (state(engine, "theirs"), daemon(engine))}


def daemon(machine: Machine) -> str:
    return machine.run(["systemctl", "show", "-P", "MainPID", "docker.service"]).stdout


def state(machine: Machine, name: str) -> dict[str, Any]:
    return dict(json.loads(machine.run(["docker", "inspect", "--format", "{{json .State}}", name]).stdout))


def settings(machine: Machine) -> dict[str, Any]:
    return dict(json.loads(machine.run(["cat", SETTINGS]).stdout))


def test_an_engine_of_others_is_taken_over_without_a_stop(engine: Machine, takeover: dict[str, Any]) -> None:
    (before, old_daemon), (after, new_daemon) = takeover["before"], takeover["after"]
    assert takeover["checked"] == THEIRS
    assert new_daemon != old_daemon
    assert (after["Status"], after["Pid"], after["StartedAt"]) == ("running", before["Pid"], before["StartedAt"])
    merged = settings(engine)
    assert merged["labels"] == THEIRS["labels"]
    assert merged["log-opts"] == {"env": "NAME", "tag": "{{.Name}}"}


def test_a_second_run_changes_nothing_in_few_tasks(engine: Machine, play: Play, takeover: dict[str, Any]) -> None:
    again = play()
    assert again.changed == ()
    assert len(again.executed) <= 8
    assert daemon(engine) == takeover["after"][1]


@pytest.mark.usefixtures("takeover")
def test_the_engine_runs_with_the_settings(engine: Machine) -> None:
    info = json.loads(engine.run(["docker", "info", "--format", "{{json .}}"]).stdout)
    assert info["LiveRestoreEnabled"] is True
    assert info["Driver"] == "overlay2"
    assert info["Labels"] == THEIRS["labels"]
    assert info["DefaultAddressPools"] == [{"Base": "10.201.0.0/16", "Size": 24}]
    assert "name=no-new-privileges" in info["SecurityOptions"]
    subnet = engine.run(
        "docker network create probe >/dev/null && docker network inspect probe --format '{{json .IPAM.Config}}';"
        " docker network rm probe >/dev/null"
    ).stdout
    assert json.loads(subnet)[0]["Subnet"].startswith("10.201.")


@pytest.mark.usefixtures("takeover")
def test_an_engine_that_starts_can_publish_on_an_address_that_is_still_missing(engine: Machine) -> None:
    # As host_agent has it.
    engine.run("echo 'net.ipv4.ip_nonlocal_bind = 1' > /etc/sysctl.d/60-steward.conf")
    value = "/proc/sys/net/ipv4/ip_nonlocal_bind"
    engine.run(f"echo 0 > {value} && systemctl restart docker.service")
    assert engine.run(f"cat {value}").stdout == "1\n"
    engine.run("docker run -d --rm --name early --publish 198.51.100.7:18999:80 sleeper sleep 60")
    assert "198.51.100.7:18999" in engine.run("docker port early").stdout
    engine.run("docker rm -f early")


@pytest.mark.usefixtures("takeover")
def test_log_lines_outlive_their_container_and_none_is_dropped(engine: Machine) -> None:
    name = f"loud-{engine.run('date +%s%N').stdout.strip()}"
    # More than the journal lets one unit write in 30 s, which on a large disk is 60000 lines, unless told otherwise.
    engine.run(["docker", "run", "--name", name, "sleeper", "seq", "70000"])
    count = f"journalctl --output=cat CONTAINER_NAME={name} | wc -l"
    poll(lambda: engine.run(count).stdout == "70000\n", seconds=60, every=1, what="the last line in the journal")
    assert engine.run(f"docker logs {name} | tail -n 1").stdout == "70000\n"
    engine.run(["docker", "rm", name])
    assert engine.run(count).stdout == "70000\n"


@pytest.mark.usefixtures("takeover")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"no-such-setting": 1}, "no-such-setting"), ({"hosts": ["unix:///run/other.sock"]}, "specified both as a flag")],
    ids=["before it is published", "at the restart"],
)
def test_a_setting_the_engine_refuses_is_put_back(
    engine: Machine, play: Play, wrong: dict[str, Any], said: str
) -> None:
    before = settings(engine)
    result = play(variables={"container_engine_settings_extra": wrong}, expect=2)
    (failed,) = result.failed
    assert said in failed.result["msg"]
    assert "Everything was put back as it was." in failed.result["msg"]
    assert settings(engine) == before
    assert engine.run("docker info --format '{{.LoggingDriver}}'").stdout == "journald\n"
    assert state(engine, "theirs")["Status"] == "running"
