# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed platform comes back to moments, sets and restore points, and goes forth again when it is undone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.restores import (
    PLANTED,
    ROWS,
    UPLOADS,
    begin,
    insert,
    marks,
    newest,
    plan,
    prepare,
    redis,
    run,
    serves,
    settle,
    sql,
    status,
    steward,
    timeline,
)

LIVE = "/var/lib/postgresql/17/main"
BACKUPS = "/var/backups/steward/pgbackrest/backup/main"


@pytest.fixture(scope="module")
def platform(host: Callable[..., Machine], with_backups: Callable[..., Platform]) -> Platform:
    return prepare(host, with_backups)


@pytest.fixture(autouse=True)
def _settled(platform: Platform) -> Iterator[None]:
    """Every test ends with nothing under way and nothing kept."""
    yield
    settle(platform)


def test_the_first_set_is_encrypted_and_proven_by_a_restore(platform: Platform) -> None:
    document = json.loads(steward(platform, "backup", "verify", "--json").stdout)
    failed = [check for part in document["parts"] for check in part["checks"] if check["status"] == "fail"]
    assert (document["result"] in ("pass", "warn"), failed) == (True, [])
    assert {part["part"]: part["level"] for part in document["parts"]}["postgresql"] == 3
    # A row that is in every backup is not to be read in the repository.
    assert platform.machine.run(f"grep -rlF {PLANTED} /var/lib/postgresql", check=False).stdout
    assert platform.machine.run(f"grep -rlF {PLANTED} /var/backups/steward", check=False).stdout == ""


def test_it_comes_back_to_a_moment_exactly_and_undo_brings_the_newer_data_back(platform: Platform) -> None:
    moment, before = begin(platform), timeline(platform)
    seen = plan(platform, "--scope", "database_only", "--target", moment)
    assert seen["restores_to"] == moment
    assert seen["kept"] == ["postgresql"]
    done = run(platform, "--scope", "database_only", "--target", moment)
    assert marks(platform) == {"before": ROWS}
    assert done["warnings"] == []
    assert timeline(platform) == before + 1
    serves(platform)
    # The new timeline can be restored at once.
    made = json.loads(steward(platform, "backup", "list", "--type", "database", "--json").stdout)["sets"][0]
    assert made["label"] == f"after recovery {done['id']}"

    steward(platform, "restore", "undo")
    assert marks(platform) == {"after": 500, "before": ROWS}
    # Newer than the one that the archive knows, so that the latest moment is on it.
    assert timeline(platform) == before + 2
    assert sql(platform, "SHOW restore_command") == ""
    serves(platform)
    insert(platform, "later", 1)
    run(platform, "--scope", "database_only")
    assert marks(platform) == {"after": 500, "before": ROWS, "later": 1}


@pytest.mark.long
def test_it_comes_back_to_a_named_point_of_a_set(platform: Platform) -> None:
    sql(platform, "TRUNCATE marks")
    steward(platform, "backup", "incremental")
    base = newest(platform)
    insert(platform, "before")
    sql(platform, "SELECT pg_create_restore_point('noon')")
    insert(platform, "after", 500)
    run(platform, "--scope", "database", "--source", base, "--target", "noon", "--target-type", "name")
    assert marks(platform) == {"before": ROWS}


PLACES = {"lsn": "SELECT pg_current_wal_insert_lsn()", "xid": "SELECT max(xmin::text::bigint) FROM marks"}


@pytest.mark.long
@pytest.mark.parametrize("kind", PLACES)
def test_it_comes_back_to_a_place_in_the_wal(platform: Platform, kind: str) -> None:
    sql(platform, "TRUNCATE marks")
    steward(platform, "backup", "incremental")
    base = newest(platform)
    insert(platform, "before")
    place = sql(platform, PLACES[kind])
    insert(platform, "after", 500)
    # With it the WAL of those rows is archived.
    steward(platform, "backup", "incremental")
    run(platform, "--scope", "database", "--source", base, "--target", place, "--target-type", kind)
    assert marks(platform) == {"before": ROWS}


@pytest.mark.long
def test_it_comes_back_to_the_end_of_a_backup(platform: Platform) -> None:
    sql(platform, "TRUNCATE marks")
    insert(platform, "before")
    steward(platform, "backup", "incremental")
    insert(platform, "after", 500)
    made = newest(platform)
    assert plan(platform, "--source", made, "--target", "latest")["target"]["type"] == "latest"
    run(platform, "--scope", "database", "--source", made)
    assert marks(platform) == {"before": ROWS}


