# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch of a live data directory: there and back, killed between any two steps, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import (
    Service,
    bring_domains,
    make_model,
    prepare,
    run_python,
)
from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner

pytestmark = pytest.mark.long

FOLDER = "/var/lib/postgresql/17"
LIVE = f"{FOLDER}/main"
REPLACEMENT = f"{FOLDER}/replacement"
STATE = "/var/lib/steward/recovery"
UNIT = "postgresql@17-main"
NAME = "20261128_120000"

SWITCH = """
import os, signal
from steward.recovery.switch import client
from steward.core import errors, files

# Dies as under a kill -9 at the n-th place where something becomes lasting: before and after each write and rename.
left = [given.get("die", 0)]

def dying(act):
    def wrapped(*arguments, **named):
        pass_by()
        answer = act(*arguments, **named)
        pass_by()
        return answer
    return wrapped

def pass_by():
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)

files.write_json = dying(files.write_json)
os.rename = dying(os.rename)
client._start = dying(client._start)
client._stop = dying(client._stop)
cluster = {"version": "17", "name": "main", "port": 5432, "data": given["live"]}
acts = {
    "begin": lambda: client.begin(given["name"], cluster, given["replacement"]),
    "resume": lambda: client.resume(given["name"]),
    "undo": lambda: client.undo(given["name"]),
    "accept": lambda: client.accept(given["name"]),
}
try:
    answer = acts[given["act"]]()
except errors.StewardError as error:
    answer = {"refused": str(error)}
answer["passed"] = -left[0]
"""


