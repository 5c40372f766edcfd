# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed platform proves its backups: each level is green on good sets, and red on each injected fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.support.platform import Platform

pytestmark = pytest.mark.long
PLACE = "/var/backups/steward"
SCRATCH = "/var/lib/steward-scratch"
CONFIGURATION = "/etc/steward/backup.json"
EVIDENCE = "/var/log/steward/backup-evidence.jsonl"
RESULTS = "/var/lib/steward/backup/results"
ROWS = 5000
TABLE = "public.steward_ledger"
FILL = f"INSERT INTO {TABLE} SELECT n, 'entry ' || n FROM generate_series(1, {ROWS}) n"
GOOD = (0, 4)
# Who holds the lock of verifications.
HELD = "print(open('/run/lock/steward-backup-verify.lock').read())"


@pytest.fixture(scope="module")
def platform(with_backups: Callable[..., Platform]) -> Platform:
    """The platform of the other drill of backups, with a table of our own."""
    deployed = with_backups("backup")
    # A set that comes by itself heals a gap and keeps a base.
    deployed.stop_backup_timers()
    psql(deployed, f"DROP TABLE IF EXISTS {TABLE}")
    psql(deployed, f"CREATE TABLE {TABLE} (id int PRIMARY KEY, what text)")
    psql(deployed, FILL)
    psql(deployed, "ANALYZE")
    return deployed


@pytest.fixture(scope="module")
def full(platform: Platform) -> str:
    return make(platform, "full")


@pytest.fixture(autouse=True)
def _nothing_left(platform: Platform) -> Iterator[None]:
    """A verification leaves nothing, and production is never restarted."""
    before = psql(platform, "SELECT pg_postmaster_start_time()")
    yield
    assert platform.machine.run(f"ls -A {SCRATCH}", check=False).stdout == ""
    units = platform.machine.run("systemctl list-units --all --plain --no-legend 'steward-scratch-*'").stdout
    assert units == ""
    assert psql(platform, "SELECT pg_postmaster_start_time()") == before


def psql(platform: Platform, statement: str) -> str:
    argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", "dotmac_isp", "-c", statement]
    return platform.machine.run(argv).stdout.strip()


def make(platform: Platform, set_type: str, *words: str) -> str:
    done = platform.machine.run(["steward", "backup", set_type, "--json", *words], check=False, timeout=300)
    assert done.returncode in GOOD, done.stdout + done.stderr
    return str(json.loads(done.stdout)["id"])


def verify(platform: Platform, *words: str, expect: tuple[int, ...] = GOOD) -> dict[str, Any]:
    done = platform.machine.run(["steward", "backup", "verify", "--json", *words], check=False, timeout=600)
    assert done.returncode in expect, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert (document["result"] in ("pass", "warn")) == (done.returncode in GOOD)
    return document


def levels(document: Mapping[str, Any]) -> dict[str, int]:
    return {part["part"]: part["level"] for part in document["parts"]}


def red(document: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{part['part']} {check['name']}": check["message"]
        for part in document["parts"]
        for check in part["checks"]
        if check["status"] == "fail"
    }


def status(platform: Platform) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(platform.machine.run("steward backup status --json", check=False).stdout)
    return said


@pytest.mark.parametrize(
    ("words", "database", "files"),
    [
        pytest.param(("--level", "0"), 0, 0, id="listed"),
        pytest.param(("--integrity-only",), 1, 1, id="checksums"),
        pytest.param(("--level", "2"), 2, 2, id="restored"),
        pytest.param((), 3, 2, id="looked into"),
        pytest.param(("--level", "4"), 4, 2, id="served"),
    ],
)
def test_a_good_set_is_proven_to_each_level(
    platform: Platform, full: str, words: tuple[str, ...], database: int, files: int
) -> None:
    document = verify(platform, *words)
    assert (document["subject"], red(document)) == (full, {})
    reached = levels(document)
    assert set(reached) == {"postgresql", "redis-queue", "openbao", "configuration", "logs"}
    assert reached.pop("postgresql") == database
    assert set(reached.values()) == {files}
    recorded = json.loads(platform.machine.run(f"tail -n 5 {EVIDENCE} | head -n 1").stdout)
    assert (recorded["set"], recorded["part"], recorded["level"]) == (full, "postgresql", database)
    assert status(platform)["proven"][str(database)]["set"] == full


