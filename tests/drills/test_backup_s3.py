# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups in buckets of two regions: what an attacker with the host's key, a lost region and a sick one cannot do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.steward.platform.tests.support import s3
from ansible_collections.steward.platform.tests.support.data_services import run_python
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner
from ansible_collections.steward.platform.tests.support.s3_platform import (
    ADMINISTRATOR,
    ATTACK,
    COUNT,
    FIRST,
    KEYS,
    LOCAL,
    NUMBERS,
    ONLY,
    S3,
    SEARCH,
    SECOND,
    Backed,
    count,
    describe,
)

pytestmark = pytest.mark.long


# Looks at all programs until a file appears; the words come on standard input.
WATCH = """
import glob, os, sys
words, seen = sys.stdin.read().split(), set()
while not os.path.exists(sys.argv[1]):
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            text = open(path, "rb").read()
        except OSError:
            continue
        seen |= {path + word for word in words if word.encode() in text}
        seen |= {"restic ran"} if text.startswith(b"restic") else set()
print(sorted(seen))
"""


@pytest.fixture(scope="module")
def backed(
    host: Callable[..., Machine], ansible_playbook: PlaybookRunner, tmp_path_factory: pytest.TempPathFactory
) -> Backed:
    store = host("backup-store")
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-boto3"
    store.run(f"dpkg -s python3-boto3 >/dev/null 2>&1 || {{ apt-get update -q && {install}; }}", timeout=300)
    regions = {name: s3.make_region(store, name, number) for number, name in enumerate((FIRST, SECOND))}
    sections = "\n".join(region.profile() for region in regions.values())
    store.run(f"umask 077; cat >{ADMINISTRATOR}", input=sections)
    buckets = {name: f"dotmac-{name}" for name in regions}
    access = {name: dict(zip(("access_key", "secret_key"), region.keys["backup"], strict=True))
              for name, region in regions.items()}  # fmt: skip
    guarded = {
        "principal": s3.principal("backup"),
        "credentials_file": ADMINISTRATOR,
        "ca_file": s3.CA_FILE,
        "lock_days": 1,
    }
    variables = {
        "platform_backup": {"enabled": True},
        "backup_repositories": [
            {"name": LOCAL, "type": "posix", "path": "/var/backups/steward"},
            describe(regions[FIRST], buckets[FIRST]),
            describe(regions[SECOND], buckets[SECOND], replicates=FIRST),
        ],
        "backup_credentials": access,
        "backup_buckets": [{"repository": name, "profile": f"{name}-{s3.ADMIN}", **guarded} for name in regions],
        "backup_buckets_host": "store",
        "backup_buckets_become": True,
        # Only what is asked for here.
        "backup_schedule": {"profile": "custom", "jobs": {"replication": {}, "figures": {}}},
    }
    folder = tmp_path_factory.mktemp("backup-s3")
    machine = host("backup-s3")
    platform = Platform(machine, ansible_playbook, folder, variables=variables, beside={"store": store})
    platform.site()
    return Backed(platform, store, regions, buckets)


def test_the_buckets_are_guarded_and_a_second_run_changes_nothing(backed: Backed) -> None:
    result = backed.platform.site()
    assert [task.name for task in result.changed] == []
    question = S3 + "answer = server.get_object_lock_configuration(Bucket=bucket)['ObjectLockConfiguration']['Rule']\n"
    for region in backed.regions:
        assert backed.ask(question, region) == {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}


def test_sets_go_into_the_bucket_and_nothing_can_be_read_there(backed: Backed) -> None:
    marker = backed.plant()
    full = backed.steward("full", "--remote", FIRST)
    assert (full["outcome"], backed.places(full["id"])) == ("complete", [LOCAL, FIRST])
    later = backed.plant()
    incremental = backed.steward("incremental", "--remote", FIRST)
    kinds = {part["repository"]: part["kind"] for part in incremental["parts"] if part["part"] == "postgresql"}
    assert kinds == {LOCAL: "incr", FIRST: "incr"}
    secrets = backed.run("cat /etc/steward/backup/restic-password /etc/steward/backup/mac-key").split()
    words = [marker, later, *secrets, "dotmac_isp", "CREATE TABLE"]
    seen = backed.ask(SEARCH, FIRST, words=words)
    assert seen["objects"] > 20
    assert seen["found"] == []
    # It would be found.
    put = S3 + "server.put_object(Bucket=bucket, Key='plain', Body=given['words'][0].encode())\nanswer = 0\n"
    backed.ask(put, FIRST, words=words)
    assert backed.ask(SEARCH, FIRST, words=words)["found"] == ["plain"]
    backed.ask(S3 + "server.delete_object(Bucket=bucket, Key='plain')\nanswer = 0\n", FIRST)
    with backed.restored("--repo=2") as ask:
        assert [ask(count(name)) for name in (marker, later)] == ["1", "1"]


