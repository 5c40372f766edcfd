# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pgBackRest with a real PostgreSQL: what is made, what is found missing, what is refused, what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import Service, call_client, make_model, prepare
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

DATA = "/var/lib/postgresql/17/main"
COPY = "/var/lib/postgresql/copy"
ETC = "/etc/postgresql/17/main"
UNIT = "postgresql@17-main"
CONFIGURATION = "/etc/pgbackrest/pgbackrest.conf"
PASSPHRASES = {name: f"passphrase-of-{name}-0123456789" for name in ("one", "two")}
REPOSITORIES = [
    {"name": name, "type": "posix", "path": f"/var/backups/{name}", "cipher_pass": passphrase}
    for name, passphrase in PASSPHRASES.items()
]
WEEK = 7 * 86400
MARKER = "planted-row-that-nobody-may-read"

CONFIGURE = [
    {
        "name": "Install",
        "ansible.builtin.include_role": {"name": "steward.platform.common", "tasks_from": "packages"},
        "vars": {"common_packages": ["pgbackrest"]},
    },
    {
        "name": "Configure",
        "steward.platform.config_set": {
            "directories": "{{ [{'path': '/var/backups/one'}, {'path': '/var/backups/two'}] + wanted.directories }}",
            "files": "{{ wanted.files }}",
        },
        "vars": {
            "wanted": "{{ repositories | steward.platform.pgbackrest_configuration("
            f"version='2.55.1', cpus=2, data_directory='{DATA}') }}}}"
        },
    },
]
CREATE = [{"name": "Create", "steward.platform.pgbackrest_stanza": {}}]


class Stage:
    """A host with PostgreSQL whose WAL goes to two encrypted repositories."""

    def __init__(self, host: Machine, service: Service) -> None:
        self.host, self.service = host, service

    def tasks(self, *tasks: Mapping[str, Any], **given: Any) -> PlayResult:
        return self.service.tasks(tasks=list(tasks), **given)

    def call(self, module: str, expect: int = 0, **options: Any) -> Mapping[str, Any]:
        """The result of one module, which fails when ``expect`` says so."""
        check = options.pop("check", False)
        task = {"name": "Call", f"steward.platform.pgbackrest_{module}": options}
        # The events hold a difference only from this verbosity on.
        done = self.tasks(task, expect=expect, check=check, diff=True, options=["-vvv"])
        for passphrase in PASSPHRASES.values():
            assert passphrase not in done.output
        return done.task("Call").result

    def client(self, call: str) -> Any:
        """What our client returns, called on the host without Ansible, as the host's own program does."""
        return call_client(self.host, "pgbackrest", call)

    def sql(self, statement: str, port: int = 5432) -> str:
        argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-p", str(port), "-c", statement]
        return self.host.run(argv).stdout.strip()

    def pgbackrest(self, *words: str, check: bool = True) -> str:
        """The engine itself, asked past us."""
        return self.host.run(
            ["runuser", "-u", "postgres", "--", "pgbackrest", "--stanza=main", *words], check=check
        ).stdout

    def engine_info(self) -> Mapping[str, Any]:
        found: list[Mapping[str, Any]] = json.loads(self.pgbackrest("info", "--output=json"))
        return found[0]

    def start_copy(self) -> None:
        """Start what was restored, on another port, with Debian's files of the live cluster."""
        settings = f"-c port=5544 -c config_file={ETC}/postgresql.conf -c data_directory={COPY} -c external_pid_file="
        settings += f" -c hba_file={ETC}/pg_hba.conf -c listen_addresses="
        start = f"/usr/lib/postgresql/17/bin/pg_ctl -D {COPY} -w -t 60 -l /tmp/copy.log -o '{settings}' start"
        self.host.run(f"cd / && runuser -u postgres -- {start}")
        poll(lambda: self.sql("SELECT pg_is_in_recovery()", 5544) == "f", seconds=30, what="the copy's promotion")

    def remove_copy(self) -> None:
        stop = f"runuser -u postgres -- /usr/lib/postgresql/17/bin/pg_ctl -D {COPY} -m immediate stop"
        self.host.run(f"cd /; {stop} >/dev/null 2>&1; rm -rf {COPY} {COPY}.tablespaces {COPY}.spool", check=False)

    def findings(self, **options: Any) -> dict[str, str]:
        given = ", ".join(f"{name}={value!r}" for name, value in options.items())
        return {row["name"]: row["status"] for row in self.client(f"read_report({given})")["findings"]}