@pytest.mark.long
def test_a_damaged_repository_is_refused_before_anything_stops(platform: Platform) -> None:
    begin(platform)
    pid = platform.machine.run(f"head -1 {LIVE}/postmaster.pid").stdout
    chosen = plan(platform, "--scope", "database")
    label = chosen["parts"][0]["backup"]
    # Of the largest file of the full backup, without which no later one can be restored.
    largest = f"find {BACKUPS}/{label[:16]} -type f -path '*bundle*' -printf '%s %p\\n' | sort -n | tail -1"
    file = platform.machine.run(largest).stdout.split()[1]
    platform.machine.run(f"cp -a {file} /root/kept && printf 'xxxx' | dd of={file} bs=1 seek=3000 conv=notrunc")
    try:
        words = ["restore", "run", "--scope", "database", "--confirm", chosen["confirm"]]
        refused = steward(platform, *words, expect=(1,))
        assert "is damaged" in refused.stderr
        assert platform.machine.run(f"head -1 {LIVE}/postmaster.pid").stdout == pid
        assert marks(platform) == {"after": 500, "before": ROWS}
        state = status(platform)
        assert state is not None
        assert [row["state"] for row in state["steps"]][:2] == ["failed", "pending"]
    finally:
        platform.machine.run(f"mv /root/kept {file}")


@pytest.mark.long
@pytest.mark.parametrize("step", ["restore_beside postgresql", "switch postgresql"])
def test_killed_in_the_middle_it_goes_on(platform: Platform, step: str) -> None:
    moment = begin(platform)
    words = ["--scope", "database", "--target", moment]
    line = f"setsid steward restore run {' '.join(words)} --confirm {plan(platform, *words)['confirm']}"
    platform.machine.run(f"{line} >/run/restore.log 2>&1 </dev/null & echo $! > /run/restore.pid")
    poll(lambda: f"{step}: begun" in platform.machine.run("cat /run/restore.log").stdout, seconds=120, every=0.1)
    time.sleep(1)
    platform.machine.run("kill -9 -$(cat /run/restore.pid)")
    state = status(platform)
    assert state is not None
    assert (state["state"], {row["step"]: row["state"] for row in state["steps"]}[step]) == ("running", "running")
    other = steward(platform, "restore", "run", "--scope", "configuration", "--confirm", "x", expect=(2,))
    assert "was begun and not ended" in other.stderr
    steward(platform, "restore", "run")
    assert marks(platform) == {"before": ROWS}
    serves(platform)


@pytest.mark.long
def test_killed_in_the_middle_it_goes_back(platform: Platform) -> None:
    moment = begin(platform)
    words = ["--scope", "database", "--target", moment, "--stage", "prepared"]
    steward(platform, "restore", "run", *words, "--confirm", plan(platform, *words[:4])["confirm"])
    # Nothing has stopped yet.
    assert marks(platform) == {"after": 500, "before": ROWS}
    serves(platform)
    steward(platform, "restore", "undo")
    assert platform.machine.run("ls -A /var/lib/postgresql/17").stdout.split() == ["main"]


