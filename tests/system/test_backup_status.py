# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host knows of its backups, on a real one: the command, the module, the timers, and a job that dies."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set import calendar, manifest
from ansible_collections.steward.platform.plugins.module_utils.backup_set.schedule import JOBS, PROFILE_CALENDARS
from ansible_collections.steward.platform.plugins.module_utils.core import clock
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

pytestmark = pytest.mark.long

SETS = 200
STATE, METRICS = "/var/lib/steward/backup", "/var/lib/textfile/steward_backup.prom"
METRIC = 'steward_backup_last_result{platform="dotmac",backup_job="full"} 2'
KEY = secrets.token_hex(32)
CALENDARS = sorted(
    {
        *(job.calendar for job in JOBS.values()),
        *(text for profile in PROFILE_CALENDARS.values() for text in profile.values()),
        *(
            "*-*-* 00/7:15,45",
            "Sat..Sun,Mon *-*-* 03:00",
            "*-02-29 00:00",
            "*-*-31 8..20/4:00:30",
            "Sat,Thu *-10..12-* *:00",
        ),
    }
)
WRITE = """
import json, os, sys
for name, made in json.load(sys.stdin).items():
    with open(os.path.join(sys.argv[1], name + ".json"), "w") as file:
        json.dump(made, file, indent=2, sort_keys=True)
"""
# The program prints its own time, so that the way to the host is not measured.
UNITS = {
    "hosts": "all",
    "gather_facts": False,
    "tasks": [
        {
            "name": "Run the jobs",
            "ansible.builtin.include_role": {"name": "steward.platform.common", "tasks_from": "systemd_unit"},
            "vars": {
                "units": "{{ backup | steward.platform.backup_units }}",
                "common_unit_files": "{{ units.files }}",
                "common_unit_enabled": "{{ units.timers }}",
                "common_unit_started": "{{ units.timers }}",
                "common_unit_stopped": "{{ units.stopped }}",
            },
        },
        {"name": "Read the sets", "steward.platform.backup_set_info": {}},
    ],
}


def configuration(name: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "platform": "dotmac",
        "host": name,
        "repositories": [{"name": "main", "type": "posix", "path": "/var/backups/steward"}],
        "configuration": {"paths": ["/etc"]},
        "metrics": str(Path(METRICS).parent),
    }


def sealed(number: int, name: str) -> manifest.Manifest:
    """One of many sets; number 0 is the newest."""
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=number)
    part = {"part": "configuration", "engine": "restic", "version": "0.18.0", "repository": "main", "kind": "snapshot"}
    figures = {"id": f"{number:064x}", "seconds": 1.0, "size": 1000, "added": 10, "files": 5, "details": {}}
    moments = {"started": clock.to_text(begun), "finished": clock.to_text(begun + timedelta(seconds=1))}
    head = {"schema": 1, "id": clock.to_identifier(begun), "type": "config", "platform": "dotmac", "host": name}
    rest = {"label": "", "steward": "0.1.0", "seconds": 1.0, "keep_until": None, "repositories": ["main"]}
    outcome = {"outcome": "complete", "wanted": ["configuration"], "failures": [], "warnings": [], "envelope": []}
    document = {**head, **rest, **outcome, **moments, "versions": {"restic": "0.18.0"}}
    return manifest.seal({**document, "parts": [{**part, **figures, **moments}]}, KEY.encode())