@pytest.fixture(scope="module")
def data(host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Machine:
    machine = prepare(host("data"))
    model = make_model(machine, databases=[{"name": "shop", "extensions": [], "clients": []}])
    variables = {"platform": model, "postgresql_credentials": {}}
    # Only what makes the replacement of the tests needs this line.
    variables["postgresql_hba_extra"] = ["local replication postgres peer"]
    service = Service(
        "postgresql", ansible_playbook, inventory({"database": [machine], "secrets": [machine]}), variables
    )
    service.play(["pki"])
    return machine


@pytest.fixture(scope="module")
def prelude(data: Machine) -> str:
    return bring_domains(data, "backup_validation", "postgresql", "recovery")


@pytest.fixture
def replacement(data: Machine) -> Iterator[str]:
    """A copy of the live cluster that differs in one row; afterwards the live one is as it was."""
    bring_back(data)
    ask(data, "DROP TABLE IF EXISTS which; CREATE TABLE which AS SELECT 'replacement' AS name")
    as_postgres = ["runuser", "-u", "postgres", "--"]
    data.run([*as_postgres, "pg_basebackup", "-D", REPLACEMENT, "-c", "fast"])
    ask(data, "UPDATE which SET name = 'live'")
    yield REPLACEMENT
    bring_back(data)


def bring_back(data: Machine) -> None:
    """What was live before is live, whatever a test left."""
    if f"main.before-{NAME}" in folders(data):
        data.run(f"systemctl stop {UNIT}; rm -rf {LIVE} && mv {LIVE}.before-{NAME} {LIVE}")
    data.run(f"systemctl start {UNIT}; rm -rf {REPLACEMENT} {LIVE}.before-* {STATE}")


def ask(data: Machine, statement: str) -> str:
    argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", "postgres", "-c", statement]
    return data.run(argv).stdout.strip()


def which(data: Machine) -> str:
    return ask(data, "SELECT name FROM which")


def act(data: Machine, prelude: str, verb: str, **changed: Any) -> dict[str, Any]:
    given = {"name": NAME, "live": LIVE, "replacement": REPLACEMENT, "act": verb, **changed}
    answer = run_python(data, f"{prelude}{SWITCH}", **given)
    assert isinstance(answer, dict)
    return answer


def die(data: Machine, prelude: str, verb: str, at: int) -> bool:
    """Whether it was killed before it came to its end."""
    given = json.dumps({"name": NAME, "live": LIVE, "replacement": REPLACEMENT, "act": verb, "die": at})
    program = f"import json\ngiven = json.loads({given!r})\n{prelude}{SWITCH}\nprint(answer)\n"
    done = data.run("python3 -", input=program, check=False)
    assert done.returncode in (0, 137), done.stderr
    assert "refused" not in done.stdout
    return done.returncode == 137


def die_later_and_later(data: Machine, prelude: str, verb: str) -> int:
    """How often it was killed until it came to its end."""
    at = 1
    while die(data, prelude, verb, at):
        at += 1
    return at - 1


def journal(data: Machine) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(data.run(["cat", f"{STATE}/switch-{NAME}.json"]).stdout)
    return read


def folders(data: Machine) -> set[str]:
    return set(data.run(["ls", FOLDER]).stdout.split())


@pytest.mark.usefixtures("replacement")
def test_there_and_back(data: Machine, prelude: str) -> None:
    assert act(data, prelude, "begin")["state"] == "finished"
    assert which(data) == "replacement"
    assert folders(data) == {"main", f"main.before-{NAME}"}
    assert data.run(["stat", "-c", "%a %U", f"{STATE}/switch-{NAME}.json"]).stdout == "600 root\n"
    assert act(data, prelude, "undo")["state"] == "undone"
    assert which(data) == "live"
    assert folders(data) == {"main", "replacement"}
    assert "cannot be resumed" in act(data, prelude, "resume")["refused"]
    assert "cannot be undone" in act(data, prelude, "undo")["refused"]


@pytest.mark.usefixtures("replacement")
def test_what_is_accepted_is_final(data: Machine, prelude: str) -> None:
    act(data, prelude, "begin")
    assert act(data, prelude, "accept")["state"] == "accepted"
    assert folders(data) == {"main"}
    assert act(data, prelude, "accept")["state"] == "accepted"
    assert "is accepted, it cannot be undone" in act(data, prelude, "undo")["refused"]
    assert which(data) == "replacement"


@pytest.mark.usefixtures("replacement")
def test_killed_anywhere_it_is_resumed(data: Machine, prelude: str) -> None:
    """Each next run goes on where the one before died, and dies one place later than that one."""
    assert die(data, prelude, "begin", 2)
    assert die_later_and_later(data, prelude, "resume") >= 8
    assert journal(data)["state"] == "finished"
    assert which(data) == "replacement"
    assert die_later_and_later(data, prelude, "undo") >= 6
    assert journal(data)["state"] == "undone"
    assert which(data) == "live"
    assert folders(data) == {"main", "replacement"}


@pytest.mark.usefixtures("replacement")
def test_killed_anywhere_it_can_be_undone(data: Machine, prelude: str) -> None:
    """Each place of the way there is followed by the way back."""
    at, killed = 2, 0
    while die(data, prelude, "begin", at):
        killed += 1
        assert "was begun and not ended" in act(data, prelude, "begin", name="20261128_130000")["refused"]
        assert act(data, prelude, "undo")["state"] == "undone"
        assert which(data) == "live"
        assert folders(data) == {"main", "replacement"}
        at += 3
    assert killed >= 6
    assert which(data) == "replacement"


@pytest.mark.usefixtures("replacement")
def test_a_replacement_that_does_not_start_is_taken_back(data: Machine, prelude: str) -> None:
    data.run(f"rm {REPLACEMENT}/global/pg_filenode.map")
    refused = act(data, prelude, "begin")["refused"]
    assert UNIT in refused
    steps = {row["step"]: row["state"] for row in journal(data)["steps"]}
    assert steps["in"] == "done"
    assert "failed" in (steps["start"], steps["verify"])
    assert act(data, prelude, "undo")["state"] == "undone"
    assert which(data) == "live"


@pytest.mark.parametrize(
    ("before", "changed", "message"),
    [
        pytest.param("true", {"replacement": f"{FOLDER}/none"}, "holds no PostgreSQL data", id="nothing there"),
        pytest.param(f"chmod 0755 {REPLACEMENT}", {}, "with mode 0755", id="open to all"),
        pytest.param(f"echo 15 > {REPLACEMENT}/PG_VERSION", {}, "major version 15", id="another version"),
        pytest.param(f"cp -a {REPLACEMENT} /run/replacement", {"replacement": "/run/replacement"}, "file system",
                     id="another file system"),
        pytest.param(f"mkdir {LIVE}.before-{NAME}", {}, "is there already", id="an earlier one"),
        pytest.param(f"ln -s {REPLACEMENT} {FOLDER}/link", {"replacement": f"{FOLDER}/link"}, "is no directory",
                     id="a link"),
        pytest.param("true", {"replacement": f"{LIVE}/base"}, "one in the other", id="inside the live one"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("replacement")
def test_what_is_refused_before_anything_stops(
    data: Machine, prelude: str, before: str, changed: dict[str, Any], message: str
) -> None:
    started = ask(data, "SELECT pg_postmaster_start_time()")
    data.run(before)
    try:
        assert message in act(data, prelude, "begin", **changed)["refused"]
    finally:
        data.run(f"rm -rf /run/replacement {FOLDER}/link; rmdir {LIVE}.before-{NAME} 2>/dev/null || true")
    assert ask(data, "SELECT pg_postmaster_start_time()") == started
    assert data.run(f"ls {STATE}", check=False).stdout == ""
