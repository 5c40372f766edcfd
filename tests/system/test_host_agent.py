# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program on a real host: how it comes there, what it says, how it ends, and that nothing makes it hang."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.steward.platform.plugins.module_utils.zipapp.client import build
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.paths import ROOT
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

PROGRAM = "/usr/local/bin/steward"
CONFIGURATION = "/etc/steward/steward.json"
CONFIGURE, INSTALL = "Make the folders and configure steward", "Install steward"
ACTS = "/var/log/steward/acts.jsonl"
ROTATE = "logrotate --force /etc/logrotate.d/steward"
PLAY = [{"hosts": "all", "gather_facts": False, "roles": ["steward.platform.host_agent"]}]
DATA_SERVICES = [{**PLAY[0], "roles": ["steward.platform.redis", "steward.platform.postgresql"]}]
SMALL = {"memory": "64mb", "clients": []}
Run = Callable[..., PlayResult]

# Accepts connections for ever and never says a word.
MUTE = """
import socket, sys, time
listeners = [socket.create_server((address, int(port))) for address, port in zip(sys.argv[1::2], sys.argv[2::2])]
time.sleep(600)
"""


@pytest.fixture(scope="module")
def agent(host: Callable[..., Machine]) -> Machine:
    machine = host("agent")
    machine.run(f"rm -rf {PROGRAM} /etc/steward/steward.json /var/lib/steward /var/log/steward")
    return machine


