# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup proved in a scratch instance: what passes, what goes red, what is refused, and that nothing is left."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner
from ansible_collections.steward.platform.tests.support.scratch import HOLD, PROVE, RECORD, SWITCH, UNDO

pytestmark = pytest.mark.long

# The base backup and the WAL archive of the tests, made with PostgreSQL's own tools.
STORE = "/var/lib/postgresql/steward-test"
ROOT = "/var/lib/steward/scratch"
NAME = "proof"
FOLDER = f"{ROOT}/{NAME}"
UNIT = f"steward-scratch-{NAME}"
PORT = 5499
EVIDENCE = "/var/log/steward/test-evidence.jsonl"
SETTINGS = {
    "archive_mode": "on",
    "archive_command": f"test ! -f {STORE}/wal/%f && cp %p {STORE}/wal/%f",
    "max_connections": 100,
}


@dataclass
class Backup:
    """A base backup, what was recorded with it, the canary written after it, and where the orders' index lies in it."""

    base: str
    recorded: list[dict[str, Any]]
    canary: dict[str, str]
    index: str


@pytest.fixture(scope="module")
def data(host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Machine:
    machine = prepare(host("data"))
    database = {"name": "shop", "extensions": ["pg_trgm"], "clients": []}
    model = make_model(machine, databases=[database])
    variables = {"platform": model, "postgresql_credentials": {}, "postgresql_settings": SETTINGS}
    # Only what makes the base backup of the tests needs this line.
    variables["postgresql_hba_extra"] = ["local replication postgres peer"]
    service = Service(
        "postgresql", ansible_playbook, inventory({"database": [machine], "secrets": [machine]}), variables
    )
    service.play(["pki"])
    machine.run(f"rm -rf {STORE} {EVIDENCE} && install -d -o postgres -m 0700 {STORE} {STORE}/wal")
    ask(machine, "DROP SCHEMA IF EXISTS steward CASCADE")
    ask(machine, "DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int PRIMARY KEY, what text)", "shop")
    ask(machine, "INSERT INTO orders SELECT n, 'tea ' || n FROM generate_series(1, 20000) n", "shop")
    return machine


@pytest.fixture(scope="module")
def prelude(data: Machine) -> str:
    return bring_domains(data, "backup_validation", "postgresql", "recovery")


@pytest.fixture(scope="module")
def backup(data: Machine, prelude: str) -> Backup:
    return make_backup(data, prelude, "20261128_020000")


@pytest.fixture(autouse=True)
def _nothing_left(data: Machine, request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test leaves no instance, no folder, no shared memory, and production as it was."""
    before = seen(data)
    yield
    assert seen(data)[0] == before[0]
    # Production was never restarted, but for the switch.
    assert seen(data) == before or "_production_back" in request.fixturenames
    assert data.run(f"ls -A {ROOT} 2>/dev/null", check=False).stdout.split() == []


def seen(data: Machine) -> list[str]:
    lines = "systemctl list-units --all --plain --no-legend 'steward-scratch-*'; ls /dev/shm | wc -l; ipcs -m | wc -l; "
    return [data.run(f"{lines} true").stdout, ask(data, "SELECT pg_postmaster_start_time()")]


def ask(data: Machine, statement: str, database: str = "postgres", *options: str) -> str:
    argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", database, *options, "-c", statement]
    return data.run(argv).stdout.strip()


def make_backup(data: Machine, prelude: str, set_id: str) -> Backup:
    base = f"{STORE}/{set_id}"
    ask(data, "ANALYZE", "shop")
    index = ask(data, "SELECT pg_relation_filepath('orders_pkey')", "shop")
    data.run(["runuser", "-u", "postgres", "--", "pg_basebackup", "-D", base, "-c", "fast", "-X", "fetch"])
    answer = run_python(data, f"{prelude}{RECORD}", set=set_id)
    archived = f"test -e {STORE}/wal/{answer['canary']['wal']}"
    poll(lambda: data.run(archived, check=False).returncode == 0, seconds=30, what="the canary's WAL in the archive")
    return Backup(base, answer["recorded"], answer["canary"], index)


def prove(data: Machine, prelude: str, backup: Backup, **changed: Any) -> dict[str, Any]:
    given = {"base": backup.base, "recorded": backup.recorded, "canary": backup.canary, "store": STORE}
    answer = run_python(data, f"{prelude}{PROVE}", **{**given, "evidence": EVIDENCE, **changed})
    assert isinstance(answer, dict)
    return answer


def red(record: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["message"] for check in record["checks"] if check["status"] != "pass"}


def test_a_good_backup_is_proved_to_the_third_level(data: Machine, prelude: str, backup: Backup) -> None:
    assertion = {"name": "orders", "database": "shop", "query": "SELECT count(*) = 20000 FROM orders"}
    record = prove(data, prelude, backup, assertions=[assertion], previous=backup.recorded)
    assert red(record) == {}
    assert (record["result"], record["level"]) == ("pass", 3)
    names = {check["name"] for check in record["checks"]}
    assert names >= {"links", "extensions", "isolation", "replay", "canary", "envelope of shop", "shrink", "amcheck"}
    assert record["size"] > 10_000_000
    assert record["seconds"]["restore"] > 0
    assert record["rto_seconds"] < 120
    assert record["replayed"] >= backup.canary["written"]
    orders = next(table for row in record["databases"] for table in row["tables"] if table["name"] == "public.orders")
    assert orders["rows"] == 20000
    assert json.loads(data.run(["tail", "-n1", EVIDENCE]).stdout) == record


@pytest.fixture
def held(data: Machine, prelude: str, backup: Backup) -> Iterator[int]:
    """A scratch instance that runs: the process that holds it."""
    given = json.dumps({"base": backup.base, "store": STORE})
    text = f"import json\ngiven = json.loads({given!r})\n{prelude}{HOLD}"
    data.run("rm -f /run/steward-test-held; cat > /run/steward-test-hold.py", input=text)
    data.run(
        "setsid python3 /run/steward-test-hold.py >/run/steward-test-hold.log 2>&1 </dev/null & echo $! > /run/hold.pid"
    )
    poll(lambda: data.run("test -e /run/steward-test-held", check=False).returncode == 0, seconds=60, what="it runs")
    pid = int(data.run("pgrep -f ^python3./run/steward-test-hold.py").stdout)
    yield pid
    data.run(["kill", str(pid)], check=False)
    data.run(f"systemctl stop {UNIT}; rm -rf {FOLDER}", check=False)


def scratch_ask(
    data: Machine, statement: str, *, user: str = "postgres", account: str = "root"
) -> subprocess.CompletedProcess[str]:
    argv = ["runuser", "-u", account, "--", "psql", "-XAtqw", "-h", f"{FOLDER}/sockets", "-p", str(PORT)]
    return data.run([*argv, "-U", user, "-d", "postgres", "-c", statement], check=False)


def test_nobody_reaches_it_and_it_reaches_nobody(data: Machine, held: int) -> None:
    assert scratch_ask(data, "SHOW archive_mode").stdout == "off\n"
    pid = data.run(["systemctl", "show", "--value", "-p", "MainPID", UNIT]).stdout.strip()
    assert data.run(["nsenter", "-t", pid, "-n", "ss", "-Hltun"]).stdout == ""
    assert str(PORT) not in data.run("ss -Hltn").stdout
    for account in ("postgres", "nobody"):
        refused = scratch_ask(data, "SELECT 1", account=account)
        assert refused.returncode != 0
        assert "Peer authentication failed" in refused.stderr or "Permission denied" in refused.stderr
    # Not even its superuser gets at production's files, socket or network.
    for line in ("psql -h /run/postgresql -c 'DROP DATABASE shop'", "ls /var/lib/postgresql/17/main",
                 "psql -h 127.0.0.1 -c 'SELECT 1'", "touch /var/lib/postgresql/17/x"):  # fmt: skip
        said = scratch_ask(data, f"COPY (SELECT 1) TO PROGRAM $${line}$$")
        assert "program" in said.stderr
        assert "failed" in said.stderr or "child process exited" in said.stderr
    written = scratch_ask(data, "CREATE TABLE x ()", user="steward_scratch")
    assert "read-only" in written.stderr or "permission denied" in written.stderr
    assert (
        "does not exist"
        in data.run(["runuser", "-u", "postgres", "--", "psql", "-c", "SET ROLE steward_scratch"], check=False).stderr
    )


def test_a_second_verification_is_told_who_holds_it(data: Machine, prelude: str, backup: Backup, held: int) -> None:
    assert "is held: " in prove(data, prelude, backup)["refused"]


def test_what_was_killed_is_cleaned_by_the_next_run(data: Machine, prelude: str, backup: Backup, held: int) -> None:
    data.run(f"kill -9 {held}; systemctl kill -s KILL {UNIT}")
    assert data.run(f"ls {FOLDER}").stdout.split() == [
        "configuration",
        "data",
        "log",
        "sockets",
        "steward-scratch.json",
    ]
    assert red(prove(data, prelude, backup)) == {}


def test_a_half_killed_one_still_runs_and_is_cleaned(data: Machine, prelude: str, backup: Backup, held: int) -> None:
    data.run(["kill", "-9", str(held)])
    assert data.run(["systemctl", "is-active", UNIT]).stdout == "active\n"
    assert red(prove(data, prelude, backup)) == {}


def test_without_replay_the_canary_is_missed(data: Machine, prelude: str, backup: Backup) -> None:
    record = prove(data, prelude, backup, replay=False)
    assert set(red(record)) == {"replay", "canary"}
    assert (record["result"], record["level"]) == ("fail", 1)


def test_a_gap_in_the_wal_is_seen(data: Machine, prelude: str, backup: Backup) -> None:
    wal = f"{STORE}/wal/{backup.canary['wal']}"
    data.run(f"mv {wal} {wal}.away")
    try:
        record = prove(data, prelude, backup)
    finally:
        data.run(f"mv {wal}.away {wal}")
    assert "before" in red(record)["replay"]


def test_a_table_emptied_before_the_backup_is_seen(data: Machine, prelude: str, backup: Backup) -> None:
    ask(data, "CREATE TABLE orders_saved AS TABLE orders; TRUNCATE orders", "shop")
    try:
        emptied = make_backup(data, prelude, "20261128_030000")
    finally:
        ask(data, "INSERT INTO orders TABLE orders_saved; DROP TABLE orders_saved", "shop")
    record = prove(data, prelude, emptied, previous=backup.recorded)
    assert red(record) == {"shrink": "public.orders of shop is empty, it had 20000 rows in the set before"}
    record = prove(data, prelude, emptied, recorded=backup.recorded)
    assert red(record) == {"envelope of shop": "public.orders is empty, it had 20000 rows"}


def test_a_damaged_index_is_found(data: Machine, prelude: str, backup: Backup) -> None:
    # An older one would be replayed past a table that was emptied since, and past this file of its index.
    fresh = make_backup(data, prelude, "20261128_040000")
    damage = f"dd if=/dev/urandom of={{data}}/{fresh.index} bs=4096 seek=5 count=1 conv=notrunc status=none"
    assert "orders_pkey" in red(prove(data, prelude, fresh, damage=damage))["amcheck"]


def test_an_assertion_that_does_not_hold_is_red(data: Machine, prelude: str, backup: Backup) -> None:
    rows = [
        {"name": "too few", "database": "shop", "query": "SELECT count(*) > 20000 FROM orders"},
        {"name": "writes", "database": "shop", "query": "DELETE FROM orders"},
        {"name": "nowhere", "database": "none", "query": "SELECT true"},
    ]
    said = red(prove(data, prelude, backup, assertions=rows))
    assert said["assertion too few"] == "the answer is False instead of true"
    assert "refused" in said["assertion writes"]
    assert "does not exist" in said["assertion nowhere"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"damage": "rm {data}/global/pg_control"}, "pg_control", id="a file is missing"),
        pytest.param({"damage": "truncate -s 100 {data}/global/pg_filenode.map"}, "pg_filenode.map",
                     id="a truncated file"),
        pytest.param({"damage": "exit 3"}, "ended with 3", id="the restore fails"),
        pytest.param({"damage": "ln -s /var/lib/postgresql/17/main {data}/pg_tblspc/99999"}, "outside of",
                     id="a tablespace of production"),
        pytest.param({"needed": [{"name": "shop", "extensions": ["pg_cron"]}]}, "pg_cron", id="a missing extension"),
    ],
)  # fmt: skip
def test_what_cannot_be_restored_is_red(
    data: Machine, prelude: str, backup: Backup, changed: dict[str, Any], message: str
) -> None:
    record = prove(data, prelude, backup, **changed)
    assert record["result"] == "fail"
    assert any(message in line for line in red(record).values()), red(record)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"port": 5432}, "port is 5432, which is that of the cluster 17/main", id="the live port"),
        pytest.param({"name": "main"}, "name is 'main', which is that of the cluster", id="the live name"),
        pytest.param({"root": "/var/lib/postgresql/17/main"}, "one in the other", id="inside the live directory"),
        pytest.param({"root": "/var/lib", "name": "postgresql"}, "one in the other", id="around the live directory"),
        pytest.param({"root": "/var/run/scratch"}, "which leads to /run", id="through a link"),
        pytest.param({"root": "/tmp/steward"}, "/tmp/steward", id="where everybody writes"),
    ],
)  # fmt: skip
def test_what_is_live_is_refused(
    data: Machine, prelude: str, backup: Backup, changed: dict[str, Any], message: str
) -> None:
    data.run("install -d -m 0777 /tmp/steward")
    lines = data.run(["wc", "-l", EVIDENCE], check=False).stdout
    assert message in prove(data, prelude, backup, **changed)["refused"]
    assert data.run(["wc", "-l", EVIDENCE], check=False).stdout == lines


def test_a_folder_of_somebody_else_is_left_alone(data: Machine, prelude: str, backup: Backup) -> None:
    data.run(f"install -d {FOLDER} && echo precious > {FOLDER}/file")
    try:
        assert "no scratch instance of ours" in prove(data, prelude, backup)["refused"]
        assert data.run(f"cat {FOLDER}/file").stdout == "precious\n"
    finally:
        data.run(f"rm -r {FOLDER}")


@pytest.mark.usefixtures("_production_back")
def test_what_was_proved_becomes_live(data: Machine, prelude: str, backup: Backup) -> None:
    """It holds what it held, archives its new timeline and knows nothing of the verification any more."""
    answer = run_python(data, f"{prelude}{SWITCH}", base=backup.base, store=STORE)
    assert answer["state"] == "finished"
    assert ask(data, "SELECT count(*) FROM orders", "shop") == "20000"
    assert ask(data, "SELECT count(*) FROM pg_roles WHERE rolname = 'steward_scratch'") == "0"
    assert ask(data, "SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'", "shop") == "0"
    assert ask(data, "SHOW work_mem") == "7MB"
    assert ask(data, "SELECT pg_is_in_recovery()") == "f"
    automatic = data.run("cat /var/lib/postgresql/17/main/postgresql.auto.conf").stdout
    assert "restore_command" not in automatic
    ask(data, "SELECT pg_switch_wal()")
    archived = f"ls {STORE}/wal/00000002.history && ls {STORE}/wal/00000002????????????????"
    poll(lambda: data.run(archived, check=False).returncode == 0, seconds=30, what="the new timeline in the archive")


@pytest.fixture
def _production_back(data: Machine, prelude: str) -> Iterator[None]:
    data.run("rm -rf /var/lib/postgresql/17/replacement")
    yield
    run_python(data, f"{prelude}{UNDO}")
    data.run(f"rm -rf /var/lib/postgresql/17/replacement /var/lib/steward/recovery {STORE}/wal/00000002*")
