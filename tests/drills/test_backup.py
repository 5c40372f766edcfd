# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed platform makes encrypted backup sets by itself, before a release too, and without OpenBao."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.support.platform import ISP, Platform

pytestmark = pytest.mark.long
PARTS = {"postgresql", "redis-queue", "openbao", "configuration", "logs"}
PLACE = "/var/backups/steward"
JOBS = {"full", "incremental", "schema", "config", "cleanup", "validation", "figures"}


@pytest.fixture(scope="module")
def platform(with_backups: Callable[..., Platform]) -> Platform:
    """A platform of its own that has backups."""
    return with_backups("backup")


def sets(platform: Platform, *words: str) -> list[dict[str, Any]]:
    said = platform.machine.run(["steward", "backup", "list", "--json", *words]).stdout
    found: list[dict[str, Any]] = json.loads(said)["sets"]
    return found


def asked(platform: Platform) -> list[str]:
    """The sets that somebody asked for; those of the timers, which come at any time, have no label."""
    return [made["id"] for made in sets(platform) if made["label"]]


def make(platform: Platform, set_type: str, *words: str, expect: tuple[int, ...] = (0, 4)) -> dict[str, Any]:
    done = platform.machine.run(["steward", "backup", set_type, "--json", *words], check=False, timeout=300)
    assert done.returncode in expect, done.stdout + done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_the_platform_has_a_complete_full_set_by_itself(platform: Platform) -> None:
    full = sets(platform, "--type", "full")[-1]
    assert (full["state"], full["outcome"], full["failures"]) == ("published", "complete", [])
    assert {part["part"] for part in full["parts"]} == PARTS
    assert full["complete_in"] == ["local"]
    assert platform.machine.run("steward backup status", check=False).returncode in (0, 4)


def test_a_release_names_where_its_data_can_be_brought_back_to(platform: Platform) -> None:
    platform.deploy(variables={"demo_version": "1.7.0"})
    record = platform.current()
    point = record["restore_point"]
    assert point["name"] == f"release_{record['id']}"
    labels = {each["id"]: each["label"] for each in sets(platform)}
    assert labels[point["set"]] == f"release {record['id']}"
    # PostgreSQL itself says the same, and that the segment is archived.
    logged = platform.machine.run("grep -h 'restore point' /var/log/postgresql/*.log").stdout
    assert f'"{point["name"]}"' in logged
    archived = "SELECT last_archived_wal >= '{}' FROM pg_stat_archiver".format(point["wal"])
    assert psql(platform, archived) == "t"


def test_a_release_without_a_safety_copy_says_so(platform: Platform) -> None:
    before = asked(platform)
    platform.deploy(variables={"demo_version": "1.7.1", "deploy_skip_backup": True})
    assert platform.current()["restore_point"] == {"name": None, "reason": "none: deploy_skip_backup was given"}
    assert asked(platform) == before


def psql(platform: Platform, statement: str) -> str:
    argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", "dotmac_isp", "-c", statement]
    return platform.machine.run(argv).stdout.strip()


def test_no_row_and_no_key_can_be_read_in_a_repository(platform: Platform) -> None:
    marker = f"planted-{uuid.uuid4()}"
    customer = {"name": marker, "email": f"{marker}@dotmac.test"}
    assert platform.ask(ISP, "/api/v1/customers", method="POST", body=customer).status == 201
    platform.machine.run(["install", "-m", "0600", "/dev/stdin", "/etc/steward/planted"], input=marker)
    make(platform, "incremental")
    platform.machine.run("rm /etc/steward/planted")
    # It is where it should be, so that finding nothing proves something.
    assert platform.machine.run(f"grep -rl {marker} /var/lib/postgresql", check=False).stdout
    assert platform.machine.run(f"grep -rl {marker} {PLACE}", check=False).stdout == ""
    keys = "cat /etc/steward/backup/restic-password /etc/steward/backup/mac-key"
    for key in platform.machine.run(keys).stdout.split():
        assert len(key) == 64
        found = platform.machine.run(["grep", "-rlF", "-f", "/dev/stdin", PLACE], input=key, check=False)
        assert found.stdout == ""


def test_the_keys_are_in_no_set_and_in_the_escrow(platform: Platform) -> None:
    part = next(part for part in sets(platform, "--type", "full")[0]["parts"] if part["part"] == "configuration")
    restic = f"restic --repo {PLACE}/restic/demo --password-file /etc/steward/backup/restic-password"
    listed = platform.machine.run(f"{restic} ls {part['id']}").stdout.splitlines()
    assert "/etc/steward/backup.json" in listed
    assert [path for path in listed if path.startswith(("/etc/steward/backup/", "/etc/steward/escrow/"))] == []
    assert [path for path in listed if "unseal" in path] == []
    escrow = "cd /etc/steward && cmp escrow/backup-restic-password backup/restic-password && "
    escrow += 'grep -qF "$(cat escrow/backup-pgbackrest-cipher)" /etc/pgbackrest/pgbackrest.conf'
    platform.machine.run(escrow)


def test_the_jobs_have_timers_that_systemd_accepts(platform: Platform) -> None:
    timers = platform.machine.run("systemctl list-timers --no-legend 'steward-backup-*'").stdout
    assert {job for job in JOBS if f"steward-backup-{job}.timer" in timers} == JOBS
    checked = platform.machine.run(
        "cd /etc/systemd/system && systemd-analyze verify --man=no --recursive-errors=no steward-backup-*.timer"
        " steward-backup-*.service 2>&1"
    )
    assert checked.stdout == ""
    platform.machine.run("systemctl start steward-backup-incremental.service", timeout=300)


@pytest.mark.parametrize(("how", "back"), [("stop", "start")])
def test_without_openbao_there_are_backups_all_the_same(platform: Platform, how: str, back: str) -> None:
    platform.machine.run(["systemctl", how, "openbao"])
    try:
        assert make(platform, "incremental")["outcome"] == "complete"
        full = make(platform, "full", expect=(4,))
        assert (full["outcome"], [each["part"] for each in full["failures"]]) == ("partial", ["openbao"])
    finally:
        platform.machine.run(["systemctl", back, "openbao"])
    poll(lambda: platform.machine.run("steward status", check=False).returncode in (0, 4), seconds=60, what="OpenBao")


def test_all_hosts_make_a_set_when_asked(platform: Platform) -> None:
    result = platform.run("backup", variables={"backup_type": "config", "backup_label": "by hand"})
    made = sets(platform, "--type", "config")[0]
    assert made["label"] == "by hand"
    assert made["id"] in result.output
    refused = platform.run("backup", variables={"backup_type": "differential"}, expect=2)
    assert "differential" in refused.output
    assert sets(platform, "--type", "config")[0]["id"] == made["id"]


def test_a_second_run_changes_nothing_and_makes_no_set(platform: Platform) -> None:
    platform.site()
    before = asked(platform)
    result = platform.site()
    assert [task.name for task in result.changed] == []
    assert asked(platform) == before