@pytest.fixture(scope="module")
def stage(
    host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner
) -> Iterator[Stage]:
    data = prepare(host("data"))
    variables = {
        "platform": make_model(data),
        "postgresql_credentials": {},
        "postgresql_settings": "{{ 300 | steward.platform.pgbackrest_settings }}",
        "repositories": REPOSITORIES,
    }
    service = Service("postgresql", ansible_playbook, inventory({"database": [data], "secrets": [data]}), variables)
    service.play(["pki"])
    stage = Stage(data, service)
    # A host that was kept begins with empty repositories, too.
    data.run("rm -rf /var/backups/one /var/backups/two")
    stage.tasks(*CONFIGURE)
    yield stage
    # Others look at this host's databases, too.
    stage.sql("DROP DATABASE IF EXISTS counted")


@pytest.fixture
def copy(stage: Stage) -> Iterator[None]:
    """For tests that restore a copy: none is there before, and none afterwards."""
    stage.remove_copy()
    yield
    stage.remove_copy()


def test_the_stanza_is_made_once_and_the_configuration_shows_no_key(stage: Stage) -> None:
    predicted = stage.call("stanza", check=True)
    assert stage.engine_info()["status"]["code"] == 1
    made = stage.call("stanza")
    assert (made["changed"], made["diff"]) == (True, predicted["diff"])
    result = stage.tasks(*CONFIGURE, *CREATE, diff=True, options=["-vvv"])
    assert [task.name for task in result.changed] == []
    assert not any(passphrase in result.output for passphrase in PASSPHRASES.values())
    assert stage.host.run(["stat", "-c", "%a %U:%G", CONFIGURATION]).stdout.strip() == "640 root:postgres"
    info = stage.engine_info()
    assert {row["key"]: row["cipher"] for row in info["repo"]} == {1: "aes-256-cbc", 2: "aes-256-cbc"}
    system = stage.sql("SELECT system_identifier FROM pg_control_system()")
    assert {str(row["system-id"]) for row in info["db"]} == {system}


def test_a_backup_is_made_when_none_is_young_enough(stage: Stage) -> None:
    stage.sql("DROP DATABASE IF EXISTS counted")
    stage.sql("CREATE DATABASE counted")
    table = "CREATE TABLE t AS SELECT generate_series(1, 5000); ANALYZE t"
    stage.host.run(["runuser", "-u", "postgres", "--", "psql", "-Xqd", "counted", "-c", table])
    wish = {"type": "full", "max_age": 1, "annotations": {"steward-set": "20241225_143000"}}
    predicted = stage.call("backup", check=True, **wish)
    before = stage.engine_info()["backup"]
    made = stage.call("backup", **wish)
    assert predicted["changed"]
    assert predicted["diff"] == made["diff"]
    part, backups = made["made"], stage.engine_info()["backup"]
    assert [row["label"] for row in backups if row not in before] == [part["id"]]
    newest = next(row for row in backups if row["label"] == part["id"])
    assert newest["annotation"] == {"steward-set": "20241225_143000"}
    assert (part["kind"], part["version"], part["size"]) == ("full", "2.55.1", newest["info"]["size"])
    databases = {row["name"]: row for row in part["details"]["databases"]}
    assert (databases["counted"]["tables"], databases["counted"]["rows"]) == (1, 5000)
    assert stage.call("backup", type="full", max_age=WEEK)["changed"] is False
    assert stage.call("backup", type="incr", max_age=WEEK)["changed"] is False
    assert stage.call("backup", type="incr")["made"]["kind"] == "incr"
    assert stage.call("backup", type="full", max_age=WEEK, repo=2)["changed"] is True
    report = stage.call("info")
    assert {row["status"] for row in report["findings"]} == {"pass"}
    assert report["repositories"][0]["wal_gaps"] == []
    assert report["repositories"][0]["newest_restorable"]["backup"] == stage.engine_info()["backup"][-2]["label"]


def test_without_the_key_nobody_finds_a_planted_row(stage: Stage) -> None:
    stage.sql(f"CREATE TABLE IF NOT EXISTS planted AS SELECT '{MARKER}' || n AS what FROM generate_series(1, 2000) n")
    stage.sql("CHECKPOINT")
    stage.client("backup()")
    stage.client("backup(repo=2)")
    # Where it must be found, so that looking for it means something.
    assert stage.host.run(["grep", "-rlq", MARKER, f"{DATA}/base"]).returncode == 0
    # Compressed text would not be found either: so no file may begin as one that is only compressed.
    look = f"grep -rl {MARKER} /var/backups; find /var/backups -type f -exec sh -c "
    look += '\'zstd -dcq <"$1" 2>/dev/null | grep -q . && echo "$1"\' - {} \\;'
    stage.host.run("command -v zstd >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qy zstd", timeout=300)
    assert stage.host.run(look, check=False).stdout == ""
    assert int(stage.host.run("find /var/backups -name '*.zst' -type f | wc -l").stdout) > 4