@pytest.mark.long
def test_who_was_erased_does_not_come_back(platform: Platform) -> None:
    sql(platform, "TRUNCATE marks; INSERT INTO marks VALUES (7, 'subject'), (8, 'somebody else')")
    time.sleep(1.1)
    moment = platform.machine.run("date -u +%Y-%m-%dT%H:%M:%SZ").stdout.strip()
    time.sleep(1.1)
    erasure = {"database": "dotmac_isp", "statement": "DELETE FROM marks WHERE id = %s", "values": [7]}
    done = platform.machine.run(["steward", "restore", "erase", "--json"], input=json.dumps(erasure))
    assert sql(platform, "SELECT string_agg(id::text, ' ') FROM marks") == "8"
    # A host that lost its ledger has it from the newest set, not from the restored moment.
    steward(platform, "backup", "config")
    platform.machine.run("rm /var/lib/steward/erasures.jsonl")
    run(platform, "--scope", "database", "--target", moment)
    assert sql(platform, "SELECT string_agg(id::text, ' ') FROM marks") == "8"
    listed = json.loads(steward(platform, "restore", "erasures", "--json").stdout)["erasures"]
    assert json.loads(done.stdout)["id"] in [row["id"] for row in listed]
    # The ledger is in the backups, and neither its values nor the restore go into argument lists or logs.
    assert platform.machine.run("stat -c %a /var/lib/steward/erasures.jsonl").stdout == "600\n"
    refused = platform.machine.run(["steward", "restore", "erase"], input='{"database": "x"}', check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    platform.machine.run("rm /var/lib/steward/erasures.jsonl")


@pytest.mark.long
def test_passwords_stay_those_of_now(platform: Platform) -> None:
    sql(platform, "DROP ROLE IF EXISTS drill; CREATE ROLE drill LOGIN PASSWORD 'the one of then'")
    time.sleep(1.1)
    moment = platform.machine.run("date -u +%Y-%m-%dT%H:%M:%SZ").stdout.strip()
    time.sleep(1.1)
    sql(platform, "ALTER ROLE drill PASSWORD 'the one of now'")
    verifier = "SELECT rolpassword FROM pg_authid WHERE rolname = 'drill'"
    now = sql(platform, verifier)
    run(platform, "--scope", "database", "--target", moment)
    assert sql(platform, verifier) == now
    # It went through no log and stays in no file.
    found = f"grep -rlF '{now}' /var/log/postgresql /var/log/steward /var/lib/steward"
    assert platform.machine.run(found, check=False).stdout == ""
    sql(platform, "DROP ROLE drill")


@pytest.mark.long
def test_files_of_applications_come_back_and_go_forth(platform: Platform) -> None:
    steward(platform, "backup", "full")
    platform.machine.run(f"echo two > {UPLOADS}/first && echo new > {UPLOADS}/second")
    run(platform, "--scope", "application_data")
    assert platform.machine.run(f"cat {UPLOADS}/*").stdout == "one\n"
    steward(platform, "restore", "undo")
    assert platform.machine.run(f"cat {UPLOADS}/*").stdout == "two\nnew\n"
    run(platform, "--scope", "data")
    steward(platform, "restore", "accept")
    assert platform.machine.run("ls -A /srv").stdout.split() == ["uploads"]


@pytest.mark.long
def test_configuration_comes_back_with_the_keys_that_are_in_no_set(platform: Platform) -> None:
    steward(platform, "backup", "config")
    key = platform.machine.run("cat /etc/steward/backup/mac-key").stdout
    platform.machine.run("echo '# broken' >> /etc/steward/steward.json; rm /etc/sysctl.d/60-steward.conf")
    run(platform, "--scope", "configuration")
    assert "# broken" not in platform.machine.run("cat /etc/steward/steward.json").stdout
    platform.machine.run("test -e /etc/sysctl.d/60-steward.conf")
    assert platform.machine.run("cat /etc/steward/backup/mac-key").stdout == key
    serves(platform)
    steward(platform, "restore", "accept")
    assert platform.machine.run("find /etc /opt -name '.*.before-*' -o -name '.*.restored-*'").stdout == ""


@pytest.mark.long
def test_an_emergency_brings_database_and_queue_back_and_leaves_the_secrets(platform: Platform) -> None:
    sql(platform, "TRUNCATE marks")
    insert(platform, "before", 10)
    redis(platform, "SET", "drill", "before")
    steward(platform, "backup", "emergency")
    redis(platform, "SET", "drill", "after")
    done = run(platform, "--scope", "emergency")
    assert "before" in redis(platform, "GET", "drill")
    assert marks(platform) == {"before": 10}
    assert any("holds secrets and keeps them" in said for said in done["warnings"])
    serves(platform)
    steward(platform, "restore", "undo")
    assert "after" in redis(platform, "GET", "drill")


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--source", "20200101_000000"], "source is '20200101_000000'"),
        (["--source", "nowhere"], "source is 'nowhere'"),
        (["--target", "yesterday"], "target is 'yesterday'"),
        (["--target", "2020-01-01 00:00:00Z"], "is older than the oldest backup"),
        (["--target", "2999-01-01 00:00:00Z"], "which is in the future"),
        (["--confirm", "wrong"], "confirm is 'wrong', allowed is: dotmac-"),
        ([], "confirm is '', allowed is: dotmac-"),
    ],
)
def test_bad_input_is_one_line_and_nothing_happens(platform: Platform, words: list[str], said: str) -> None:
    before = status(platform)
    refused = steward(platform, "restore", "run", "--scope", "database", *words, expect=(2,))
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert status(platform) == before


@pytest.mark.long
def test_the_playbook_shows_refuses_and_restores(platform: Platform) -> None:
    moment = begin(platform)
    listed = platform.run("restore", variables={"restore_list": True})
    assert [task.name for task in listed.changed] == []
    asked = {"restore_scope": "database_only", "restore_target": moment, "confirm": "dotmac"}
    shown = platform.run("restore", variables=asked, check=True)
    assert "Move the live" in shown.output or "move its data directory aside" in shown.output
    assert marks(platform) == {"after": 500, "before": ROWS}
    refused = platform.run("restore", variables={**asked, "confirm": "other"}, expect=2)
    assert "confirm is 'other', allowed is: dotmac" in refused.output
    refused = platform.run("restore", variables={**asked, "restore_scope": "all"}, expect=2)
    assert "restore_scope is 'all'" in refused.output
    platform.run("restore", variables=asked)
    assert marks(platform) == {"before": ROWS}
    serves(platform)
    steward(platform, "restore", "undo")
    assert marks(platform) == {"after": 500, "before": ROWS}


@pytest.mark.long
def test_a_rollback_brings_the_data_of_the_release_back(platform: Platform) -> None:
    older = platform.current()["id"]
    sql(platform, "TRUNCATE marks")
    insert(platform, "before")
    platform.deploy(variables={"demo_version": "4.0.0", "demo_fault": "newer-schema"})
    insert(platform, "after", 500)
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'bookings' AND column_name = 'note'"
    assert sql(platform, columns) == "1"
    back = platform.rollback(variables={"rollback_to": older, "confirm": older, "restore_database": True})
    assert "all databases: back to" in back.output
    assert marks(platform) == {"before": ROWS}
    assert sql(platform, columns) == "0"
    assert platform.current()["origin"] == {"kind": "rollback", "release": older}
    serves(platform)