@pytest.fixture(scope="module")
def run(agent: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Run:
    platform = {
        "name": "dotmac",
        "environment": "demo",
        "domains": ["dotmac.test"],
        "paths": {"current": "/opt/dotmac/current"},
        "groups": {"secrets": [agent.name], "app": [agent.name]},
        "hosts": {agent.name: {"private_address": agent.private_ipv4, "groups": ["cache", "secrets"]}},
        "redis": [
            {"name": "cache", "port": 6379, "eviction": "allkeys-lru", "persistent": False, **SMALL},
            {"name": "queue", "port": 6380, "eviction": "noeviction", "persistent": True, **SMALL},
        ],
        "databases": [],
        "services": [],
    }
    hosts = inventory({"all": [agent]}, {"platform": platform})

    def play(**options: Any) -> PlayResult:
        return ansible_playbook(options.pop("play", PLAY), inventory=hosts, **options)

    return play


@pytest.fixture(scope="module")
def predicted(run: Run, agent: Machine) -> PlayResult:
    result = run(check=True, diff=True)
    assert agent.run(f"ls {PROGRAM} {CONFIGURATION} /var/lib/steward", check=False).stdout == ""
    return result


@pytest.fixture(scope="module")
def installed(predicted: PlayResult, run: Run) -> PlayResult:
    return run(diff=True)


@pytest.fixture(scope="module")
def certified(installed: PlayResult, run: Run) -> None:
    """The host has its certificates."""
    run(play=[{**PLAY[0], "roles": ["steward.platform.pki"]}])


@pytest.fixture(scope="module")
def data_services(certified: None, run: Run) -> None:
    """The host runs Redis and PostgreSQL."""
    run(play=DATA_SERVICES)


@contextmanager
def told(machine: Machine, change: Mapping[str, Any]) -> Iterator[None]:
    """Another configuration, as a host of other groups or a newer version would have it."""
    kept = machine.run(["cat", CONFIGURATION]).stdout
    other = {name: part for name, part in {**json.loads(kept), **change}.items() if part is not None}
    machine.run(["tee", CONFIGURATION], input=json.dumps(other))
    try:
        yield
    finally:
        machine.run(["tee", CONFIGURATION], input=kept)


NOTHING_RUNS = {"groups": [], "redis": None, "openbao": None}


def status(machine: Machine, *options: str, expect: int) -> dict[str, Any]:
    done = machine.run(["steward", "status", "--json", *options], check=False)
    assert (done.returncode, done.stderr) == (expect, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def rows(document: Mapping[str, Any], section: str) -> dict[str, tuple[str, str]]:
    return {row["name"]: (row["status"], row["message"]) for row in document["sections"][section]}


def changed(result: PlayResult) -> list[str]:
    return [task.name for task in result.changed]


def differences(result: PlayResult) -> list[str]:
    return [line for line in result.output.splitlines() if line.startswith(("+", "-"))]


def test_first_run_changes_what_was_predicted(predicted: PlayResult, installed: PlayResult) -> None:
    assert changed(predicted)[-2:] == changed(installed)[-2:] == [CONFIGURE, INSTALL]
    shown = differences(installed)
    assert shown == differences(predicted)
    assert '+  "platform": "dotmac",' in shown


def test_second_run_changes_nothing_with_few_tasks(installed: PlayResult, run: Run) -> None:
    result = run()
    assert result.changed == ()
    assert len(result.executed) <= 6
    assert run(check=True).changed == ()


def test_program_is_what_the_sources_give_and_names_version_and_content(installed: PlayResult, agent: Machine) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    program = build(ROOT, version)
    found = agent.run(["sha256sum", PROGRAM]).stdout.split()[0]
    assert found == hashlib.sha256(program.data).hexdigest()
    said = agent.run("cd /tmp && steward --version", sudo=False)
    assert (said.stdout, said.stderr) == (f"steward {version} ({program.content[:12]})\n", "")


def test_folders_and_files_have_their_access(installed: PlayResult, agent: Machine) -> None:
    paths = ["/etc/steward", "/var/lib/steward", "/var/log/steward", CONFIGURATION, PROGRAM]
    seen = agent.run(["stat", "--format=%U:%G %a", *paths]).stdout.splitlines()
    assert seen == ["root:root 750"] * 3 + ["root:root 640", "root:root 755"]


def test_services_may_bind_an_address_that_is_still_missing(installed: PlayResult, agent: Machine) -> None:
    assert agent.run("cat /proc/sys/net/ipv4/ip_nonlocal_bind").stdout == "1\n"


def test_rotated_logs_keep_their_lines_and_the_next_act_is_in_a_new_one(installed: PlayResult, agent: Machine) -> None:
    """The shell's act is recorded whether or not a Redis answers it."""
    act, deploys = "steward cache shell queue", "/var/log/steward/deploys.jsonl"
    agent.run(f"rm -f {ACTS}* {deploys}*")
    agent.run(act, check=False)
    agent.run(["tee", deploys], input='{"release": "older"}\n')
    before = agent.run(["cat", ACTS, deploys]).stdout
    agent.run(ROTATE)
    seen = agent.run(["stat", "--format=%U:%G %a %s", ACTS, deploys]).stdout.splitlines()
    assert seen == ["root:root 640 0"] * 2
    agent.run(act, check=False)
    assert agent.run(["cat", f"{ACTS}.1", f"{deploys}.1"]).stdout == before
    (line,) = agent.run(["cat", ACTS]).stdout.splitlines()
    assert (json.loads(line)["act"], json.loads(line)["subject"]) == ("cache shell", "queue")
    agent.run(ROTATE)
    # The last one but one is compressed, and an empty one is no reason for another.
    assert sorted(agent.run("ls /var/log/steward").stdout.split()) == [
        "acts.jsonl", "acts.jsonl.1", "acts.jsonl.2.gz", "deploys.jsonl", "deploys.jsonl.1",
    ]  # fmt: skip
    assert agent.run(f"zcat {ACTS}.2.gz; cat {deploys}.1").stdout == before


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("host_agent_log_size", "10 pounds", "the new /etc/logrotate.d/steward is not valid"),
        (
            "host_agent_log_frequency",
            "hourly",
            "value of host_agent_log_frequency must be one of: daily, weekly, monthly",
        ),
    ],
)
def test_rotation_that_logrotate_would_skip_is_refused(
    installed: PlayResult, run: Run, agent: Machine, name: str, value: str, said: str
) -> None:
    before = agent.run(["cat", "/etc/logrotate.d/steward"]).stdout
    (failed,) = run(variables={name: value}, expect=2).failed
    assert said in failed.result["msg"]
    assert agent.run(["cat", "/etc/logrotate.d/steward"]).stdout == before


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(f"echo '# more' >> {PROGRAM}", id="changed"),
        pytest.param(f"rm {PROGRAM}", id="removed"),
        pytest.param(f"chmod 0777 {PROGRAM}", id="writable for all"),
    ],
)
def test_program_that_differs_is_replaced(installed: PlayResult, run: Run, agent: Machine, damage: str) -> None:
    before = agent.run(["sha256sum", PROGRAM]).stdout
    agent.run(damage)
    assert changed(run()) == [INSTALL]
    assert agent.run(["sha256sum", PROGRAM]).stdout == before
    assert agent.run(["stat", "--format=%U:%G %a", PROGRAM]).stdout == "root:root 755\n"
    left = agent.run("ls -A /usr/local/bin /home/steward/.ansible/tmp").stdout
    assert ".steward." not in left
    assert "ansible-tmp" not in left


def test_status_of_a_host_where_all_is_well_ends_with_0_and_is_kept(certified: None, agent: Machine) -> None:
    with told(agent, NOTHING_RUNS):
        document = status(agent, expect=0)
    assert (document["schema"], document["status"], list(document["sections"])) == (1, "pass", ["certificates"])
    assert [row["facts"]["days_left"] for row in document["sections"]["certificates"]] == [3649, 364]
    assert json.loads(agent.run(["cat", "/var/lib/steward/status.json"]).stdout) == document