def test_a_copy_comes_back_at_a_named_moment_beside_the_live_one(stage: Stage, copy: None) -> None:
    stage.sql("CREATE TABLE IF NOT EXISTS markers (what text)")
    stage.sql("TRUNCATE markers")
    stage.sql("INSERT INTO markers VALUES ('before')")
    point = stage.client(f"create_restore_point(name='point-{stage.sql('SELECT now()')[11:19]}')")
    stage.sql("INSERT INTO markers VALUES ('after')")
    wish = {"path": COPY, "target_type": "name", "target": point["name"]}
    predicted = stage.call("restore", check=True, **wish)
    assert stage.host.run(["ls", COPY], check=False).returncode != 0
    done = stage.call("restore", **wish)
    assert predicted["diff"] == done["diff"]
    assert sorted(done["restored"]["paths"]) == [COPY, f"{COPY}.spool", f"{COPY}.tablespaces"]
    assert "is not empty" in stage.call("restore", expect=2, **wish)["msg"]
    stage.start_copy()
    assert stage.sql("SELECT what FROM markers", 5544) == "before"
    assert stage.sql("SHOW archive_mode", 5544) == "off"
    assert stage.sql("SELECT what FROM markers ORDER BY what") == "after\nbefore"
    assert "a server runs" in stage.call("restore", expect=2, delta=True, confirm=COPY, **wish)["msg"]


def test_a_copy_of_everything_has_what_came_after_the_backup(stage: Stage, copy: None) -> None:
    stage.sql("CREATE TABLE IF NOT EXISTS later (n int)")
    stage.sql("TRUNCATE later")
    stage.sql("INSERT INTO later SELECT generate_series(1, 10000)")
    stage.client("check()")
    stage.client(f"restore(path={COPY!r}, repo=2)")
    stage.start_copy()
    assert stage.sql("SELECT count(*) FROM later", 5544) == "10000"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("the live cluster", {"path": DATA}, "in which a server runs"),
    ("the live cluster, confirmed", {"path": DATA, "delta": True, "confirm": DATA}, "in which a server runs"),
    ("around the live cluster", {"path": "/var/lib/postgresql"}, "none in or around"),
    ("within the live cluster", {"path": f"{DATA}/copy"}, "none in or around"),
    ("something nobody confirmed", {"path": "/var/backups", "delta": True}, "confirm is ''"),
    ("no directory to make it in", {"path": "/nowhere/copy"}, "a path in a directory that exists"),
    ("no moment", {"path": COPY, "target_type": "time", "target": "yesterday"}, "with its zone"),
    ("no label", {"path": COPY, "label": "newest"}, "label is 'newest'"),
    ("a backup that is not there", {"path": COPY, "label": "20200101-000000F"}, "20200101-000000F is not valid"),
    ("the past of any repository", {"path": COPY, "at": "2024-12-25T14:30:00Z"}, "repo is missing"),
    ("the past of one that keeps none", {"path": COPY, "at": "2024-12-25T14:30:00Z", "repo": 1}, "is of type posix"),
]


def test_what_a_restore_refuses(stage: Stage, copy: None) -> None:
    started = stage.sql("SELECT pg_postmaster_start_time()")
    tasks = [
        {
            "name": name,
            "steward.platform.pgbackrest_restore": options,
            "register": "it",
            "failed_when": "it is not failed",
        }
        for name, options, _message in REFUSED
    ]
    result = stage.tasks(*tasks)
    for name, _options, message in REFUSED:
        assert message in result.result(name)["msg"], name
    assert stage.host.run(f"ls -d {COPY}*", check=False).stdout == ""
    assert stage.sql("SELECT pg_postmaster_start_time()") == started


def test_a_repository_cannot_be_read_with_another_key(stage: Stage) -> None:
    other = [REPOSITORIES[0], {**REPOSITORIES[1], "cipher_pass": "another-passphrase-0123456789"}]
    try:
        stage.tasks(*CONFIGURE, variables={"repositories": other})
        refused = stage.call("stanza", expect=2)
        assert "repository 2 cannot be read with the key" in refused["msg"]
        assert "cannot be read with the key" in stage.call("backup", expect=2, repo=2)["msg"]
        assert stage.findings() == {"repository-1": "pass", "repository-2": "fail", "archiver": "pass"}
    finally:
        stage.tasks(*CONFIGURE)
    assert stage.findings()["repository-2"] == "pass"