@pytest.fixture(scope="module")
def store(host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Machine:
    """A host with the program, a configuration, a key and many sets."""
    machine = host("sets")
    machine.run(f"rm -rf {STATE} /etc/steward/backup /etc/steward/backup.json /var/log/steward")
    model = {
        "name": "dotmac",
        "environment": "demo",
        "domains": ["dotmac.test"],
        "paths": {"current": "/opt/dotmac/current"},
        "groups": {},
        "hosts": {machine.name: {"private_address": machine.private_ipv4, "groups": []}},
        **{name: [] for name in ("redis", "databases", "services")},
    }
    hosts = inventory({"all": [machine]}, {"platform": model})
    ansible_playbook(
        [{"hosts": "all", "gather_facts": False, "roles": ["steward.platform.host_agent"]}], inventory=hosts
    )
    machine.run(f"install -d -m 0700 /etc/steward/backup {STATE} {STATE}/sets && install -d {Path(METRICS).parent}")
    machine.run("umask 077 && cat >/etc/steward/backup/mac-key", input=KEY)
    machine.run("cat >/etc/steward/backup.json", input=json.dumps(configuration(machine.name)))
    many = {made["id"]: made for made in (sealed(number, machine.name) for number in range(SETS))}
    machine.run(["python3", "-c", WRITE, f"{STATE}/sets"], input=json.dumps(many))
    return machine


def steward(machine: Machine, *words: str, expect: int = 0) -> Any:
    done = machine.run(["steward", "backup", *words], check=False)
    assert (done.returncode, done.stderr) == (expect, ""), done.stdout
    return json.loads(done.stdout) if done.stdout else None


def test_the_list_has_every_set_and_refuses_one_that_was_changed(store: Machine) -> None:
    said = steward(store, "list", "--json")
    assert len(said["sets"]) == SETS
    assert {row["state"] for row in said["sets"]} == {"published"}
    victim = f"{STATE}/sets/{said['sets'][3]['id']}.json"
    before = store.run(["cat", victim]).stdout
    store.run(["sed", "-i", 's/"size": 1000/"size": 9999/', victim])
    try:
        row = steward(store, "list", "--json")["sets"][3]
        assert row["state"] == "refused"
        assert row["missing"] == [f"the manifest of the set {row['id']} was changed, or sealed with another key"]
        assert steward(store, "status", "--json", expect=1)["verdict"] == "fail"
    finally:
        store.run(["tee", victim], input=before)


def test_bad_input_is_refused_in_one_line(store: Machine) -> None:
    done = store.run(["steward", "backup", "list", "--type", "ful"], check=False)
    assert (done.returncode, done.stderr) == (2, "steward: --type 'ful' is unknown, did you mean full?\n")
    store.run("cp /etc/steward/backup.json /run/kept && sed -i s/posix/gcs/ /etc/steward/backup.json")
    try:
        done = store.run(["steward", "backup", "status"], check=False)
    finally:
        store.run("cp /run/kept /etc/steward/backup.json")
    assert done.returncode == 2
    assert "repositories[0] (main).type is 'gcs', allowed is one of: posix, s3, sftp" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def timers(store: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> PlayResult:
    """The host has its timers; what the second run says."""
    hosts = inventory({"all": [store]}, {"backup": configuration(store.name)})
    ansible_playbook([UNITS], inventory=hosts)
    return ansible_playbook([UNITS], inventory=hosts)


def test_the_timers_wait_and_a_second_run_changes_nothing(timers: PlayResult, store: Machine) -> None:
    assert timers.changed == ()
    listed = store.run("systemctl list-timers --all --output=json 'steward-backup-*'").stdout
    waiting = {row["unit"]: row["next"] for row in json.loads(listed)}
    # One repository and no database here.
    jobs = [name for name in JOBS if name not in ("schema", "replication", "dr_test", "drill")]
    assert sorted(waiting) == sorted(f"steward-backup-{name}.timer" for name in jobs)
    assert all(waiting.values())


def test_the_module_reads_the_same_as_the_command(timers: PlayResult, store: Machine) -> None:
    assert timers.result("Read the sets")["sets"] == steward(store, "list", "--json")["sets"]


def test_a_job_that_is_killed_is_recorded_and_the_alarm_is_set(timers: PlayResult, store: Machine) -> None:
    folder = "/run/systemd/system/steward-backup-full.service.d"
    change = "[Service]\nExecStart=\nExecStart=/bin/sleep 60\nTimeoutStartSec=1\n"
    store.run(f"mkdir -p {folder} && cat >{folder}/hang.conf && systemctl daemon-reload", input=change)
    try:
        store.run("systemctl start steward-backup-full.service", check=False)
        poll(lambda: METRIC in store.run(f"cat {METRICS}", check=False).stdout, seconds=20, what="the alarm")
    finally:
        store.run(f"rm -r {folder}; systemctl daemon-reload; systemctl reset-failed 'steward-backup-*'")
    result = json.loads(store.run(f"cat {STATE}/results/full.json").stdout)
    assert (result["result"], result["success"]) == ("failed", None)
    assert result["error"].startswith("the job ended without a word: timeout")
    assert json.loads(store.run("tail -n 1 /var/log/steward/backups.jsonl").stdout)["error"] == result["error"]
    assert store.run(f"stat -c %a {STATE} {STATE}/results/full.json {METRICS}").stdout.split() == ["700", "600", "644"]


@pytest.mark.parametrize("text", CALENDARS)
def test_systemd_reads_a_calendar_as_we_do(store: Machine, text: str) -> None:
    base = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)
    last = calendar.previous(calendar.parse(text), base, UTC)
    # From just before the time that we found, systemd's next one is that.
    before = (last - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S UTC")
    said = store.run(["env", "TZ=UTC", "systemd-analyze", "calendar", f"--base-time={before}", text]).stdout
    assert f"Next elapse: {last:%a %Y-%m-%d %H:%M:%S} UTC" in said
    # And from there on none before the moment we asked for.
    after = last.strftime("%Y-%m-%d %H:%M:%S UTC")
    said = store.run(["env", "TZ=UTC", "systemd-analyze", "calendar", f"--base-time={after}", text]).stdout
    following = next(line.partition(": ")[2] for line in said.splitlines() if "Next elapse" in line)
    assert datetime.strptime(f"{following} +0000", "%a %Y-%m-%d %H:%M:%S UTC %z") > base