def test_the_proof_counts_the_rows_and_measures_the_recovery(platform: Platform, full: str) -> None:
    lines = platform.machine.run(["cat", EVIDENCE]).stdout.splitlines()
    records = [json.loads(line) for line in lines]
    proof = [one for one in records if (one["set"], one["part"], one["level"]) == (full, "postgresql", 3)][-1]
    tables = {table["name"]: table["rows"] for row in proof["databases"] for table in row["tables"]}
    assert tables[TABLE] == ROWS
    assert proof["rto_seconds"] > 0
    assert proof["replayed"]
    names = {check["name"] for check in proof["checks"]}
    assert names >= {"checksums", "wal", "replay", "canary", "envelope of dotmac_isp", "shrink", "amcheck"}
    shown = json.loads(platform.machine.run("steward backup list --json").stdout)["sets"]
    assert next(row for row in shown if row["id"] == full)["proven"]["level"] == 3


def test_an_incremental_set_is_proven_with_its_base(platform: Platform, full: str) -> None:
    psql(platform, f"INSERT INTO {TABLE} SELECT n, 'later' FROM generate_series({ROWS + 1}, {ROWS + 100}) n")
    made = make(platform, "incremental")
    document = verify(platform, made)
    assert (red(document), levels(document)["postgresql"]) == ({}, 3)
    psql(platform, f"DELETE FROM {TABLE} WHERE id > {ROWS}")


def test_a_table_emptied_before_the_backup_is_red_until_it_was_meant(platform: Platform, full: str) -> None:
    psql(platform, f"TRUNCATE {TABLE}")
    try:
        emptied = make(platform, "full")
        document = verify(platform, expect=(1,))
        assert document["subject"] == emptied
        assert list(red(document)) == ["postgresql shrink"]
        assert f"{TABLE} of dotmac_isp is empty" in red(document)["postgresql shrink"]
        assert any(row["name"] == f"proof {emptied}" for row in status(platform)["findings"])
        metrics = platform.machine.run("cat /var/lib/prometheus/node-exporter/steward_backup.prom").stdout
        assert 'steward_backup_disproven{platform="dotmac"} 0' not in metrics
        assert 'steward_backup_disproven{platform="dotmac"}' in metrics
        assert verify(platform, "--accept-losses", expect=(4,))["result"] == "warn"
    finally:
        psql(platform, FILL)
    psql(platform, "ANALYZE")
    # Now there is more than before, which is no loss.
    make(platform, "full")
    assert red(verify(platform)) == {}


@contextmanager
def damaged(platform: Platform, path: str) -> Iterator[None]:
    """One bit of a file is another one while the block runs."""
    flip = "import sys; f = open(sys.argv[1], 'r+b'); n = f.seek(0, 2) // 2; f.seek(n); b = f.read(1)[0]; f.seek(n);"
    argv = ["python3", "-c", f"{flip} f.write(bytes([b ^ 1]))", path]
    platform.machine.run(argv)
    try:
        yield
    finally:
        platform.machine.run(argv)


def newest_label(platform: Platform) -> str:
    said = platform.machine.run("runuser -u postgres -- pgbackrest info --output=json").stdout
    return str([row["label"] for row in json.loads(said)[0]["backup"] if row["type"] == "full"][-1])


