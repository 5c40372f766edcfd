# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What backups and restores cost on a database of 2 GB, beside plain pgBackRest and beside a dump through gzip.

Each pair is measured in turn on one host, best of three. STEWARD_BENCH_SCALE is the scale of pgbench, 140 for 2.1 GB.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.support.platform import Platform

SCALE = int(os.environ.get("STEWARD_BENCH_SCALE", "140"))
RUNS = 3
PLAIN, DUMPED, SCRATCH_PORT = "/var/lib/postgresql/17/plain", "/var/lib/postgresql/17/dumped", 5999
BIN = "/usr/lib/postgresql/17/bin"
MOST_BESIDE_PLAIN = 1.10
MOST_REST_SECONDS, MOST_STATUS_SECONDS, MOST_MEGABYTES = 3.0, 0.3, 80
LEAST_FULL, LEAST_RESTORE = 1.8, 4.0
# Its own time and the memory of the largest process of it; nothing of the connection is measured.
MEASURE = """
import json, resource, subprocess, sys, time
began = time.monotonic()
done = subprocess.run(json.load(sys.stdin), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")
print(json.dumps({
    "seconds": time.monotonic() - began,
    "megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    "code": done.returncode, "out": done.stdout, "err": done.stderr,
}))
"""


@pytest.fixture(scope="module")
def backed(with_backups: Callable[..., Platform]) -> Iterator[Platform]:
    """A platform with backups and a large database beside those of its services."""
    deployed = with_backups("bench")
    deployed.stop_backup_timers()
    as_postgres(
        deployed, f"psql -XAtqc 'DROP DATABASE IF EXISTS bench' && createdb bench && {BIN}/pgbench -iq -s {SCALE} bench"
    )
    as_postgres(deployed, "psql -XAtqc CHECKPOINT")
    waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
    ask = ["runuser", "-u", "postgres", "--", "psql", "-XAtqc", waiting]
    poll(lambda: deployed.machine.run(ask).stdout.strip() == "0", seconds=600, every=2, what="the WAL in the archive")
    yield deployed
    as_postgres(deployed, f"rm -rf {PLAIN} {DUMPED} /var/tmp/bench.sql.gz; dropdb bench")


def measured(platform: Platform, argv: list[str]) -> dict[str, Any]:
    said = platform.machine.run(["python3", "-c", MEASURE], input=json.dumps(argv), timeout=900)
    done: dict[str, Any] = json.loads(said.stdout)
    assert done["code"] in (0, 4), done["out"][-2000:] + done["err"][-2000:]
    return done


def as_postgres(platform: Platform, line: str) -> float:
    return float(
        measured(platform, ["runuser", "-u", "postgres", "--", "bash", "-euo", "pipefail", "-c", line])["seconds"]
    )


def steward(platform: Platform, *words: str) -> dict[str, Any]:
    done = measured(platform, ["steward", *words, "--json"])
    return {**done, "said": json.loads(done["out"])}


def set_seconds(platform: Platform, set_type: str) -> tuple[float, float, float]:
    """Of a new set: seconds of its database, of everything else, and megabytes of the largest process."""
    made = steward(platform, "backup", set_type)
    database = sum(part["seconds"] for part in made["said"]["parts"] if part["part"] == "postgresql")
    return database, made["seconds"] - database, made["megabytes"]


def plain(platform: Platform, command: str) -> float:
    return as_postgres(platform, f"pgbackrest --stanza=main {command}")


def table(rows: list[tuple[str, float, float, str]]) -> str:
    lines = [f"{'':34}{'steward':>10}{'peer':>10}{'ratio':>8}  peer"]
    return "\n".join(
        lines + [f"{what:34}{ours:8.2f} s{peer:8.2f} s{ours / peer:8.2f}  {name}" for what, ours, peer, name in rows]
    )


@pytest.mark.parametrize(("set_type", "kind"), [("full", "full"), ("incremental", "incr")])
def test_the_database_of_a_set_costs_what_plain_pgbackrest_costs(backed: Platform, set_type: str, kind: str) -> None:
    ours, rest, memory, peers = [], [], [], []
    for _run in range(RUNS):
        peers.append(plain(backed, f"--type={kind} backup"))
        database, other, megabytes = set_seconds(backed, set_type)
        ours.append(database)
        rest.append(other)
        memory.append(megabytes)
    print("\n" + table([(f"database of a set, {set_type}", min(ours), min(peers), "pgbackrest")]))
    print(f"everything else of the set: {min(rest):.2f} s; largest process: {max(memory):.0f} MB")
    assert min(ours) <= MOST_BESIDE_PLAIN * min(peers)
    assert min(rest) <= MOST_REST_SECONDS
    assert max(memory) <= MOST_MEGABYTES


def test_a_restore_costs_what_plain_pgbackrest_costs_and_a_dump_much_more(backed: Platform) -> None:
    full = set_seconds(backed, "full")[0]
    dump = as_postgres(backed, "pg_dumpall | gzip > /var/tmp/bench.sql.gz")
    ours, peers = [], []
    for _run in range(RUNS):
        as_postgres(backed, f"rm -rf {PLAIN} && install -d -m 0700 {PLAIN}")
        peers.append(plain(backed, f"--pg1-path={PLAIN} --archive-mode=off restore"))
        ours.append(restored(backed))
    start = f"{BIN}/pg_ctl -D {DUMPED} -w -l /dev/null -o '-p {SCRATCH_PORT} -c listen_addresses=' start"
    as_postgres(backed, f"rm -rf {DUMPED} && {BIN}/initdb -D {DUMPED} >/dev/null && {start}")
    try:
        load = f"gunzip -c /var/tmp/bench.sql.gz | psql -Xq -p {SCRATCH_PORT} -d postgres >/dev/null 2>&1"
        loaded = as_postgres(backed, load)
    finally:
        as_postgres(backed, f"{BIN}/pg_ctl -D {DUMPED} -m immediate stop")
    print(
        "\n"
        + table(
            [
                ("restore of the database", min(ours), min(peers), "pgbackrest"),
                ("full", full, dump, "pg_dumpall | gzip"),
                ("restore of the database", min(ours), loaded, "gunzip | psql"),
            ]
        )
    )
    assert min(ours) <= MOST_BESIDE_PLAIN * min(peers)
    assert dump >= LEAST_FULL * full
    assert loaded >= LEAST_RESTORE * min(ours)


def restored(platform: Platform) -> float:
    """Seconds in which a recovery laid the database beside the live one; it goes no further."""
    wish = ["--scope", "database_only"]
    confirm = steward(platform, "restore", "plan", *wish)["said"]["confirm"]
    steward(platform, "restore", "run", *wish, "--confirm", confirm, "--stage", "prepared")
    name = steward(platform, "restore", "status")["said"]["recovery"]["id"]
    journal = json.loads(platform.machine.run(f"cat /var/lib/steward/recovery/run-{name}.json").stdout)
    seconds = journal["facts"]["results"]["restore_beside postgresql"]["seconds"]
    measured(platform, ["steward", "restore", "undo"])
    return float(seconds)


def test_the_status_is_told_at_once(backed: Platform) -> None:
    best = min((steward(backed, "backup", "status") for _run in range(RUNS)), key=lambda done: done["seconds"])
    peer = min(plain(backed, "info --output=json >/dev/null") for _run in range(RUNS))
    print("\n" + table([("steward backup status", best["seconds"], peer, "pgbackrest info")]))
    assert best["seconds"] <= MOST_STATUS_SECONDS