def test_no_key_is_in_arguments_or_in_the_environment(backed: Backed) -> None:
    secrets = [key for region in backed.regions.values() for key in region.keys["backup"]]
    stop = "/run/watched-enough"
    backed.run(["rm", "-f", stop])
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(backed.run, ["python3", "-c", WATCH, stop], input="\n".join(secrets), timeout=600)
        try:
            time.sleep(2)
            backed.steward("config", "--remote", FIRST)
        finally:
            backed.run(["touch", stop])
        assert watching.result().strip() == "['restic ran']"


def test_the_copy_in_the_other_region_is_whole(backed: Backed) -> None:
    marker = backed.plant()
    backed.switch_wal()
    said = backed.steward("sync", "incremental")
    rows = {row["repository"]: row for row in said["repositories"]}
    assert {name: (row["how"], row["error"]) for name, row in rows.items()} == {
        FIRST: ("make", ""),
        SECOND: ("copy", ""),
    }
    made = rows[FIRST]["set"]
    assert backed.places(made) == [FIRST, SECOND]
    for folder in rows[SECOND]["folders"]:
        assert (folder["missing"], folder["report"]["objects"]["failed"]) == ([], 0)
    assert rows[SECOND]["objects"] == backed.ask(COUNT, SECOND) - locks(backed, SECOND)
    assert backed.result("replication")["result"] == "done"
    assert backed.metric('replication_failed{ repository="second"') == 0
    assert backed.metric('replication_objects{ repository="second"') == rows[SECOND]["objects"]
    every = backed.steward("sync", "full")["repositories"][1]
    for folder in every["folders"]:
        there = folder["seen"]["target"]["objects"]
        assert folder["report"]["objects"]["verified"] >= there - folder["report"]["objects"]["copied"]
    assert backed.query(count(marker)) == "1"
    assert "steward-backup-replication.timer" in backed.run("systemctl list-timers --no-legend 'steward-backup-*'")


def locks(backed: Backed, region: str) -> int:
    """restic's locks are its own, in each region."""
    program = S3 + "answer = len([row for row in pages('list_objects_v2', 'Contents') if '/locks/' in row['Key']])\n"
    said = backed.ask(program, region)
    assert isinstance(said, int)
    return said


def test_a_region_that_is_away_is_told_and_takes_nothing_from_the_other(backed: Backed) -> None:
    with backed.regions[FIRST].away():
        marker = backed.plant()
        made = backed.steward("incremental", "--remote", FIRST, expect=4)
        assert made["outcome"] == "partial"
        assert [row["error"].split(":")[0] for row in made["failures"]] == [FIRST]
        assert backed.places(made["id"]) == [LOCAL]
        result = backed.result("incremental")
        assert (result["result"], backed.regions[FIRST].endpoint in result["error"]) == ("warnings", True)
        assert backed.metric('last_set_complete{ type="incremental"') == 0
        segment = backed.switch_wal()
        poll(lambda: backed.has_archived(segment, LOCAL), seconds=120, what="the segment in the local repository")
        waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
        assert int(backed.query(waiting)) >= 1
        failed = backed.steward("sync", "incremental", expect=1)
        assert all(row["error"] for row in failed["repositories"])
        assert backed.result("replication")["result"] == "failed"
        assert backed.metric('last_result{ backup_job="replication"') == 2
        assert backed.metric('replication_failed{ repository="second"') == 1
    began = time.monotonic()
    poll(lambda: backed.has_archived(segment, FIRST), seconds=180, what="the segment in the region that is back")
    print(f"archived {time.monotonic() - began:.0f} s after the region was back")
    backed.pgbackrest("--stanza=main check", timeout=180)
    assert backed.steward("incremental", "--remote", FIRST)["outcome"] == "complete"
    with backed.restored("--repo=2") as ask:
        assert ask(count(marker)) == "1"


def test_a_region_that_breaks_off_in_the_middle(backed: Backed) -> None:
    with backed.regions[FIRST].slow(0.2) as unit, ThreadPoolExecutor(1) as pool:
        running = pool.submit(backed.steward, "full", "--remote", FIRST, expect=4, timeout=1200)
        there = "pgrep -f '[p]gbackrest backup .*--repo=2'"
        poll(lambda: backed.run(there, check=False) != "", seconds=120, what="the backup into the bucket")
        backed.store.run(f"systemctl stop {unit}")
        made = running.result()
    assert made["outcome"] == "partial"
    assert {row["error"].split(":")[0] for row in made["failures"]} == {FIRST}
    assert backed.places(made["id"]) == [LOCAL]
    assert backed.steward("full", "--remote", FIRST)["outcome"] == "complete"