def test_what_the_application_cannot_work_with_is_red(platform: Platform, full: str) -> None:
    """Rows and indexes are as they were, but the service would find no table of it."""
    users = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'dotmac_isp' AND usename <> 'postgres'"
    roles = psql(platform, users).split()
    assert roles
    try:
        for role in roles:
            psql(platform, f"ALTER ROLE {role} IN DATABASE dotmac_isp SET search_path = nowhere")
        psql(platform, "SELECT pg_switch_wal()")
        document = verify(platform, full, "--level", "4", expect=(1,))
    finally:
        for role in roles:
            psql(platform, f"ALTER ROLE {role} IN DATABASE dotmac_isp RESET search_path")
    assert list(red(document)) == ["postgresql serves isp-framework"]
    assert levels(document)["postgresql"] == 3
    left = "docker ps -a --format '{{.Names}}' | grep proof; docker network ls | grep proof; ls /run | grep scratch"
    assert platform.machine.run(left, check=False).stdout == ""


def test_a_flipped_bit_in_a_backup_is_red(platform: Platform, full: str) -> None:
    folder = f"{PLACE}/pgbackrest/backup/main/{newest_label(platform)}"
    file = platform.machine.run(f"find {folder} -type f -path '*bundle*' | sort | head -n 1").stdout.strip()
    assert file
    with damaged(platform, file):
        document = verify(platform, "--integrity-only", expect=(1,))
        assert list(red(document)) == ["postgresql checksums"]
        assert levels(document)["postgresql"] == 0
    assert red(verify(platform, "--integrity-only")) == {}


def test_a_flipped_bit_in_a_repository_of_files_is_red(platform: Platform, full: str) -> None:
    file = platform.machine.run(f"find {PLACE}/restic/demo/data -type f | sort | head -n 1").stdout.strip()
    with damaged(platform, file):
        document = verify(platform, "--integrity-only", expect=(1,))
        assert set(red(document)) == {f"{part} checksums" for part in levels(document) if part != "postgresql"}
    assert red(verify(platform, "--integrity-only")) == {}


def test_a_missing_segment_of_wal_is_red(platform: Platform, full: str) -> None:
    # Two segments after the backup, of which the first is taken away.
    for _time in range(2):
        psql(platform, "INSERT INTO public.steward_ledger VALUES (-1, 'x') ON CONFLICT (id) DO UPDATE SET what = 'y'")
        psql(platform, "SELECT pg_switch_wal()")
    psql(platform, f"DELETE FROM {TABLE} WHERE id < 0")
    platform.machine.run("runuser -u postgres -- pgbackrest --stanza=main check", timeout=120)
    archive = f"{PLACE}/pgbackrest/archive/main"
    segments = platform.machine.run(f"find {archive} -type f -name '0000*-*' | sort").stdout.split()
    lost = segments[-2]
    platform.machine.run(["mv", lost, "/root/lost-segment"])
    try:
        document = verify(platform, expect=(1,))
        assert list(red(document)) == ["postgresql wal"]
        assert lost.rpartition("/")[2][:24] in red(document)["postgresql wal"]
    finally:
        platform.machine.run(["mv", "/root/lost-segment", lost])
    assert red(verify(platform)) == {}


@pytest.fixture(scope="module")
def dumps(platform: Platform) -> str:
    """Dumps of the kinds that people have, and bad ones."""
    folder = "/srv/steward-dumps"
    dump = "runuser -u postgres -- pg_dump -d dotmac_isp"
    platform.machine.run(
        f"rm -rf {folder} && mkdir {folder} && cd {folder} && {dump} > plain.sql && gzip -k plain.sql && "
        f"{dump} -Fc > custom.dump && rm -rf /tmp/steward-dump && {dump} -Fd -f /tmp/steward-dump && "
        "mv /tmp/steward-dump directory && : > empty.sql && gzip -k empty.sql && "
        # The last quarter of an archive is nothing that a restore needs.
        "head -c $(($(stat -c %s custom.dump) / 2)) custom.dump > cut.dump && "
        "head -n 60 plain.sql > cut.sql && echo 'not a dump' > text.sql"
    )
    return folder