def test_status_on_a_terminal_is_a_table(certified: None, agent: Machine) -> None:
    with told(agent, NOTHING_RUNS):
        done = agent.run("script -qec 'steward status' /dev/null")
    lines = done.stdout.replace("\r", "").splitlines()
    assert lines[:4] == [f"dotmac (demo) on {agent.name}: pass", "", "CERTIFICATES", lines[3]]
    assert lines[3].split() == ["NAME", "STATUS", "LATENCY", "WHAT"]
    assert lines[4].split()[:2] == ["authority", "pass"]


def test_status_warns_with_4_when_renewal_is_due(certified: None, agent: Machine) -> None:
    """A self-made certificate of 0 days is in its last third from the beginning."""
    agent.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out /root/old.pem"
        " -subj /CN=old -not_before 20200101000000Z -not_after $(date -u -d '+10 days' +%Y%m%d%H%M%SZ) 2>&1"
    )
    with told(agent, {**NOTHING_RUNS, "certificates": [{"name": "old", "path": "/root/old.pem"}]}):
        document = status(agent, expect=4)
    assert rows(document, "certificates") == {"old": ("warn", "9 days left")}


def test_status_ends_with_1_and_names_what_does_not_answer(certified: None, agent: Machine) -> None:
    with told(agent, {"groups": ["secrets"]}):
        document = status(agent, expect=1)
    ((verdict, said),) = rows(document, "data").values()
    assert verdict == "fail"
    assert said == f"GET https://{agent.private_ipv4}:8200/v1/sys/health got no answer: [Errno 111] Connection refused"


@pytest.mark.long
def test_status_asks_the_real_data_services(data_services: None, agent: Machine) -> None:
    with told(agent, {"groups": ["cache", "database"], "openbao": None, "postgresql": {"port": 5432}}):
        document = status(agent, expect=0)
        found = rows(document, "data")
        assert {name: said.split(", ")[1] for name, (_verdict, said) in found.items()} == {
            "redis cache": "master",
            "redis queue": "master",
            "postgresql": "primary",
        }
        assert all(0 < row["latency_ms"] < 1500 for row in document["sections"]["data"])
        assert document["seconds"] < 2
        agent.run("systemctl stop postgresql@17-main redis-server@queue")
        try:
            stopped = rows(status(agent, expect=1), "data")
        finally:
            agent.run("systemctl start postgresql@17-main redis-server@queue")
    assert {name: verdict for name, (verdict, _said) in stopped.items()} == {
        "redis cache": "pass",
        "redis queue": "fail",
        "postgresql": "fail",
    }


def test_status_is_bounded_when_everything_hangs_and_leaves_nothing_behind(data_services: None, agent: Machine) -> None:
    ports = ["127.0.0.1", "6379", "127.0.0.1", "6380", agent.private_ipv4, "8200"]
    agent.run("systemctl stop redis-server@cache redis-server@queue")
    agent.run(["systemd-run", "--unit=mute", "--collect", "python3", "-c", MUTE, *ports])
    try:
        poll(lambda: agent.run("ss -Htln 'sport = :8200'").stdout, seconds=20, what="the mute listener")
        document = status(agent, expect=1)
        assert set(rows(document, "data").values()) == {("fail", "gave no answer within 5 s")}
        assert {verdict for verdict, _said in rows(document, "certificates").values()} == {"pass"}
        assert 5 <= document["seconds"] < 7
        longer = status(agent, "--timeout", "0.2", expect=1)
        assert 0.2 <= longer["seconds"] < 1
        assert agent.run("pgrep -f '[b]in/steward status'", check=False).stdout == ""
    finally:
        agent.run("systemctl stop mute; systemctl start redis-server@cache redis-server@queue")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("status --timeout 0", "steward: --timeout is 0, allowed is more than 0 and at most 600"),
        ("status --timeout soon", "steward status: error: argument --timeout: invalid float value: 'soon'"),
        ("dance", "invalid choice: 'dance'"),
    ],
)
def test_bad_input_ends_with_2_and_a_line(installed: PlayResult, agent: Machine, arguments: str, said: str) -> None:
    done = agent.run(f"steward {arguments}", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_others_than_root_are_told_to_use_sudo(installed: PlayResult, agent: Machine) -> None:
    done = agent.run("steward status", sudo=False, check=False)
    assert (done.returncode, done.stderr) == (2, "steward: steward reads what only root may read. Run it with sudo.\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"schema": 2}, "has schema 2, this steward reads up to 1. Install the newer steward", id="newer"),
        pytest.param({"address": None}, "address is missing. Run the role host_agent on this host.", id="broken"),
    ],
)
def test_state_that_cannot_be_read_is_refused(
    installed: PlayResult, agent: Machine, change: dict[str, Any], said: str
) -> None:
    with told(agent, change):
        done = agent.run("steward status", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