def test_a_slow_region_only_takes_longer(backed: Backed) -> None:
    with backed.regions[FIRST].slow(0.05):
        assert backed.steward("incremental", "--remote", FIRST)["outcome"] == "complete"


def test_wrong_keys_are_told_and_not_shown(backed: Backed) -> None:
    right = backed.run(f"cat {KEYS}")
    secret = backed.regions[FIRST].keys["backup"][1]
    backed.run(f"cat >{KEYS}", input=right.replace(secret, "wrong"))
    try:
        made = backed.steward("config", "--remote", FIRST, expect=4)
    finally:
        backed.run(f"cat >{KEYS}", input=right)
    assert [row["part"] for row in made["failures"]] == ["all parts"]
    assert "SignatureDoesNotMatch" in made["failures"][0]["error"]
    assert backed.places(made["id"]) == [LOCAL]
    assert backed.steward("config", "--remote", FIRST)["outcome"] == "complete"


def test_who_has_the_key_of_the_host_cannot_take_the_past(backed: Backed, ansible_playbook: PlaybookRunner) -> None:
    marker = backed.plant()
    made = backed.steward("full", "--remote", FIRST)
    before = backed.ask(COUNT, FIRST)
    time.sleep(1.1)
    moment = backed.store.run("date -u +%Y-%m-%dT%H:%M:%SZ").stdout.strip()
    time.sleep(1.1)
    # With the key that lies on the host, read as whoever took the host reads it.
    assert backed.regions[FIRST].keys["backup"][1] in backed.run(f"cat {KEYS}")
    attack = backed.ask(ATTACK, FIRST, "backup")
    assert attack["refused"] == ["AccessDenied"]
    assert (attack["deleted"] >= before, attack["left"]) == (True, 0)
    versions = backed.ask(S3 + "answer = len(list(pages('list_object_versions', 'Versions')))\n", FIRST)
    assert versions >= attack["versions"]
    lost = backed.pgbackrest("--stanza=main --repo=2 info", check=False)
    assert "full backup" not in lost
    wish = {"bucket": backed.buckets[FIRST], "moment": moment, "prefix": "dotmac"}
    access = {
        "endpoint": backed.regions[FIRST].direct,
        "ca_file": s3.CA_FILE,
        "credentials_file": ADMINISTRATOR,
        "profile": f"{FIRST}-{s3.ADMIN}",
    }
    task = {"name": "Go back", "become": True, "steward.platform.s3_versions": {**access, **wish}}
    play = {"hosts": "store", "gather_facts": False, "tasks": [task]}
    began = time.monotonic()
    ansible_playbook([play], inventory=str(backed.platform.elsewhere))
    print(f"{before} objects came back in {time.monotonic() - began:.0f} s")
    assert backed.ask(COUNT, FIRST) >= before
    with backed.restored("--repo=2") as ask:
        assert ask(count(marker)) == "1"
    part = next(row for row in made["parts"] if (row["part"], row["repository"]) == ("configuration", FIRST))
    back = backed.run(
        f"set -a; AWS_SHARED_CREDENTIALS_FILE={KEYS}; AWS_PROFILE={FIRST};"
        f" restic -r s3:{backed.regions[FIRST].endpoint}/{backed.buckets[FIRST]}/dotmac/restic/demo"
        " -p /etc/steward/backup/restic-password --cacert /etc/ssl/steward/repositories/first.pem -o"
        f" s3.bucket-lookup=path -o s3.region=us-east-1 dump {part['id']} /etc/steward/backup.json"
    )
    assert json.loads(back)["platform"] == "dotmac"
    assert backed.steward("incremental", "--remote", FIRST)["outcome"] == "complete"


def test_the_first_region_is_gone_for_good(backed: Backed) -> None:
    marker = backed.plant()
    backed.switch_wal()
    backed.steward("sync", "incremental")
    backed.regions[FIRST].stop()
    only = "/etc/pgbackrest/second.conf"
    run_python(backed.platform.machine, ONLY, number=NUMBERS[SECOND], path=only)
    backed.run(f"chgrp postgres {only}; chmod 0640 {only}")
    try:
        with backed.restored(f"--config={only} --repo=1") as ask:
            assert ask(count(marker)) == "1"
    finally:
        backed.run(f"rm {only}")
        backed.regions[FIRST].start()
