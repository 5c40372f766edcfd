# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What breaks while a set is made or restored is told truthfully, and nothing half done can be seen."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.support.platform import ISP, Platform

pytestmark = pytest.mark.long

PLACE, ASIDE = "/var/backups/steward", "/var/backups/steward-aside"
SPOOL = "/var/spool/pgbackrest"
RESULT = "/var/lib/steward/backup/results/full.json"
METRICS = "/var/lib/prometheus/node-exporter/steward_backup.prom"
ALARM = 'steward_backup_last_result{platform="dotmac",backup_job="full"}'
DATABASE = "postgresql@17-main.service"
AS_POSTGRES = "runuser -u postgres -- psql -XAtq -d dotmac_isp -c"


@dataclass(frozen=True)
class Fault:
    """Shell lines that break something and mend it, and what is said meanwhile."""

    breaks: str
    mends: str
    said: str


def setting(statement: str) -> str:
    return f"""{AS_POSTGRES} "{statement}" -c "SELECT pg_reload_conf()" """


FAULTS = {
    "the database is down": Fault(
        f"systemctl stop {DATABASE}", f"systemctl start {DATABASE}", "PostgreSQL cannot be reached"
    ),
    "WAL goes nowhere": Fault(
        setting("ALTER SYSTEM SET archive_command = '/bin/false'"),
        setting("ALTER SYSTEM RESET archive_command"),
        "archive_command is '/bin/false', which does not push to the stanza main",
    ),
    "another key of pgBackRest": Fault(
        "cp -p /etc/pgbackrest/pgbackrest.conf /root/kept.conf;"
        " sed -i 's/^repo1-cipher-pass=.*/repo1-cipher-pass=another/' /etc/pgbackrest/pgbackrest.conf",
        "cp -p /root/kept.conf /etc/pgbackrest/pgbackrest.conf; rm /root/kept.conf",
        "cannot be read with the key of its configuration",
    ),
    "another key of restic": Fault(
        "mv /etc/steward/backup/restic-password /root/kept-password;"
        " install -m 0400 /dev/stdin /etc/steward/backup/restic-password <<<another",
        "mv -f /root/kept-password /etc/steward/backup/restic-password",
        "password",
    ),
    # A file system of its own that has no room but for what is there.
    "the repository is full": Fault(
        f"cp -a {PLACE} {ASIDE}; room=$(du -sm {PLACE} | cut -f1)"
        f" && mount -t tmpfs -o size=$((room + 4))M full {PLACE} && cp -a {ASIDE}/. {PLACE}"
        f" && (head -c 1G /dev/zero > {PLACE}/filler || true)",
        # What PostgreSQL archives just then holds it a moment longer.
        f"umount --lazy {PLACE}; rm -r {ASIDE}",
        "no space left on device",
    ),
}


@pytest.fixture(scope="module")
def platform(host: Callable[..., Any], with_backups: Callable[..., Platform]) -> Platform:
    """A platform of its own that has backups, an exporter's folder, and rows enough that a backup takes a while."""
    host("faults").run(f"mkdir -p {METRICS.rpartition('/')[0]}")
    deployed = with_backups("faults")
    deployed.stop_backup_timers()
    rows = "SELECT n AS id, md5(n::text) AS a, md5((n + 1)::text) AS b FROM generate_series(1, 2000000) n"
    shell(deployed, f"{AS_POSTGRES} 'DROP TABLE IF EXISTS bulk' -c 'CREATE TABLE bulk AS {rows}'")
    return deployed


def shell(platform: Platform, line: str) -> str:
    return platform.machine.run(["bash", "-c", line], timeout=300).stdout


def full(platform: Platform) -> subprocess.CompletedProcess[str]:
    return platform.machine.run(["steward", "backup", "full", "--json"], check=False, timeout=600)


def sets(platform: Platform) -> list[str]:
    said = platform.machine.run(["steward", "backup", "list", "--json"]).stdout
    return [made["id"] for made in json.loads(said)["sets"]]