@pytest.mark.parametrize("name", ["plain.sql", "plain.sql.gz", "custom.dump", "directory"])
def test_a_dump_of_anybody_is_restored_and_looked_into(platform: Platform, dumps: str, name: str) -> None:
    document = verify(platform, f"{dumps}/{name}")
    assert (red(document), levels(document)) == ({}, {"dump": 3})
    content = next(check for check in document["parts"][0]["checks"] if check["name"] == "content")
    assert content["figures"]["rows"] >= ROWS


@pytest.mark.parametrize("name", ["empty.sql", "empty.sql.gz", "cut.dump", "cut.sql", "text.sql"])
def test_a_dump_that_is_none_is_red(platform: Platform, dumps: str, name: str) -> None:
    document = verify(platform, f"{dumps}/{name}", expect=(1,))
    assert set(red(document)) == {"dump dump"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--level", "9"], "level is 9, allowed is: 0 to 4"),
        (["newest"], "the set is 'newest', allowed is: a set's id"),
        (["--repository", "nowhere"], "the repository 'nowhere' is unknown"),
        (["/srv/nothing-there"], "the dump is '/srv/nothing-there', which is not there"),
    ],
)
def test_what_cannot_be_verified_is_refused(platform: Platform, words: list[str], message: str) -> None:
    before = platform.machine.run(f"wc -l < {EVIDENCE}").stdout
    done = platform.machine.run(["steward", "backup", "verify", *words], check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert platform.machine.run(f"wc -l < {EVIDENCE}").stdout == before


def test_what_a_killed_verification_left_is_removed_by_the_next(platform: Platform, full: str) -> None:
    platform.machine.run("systemd-run --quiet --collect --unit=steward-test-verify steward backup verify --level 2")
    there = f"test -e {SCRATCH}/verify/data/PG_VERSION"
    poll(lambda: platform.machine.run(there, check=False).returncode == 0, seconds=60, what="the restored files")
    platform.machine.run("systemctl kill -s KILL steward-test-verify; systemctl stop steward-test-verify", check=False)
    # The lock's text outlives who held it.
    assert "verifying the newest set" in platform.machine.run(["python3", "-c", HELD]).stdout
    platform.machine.run(f"mkdir {SCRATCH}/.work.left && touch {SCRATCH}/.work.left/secret")
    assert platform.machine.run(f"ls -A {SCRATCH}").stdout.split() == [".work.left", "verify"]
    assert red(verify(platform, "--integrity-only")) == {}
    assert red(verify(platform, "--level", "2")) == {}


@pytest.mark.parametrize("job", ["validation", "cleanup"])
def test_the_timers_jobs_end_well_and_are_recorded(platform: Platform, full: str, job: str) -> None:
    platform.machine.run(["systemctl", "start", f"steward-backup-{job}.service"], timeout=600)
    result = json.loads(platform.machine.run(["cat", f"{RESULTS}/{job}.json"]).stdout)
    assert (result["job"], result["result"] in ("done", "warnings")) == (job, True)
    row = next(row for row in status(platform)["jobs"] if row["name"] == job)
    assert (row["success"], row["overdue"]) == (result["started"], False)


@contextmanager
def retention(platform: Platform, **rules: int) -> Iterator[None]:
    """Another retention while the block runs."""
    kept = platform.machine.run(["cat", CONFIGURATION]).stdout
    document = json.loads(kept)
    nothing = dict.fromkeys(("days", "weekly", "monthly", "wal_days"), 0)
    for repository in document["repositories"]:
        repository["retention"] = {**nothing, **rules, "types": {}}
    write = ["install", "-m", "0600", "/dev/stdin", CONFIGURATION]
    platform.machine.run(write, input=json.dumps(document))
    try:
        yield
    finally:
        platform.machine.run(write, input=kept)


def prune(platform: Platform, *words: str, expect: int = 0) -> dict[str, str]:
    done = platform.machine.run(["steward", "backup", "prune", "--json", *words], check=False, timeout=600)
    assert done.returncode == expect, done.stdout + done.stderr
    return {row["set"]: row["what"] for row in json.loads(done.stdout)["sets"]} if done.stdout else {}


def stored(platform: Platform) -> tuple[set[str], set[str]]:
    """The sets of which the engines themselves have something: pgBackRest, restic."""
    info = ["runuser", "-u", "postgres", "--", "pgbackrest", "info", "--output=json"]
    labels = set()
    for row in json.loads(platform.machine.run(info).stdout)[0]["backup"]:
        one = platform.machine.run([*info, "--stanza=main", f"--set={row['label']}"]).stdout
        labels.add(json.loads(one)[0]["backup"][0]["annotation"]["steward-set"])
    restic = f"restic --repo {PLACE}/restic/demo --password-file /etc/steward/backup/restic-password --json snapshots"
    rows = json.loads(platform.machine.run(restic).stdout)
    tags = {tag.removeprefix("set=") for row in rows for tag in row["tags"] if tag.startswith("set=")}
    return labels, tags


def test_old_sets_go_and_the_last_verified_stays(platform: Platform, full: str) -> None:
    proven = verify(platform)["subject"]
    newer = [make(platform, "full"), make(platform, "full")]
    before = stored(platform)[1]
    assert len(before) > 3
    with retention(platform, last=1):
        planned = prune(platform, "--dry-run")
        assert stored(platform)[1] == before
        assert (planned[proven], planned[newer[1]]) == ("kept", "kept")
        assert planned[newer[0]] == "would be removed"
        done = prune(platform)
    gone = {name for name, what in done.items() if what == "removed"}
    assert gone == {name for name, what in planned.items() if what == "would be removed"}
    labels, tags = stored(platform)
    assert not gone & (labels | tags)
    assert {proven, newer[1]} <= labels & tags
    known = platform.machine.run("ls /var/lib/steward/backup/sets").stdout.split()
    assert {name.removesuffix(".json") for name in known} == tags
    # What is left is whole.
    assert red(verify(platform, proven)) == {}
    assert red(verify(platform, newer[1])) == {}


def test_a_refused_removal_is_told_by_name(platform: Platform, full: str) -> None:
    old, _new = make(platform, "config"), make(platform, "config")
    snapshots = f"{PLACE}/restic/demo/snapshots"
    platform.machine.run(f"mount --bind {snapshots} {snapshots} && mount -o remount,ro,bind {snapshots}")
    try:
        with retention(platform, last=1):
            done = platform.machine.run("steward backup prune", check=False, timeout=600)
    finally:
        platform.machine.run(["umount", snapshots])
    assert done.returncode == 1
    assert "still there" in done.stderr
    assert old in stored(platform)[1]
    result = json.loads(platform.machine.run(["cat", f"{RESULTS}/cleanup.json"]).stdout)
    assert result["result"] == "failed"
    with retention(platform, last=1):
        assert prune(platform)[old] == "removed"


def test_a_lost_manifest_is_fetched_before_anything_is_judged(platform: Platform, full: str) -> None:
    made = make(platform, "config")
    platform.machine.run(["rm", f"/var/lib/steward/backup/sets/{made}.json"])
    assert prune(platform)[made] == "kept"
    platform.machine.run(["test", "-s", f"/var/lib/steward/backup/sets/{made}.json"])


def test_the_playbook_proves_and_fails_truthfully(platform: Platform, full: str) -> None:
    done = platform.run("validate_backups", variables={"level": 1})
    assert "postgresql" in done.output
    refused = platform.run("validate_backups", variables={"set": "20200101_000000"}, expect=2)
    assert "no set 20200101_000000" in refused.output