def test_a_missing_segment_is_found_though_the_engine_is_content(stage: Stage) -> None:
    stage.client("check()")
    lost = stage.sql("SELECT pg_walfile_name(pg_current_wal_lsn())")
    for number in range(3):
        stage.sql(f"CREATE TABLE lost_{number} (n int)")
        stage.client("check()")
    stage.host.run(f"rm /var/backups/one/pgbackrest/archive/main/17-1/*/{lost}-*")
    assert stage.client("verify(repo=1).good") is True
    assert {row["status"]["code"] for row in stage.engine_info()["repo"]} == {0}
    one, two = stage.call("info")["repositories"]
    assert [(gap["first"], gap["count"], gap["verdict"]) for gap in one["wal_gaps"]] == [(lost, 1, "breaking")]
    assert (one["wal_broken"], two["wal_broken"], two["wal_gaps"]) == (True, False, [])
    assert one["newest_restorable"]["segment"] < lost < two["newest_restorable"]["segment"]
    assert stage.findings() == {
        "repository-1": "pass", "repository-1-wal": "fail", "repository-2": "pass", "archiver": "pass"
    }  # fmt: skip
    healing = stage.client("backup(kind='full')")["id"]
    one = stage.client("read_report(repo=1)")["repositories"][0]
    assert [(gap["verdict"], gap["healed_by"]) for gap in one["wal_gaps"]] == [("healed", healing)]
    assert one["newest_restorable"]["segment"] > lost
    assert stage.findings(repo=1)["repository-1-wal"] == "warn"
    for number in range(3):
        stage.sql(f"DROP TABLE lost_{number}")


def test_archiving_that_goes_nowhere_is_seen(stage: Stage) -> None:
    try:
        stage.sql("ALTER SYSTEM SET archive_command = '/bin/false'")
        stage.sql("SELECT pg_reload_conf()")
        stage.sql("CREATE TABLE nowhere (n int)")
        stage.sql("SELECT pg_switch_wal()")
        failed = "SELECT last_failed_time > last_archived_time FROM pg_stat_archiver"
        poll(lambda: stage.sql(failed) == "t", seconds=60, what="a failure of archiving")
        report = stage.client("read_report()")
        assert report["archiver"]["failing"] is True
        assert "'/bin/false', which does not push" in report["archiver"]["defect"]
        assert stage.findings()["archiver"] == "fail"
        with pytest.raises(AssertionError, match="would be of no use: archive_command is '/bin/false'"):
            stage.client("create_restore_point(name='useless')")
    finally:
        stage.sql("ALTER SYSTEM RESET archive_command")
        stage.sql("SELECT pg_reload_conf()")
        stage.sql("DROP TABLE IF EXISTS nowhere")
    stage.client("check()")
    assert stage.findings()["archiver"] == "pass"


def test_expiry_keeps_what_kept_backups_need(stage: Stage) -> None:
    percents = stage.client("backup(kind='full', repo=2, progress=(told := []).append) and told")
    assert len(percents) > 100
    assert max(percents) == 100
    needed = stage.client("backup(kind='full', repo=2)")["id"]
    kept = stage.client("backup(repo=2)")["id"]
    newest = stage.client("backup(kind='full', repo=2)")["id"]
    done = stage.client(f"expire(keep=['{kept}'], repo=2)")
    assert done["kept_for"] == {needed: kept, newest: "the next incremental backup"}
    info = json.loads(stage.pgbackrest("info", "--output=json", "--repo=2"))[0]
    assert [row["label"] for row in info["backup"]] == [needed, kept, newest]
    # The WAL before the oldest backup is gone, all that came since is there.
    assert info["archive"][0]["min"] == info["backup"][0]["archive"]["start"]
    assert stage.client("read_report(repo=2)")["repositories"][0]["wal_gaps"] == []


def test_the_cluster_itself_goes_back_to_a_moment(stage: Stage) -> None:
    stage.client("backup()")
    stage.sql("CREATE TABLE IF NOT EXISTS undone (n int)")
    point = stage.client(f"create_restore_point(name='undo-{stage.sql('SELECT now()')[11:19]}')")
    stage.sql("DROP TABLE undone")
    stage.client("check()")
    stage.host.run(["systemctl", "stop", UNIT])
    wish = {"path": DATA, "delta": True, "archive_mode": "preserve", "target_type": "lsn", "target": point["lsn"]}
    assert f"confirm is '', allowed is: {DATA}" in stage.call("restore", expect=2, **wish)["msg"]
    assert stage.call("restore", confirm=DATA, **wish)["restored"]["paths"] == [DATA]
    stage.host.run(["systemctl", "start", UNIT])
    poll(lambda: stage.sql("SELECT pg_is_in_recovery()") == "f", seconds=30, what="the cluster's promotion")
    assert stage.sql("SELECT count(*) FROM undone") == "0"
    stage.client("check()")
    one, two = stage.client("read_report()")["repositories"]
    assert {row["newest_restorable"]["timeline"] for row in (one, two)} == {point["timeline"] + 1}
    assert not one["wal_broken"]
    assert not two["wal_broken"]
    assert stage.client("backup(kind='full')")["details"]["timeline"] == point["timeline"] + 1