def last(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(platform.machine.run(["cat", RESULT]).stdout)
    return found


def alarm(platform: Platform) -> str:
    return platform.machine.run(["grep", "-F", ALARM, METRICS]).stdout.rpartition(" ")[2].strip()


def next_is_whole(platform: Platform, before: list[str]) -> None:
    """No set came of what failed, and the next one is made as if nothing had been."""
    assert sets(platform) == before
    done = full(platform)
    assert done.returncode in (0, 4), done.stdout + done.stderr
    assert json.loads(done.stdout)["outcome"] == "complete"
    assert len(sets(platform)) == len(before) + 1
    assert alarm(platform) in ("0", "1")


def test_a_full_spool_holds_nothing_up(platform: Platform) -> None:
    """What waits there for PostgreSQL has names and no content."""
    room = "size=64k,uid=$(id -u postgres),gid=$(id -g postgres),mode=0750"
    shell(platform, f"mount -t tmpfs -o {room} spool {SPOOL} && (head -c 1M /dev/zero > {SPOOL}/filler || true)")
    try:
        assert platform.machine.run(["df", "--output=avail", SPOOL]).stdout.split()[-1] == "0"
        done = full(platform)
        assert done.returncode in (0, 4), done.stdout + done.stderr
        shell(
            platform, f'{AS_POSTGRES} "SELECT pg_switch_wal()"; runuser -u postgres -- pgbackrest --stanza=main check'
        )
    finally:
        shell(platform, f"umount --lazy {SPOOL}")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_makes_no_set_and_raises_the_alarm(platform: Platform, name: str) -> None:
    fault, before = FAULTS[name], sets(platform)
    shell(platform, fault.breaks)
    try:
        done = full(platform)
        assert done.returncode == 1, done.stdout + done.stderr
        assert fault.said in done.stderr
        assert fault.said in last(platform)["error"]
    finally:
        shell(platform, fault.mends)
    poll(lambda: platform.is_ready(ISP), seconds=120, what="the platform")
    assert last(platform)["result"] == "failed"
    assert alarm(platform) == "2"
    next_is_whole(platform, before)


# Not runuser, which started it.
BACKUP = "-u postgres -f '[p]gbackrest backup '"
VICTIMS = {
    "steward": "cat /run/full.pid",
    "pgBackRest": f"pgrep -o {BACKUP}",
    "PostgreSQL": "pgrep -o -f '[p]ostgres -D'",
}


@pytest.mark.parametrize("name", VICTIMS)
def test_killed_in_the_middle_no_set_is_seen(platform: Platform, name: str) -> None:
    before = sets(platform)
    began = "setsid steward backup full >/run/full.log 2>&1 </dev/null & echo $! >/run/full.pid"
    begun = f"until pgrep {BACKUP} >/dev/null || ! kill -0 $(cat /run/full.pid); do sleep 0.02; done; sleep 0.5"
    shell(platform, f"{began}; {begun}; kill -9 $({VICTIMS[name]})")
    ended(platform, "/run/full.pid")
    # Who is killed itself says nothing; where a timer began it its unit does.
    if name != "steward":
        assert "was not made" in shell(platform, "cat /run/full.log")
    shell(platform, f"systemctl start {DATABASE}")
    poll(lambda: platform.is_ready(ISP), seconds=120, what="the platform")
    next_is_whole(platform, before)


def ended(platform: Platform, file: str) -> None:
    gone = f"! kill -0 $(cat {file}) 2>/dev/null"
    poll(lambda: platform.machine.run(gone, check=False).returncode == 0, seconds=300, what="its end")


def test_two_at_once_make_two_sets_one_after_the_other(platform: Platform) -> None:
    before = sets(platform)
    one = "(steward backup full >/run/both-$n.log 2>&1; echo $? >/run/both-$n.rc) &"
    shell(platform, f"for n in 1 2; do {one} sleep 1.2; done; wait")
    assert set(shell(platform, "cat /run/both-1.rc /run/both-2.rc").split()) <= {"0", "4"}
    assert len(sets(platform)) == len(before) + 2


def test_a_set_that_is_deleted_under_its_restore_harms_nothing(platform: Platform) -> None:
    rows, backups = f"{AS_POSTGRES} 'SELECT count(*) FROM bulk'", f"{PLACE}/pgbackrest/backup/main"
    held = shell(platform, rows)
    words = ["--scope", "database_only"]
    plan = json.loads(platform.machine.run(["steward", "restore", "plan", "--json", *words]).stdout)
    began = (
        f"setsid steward restore run {' '.join(words)} --confirm {plan['confirm']} >/run/restore.log 2>&1 </dev/null"
    )
    begun = "until grep -q 'restore_beside postgresql: begun' /run/restore.log; do sleep 0.02; done"
    shell(platform, f"{began} & echo $! >/run/restore.pid; {begun}; mv {backups} {ASIDE}")
    try:
        ended(platform, "/run/restore.pid")
        assert "restore_beside postgresql" in shell(platform, "tail -n 3 /run/restore.log")
        assert (shell(platform, rows), platform.is_ready(ISP)) == (held, True)
        assert json.loads(shell(platform, "steward restore status --json"))["recovery"]["state"] == "failed"
    finally:
        shell(platform, f"rm -rf {backups}; mv {ASIDE} {backups}")
    # With the set there again it could go on; here it is taken back.
    platform.machine.run(["steward", "restore", "undo"], timeout=300)
    assert shell(platform, "ls -A /var/lib/postgresql/17").split() == ["main"]
