# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set import manifest
from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import Stored
from ansible_collections.steward.platform.plugins.module_utils.backup_set.making import plan
from ansible_collections.steward.platform.plugins.module_utils.backup_set.manifest import Head
from ansible_collections.steward.platform.plugins.module_utils.backup_set.model import Wanted
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.model import Backup
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.report import Archiver
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.wal import Continuity, Gap, Reach
from ansible_collections.steward.platform.plugins.module_utils.restic.model import (
    Repository,
    Snapshot,
    build_repository,
)

NOW = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)
NOON = datetime(2024, 12, 25, 12, tzinfo=UTC)
WAL = "00000001000000000000000A"
HEAD = Head("20241225_143000", "full", "shop", "db1", "0.1.0", NOW, ("local",), ())
ROW = {"name": "local", "type": "sftp", "path": "/srv", "host": "store", "port": 22, "user": "steward",
       "key_file": "/etc/steward/backup/key", "known_hosts_file": "/etc/steward/backup/hosts", "encrypted": True,
       "retention": {"days": 7}, "endpoint": None}  # fmt: skip


def test_a_repository_is_told_to_restic_in_its_words() -> None:
    told = plan.restic_description(ROW)
    assert told["identity_file"] == "/etc/steward/backup/key"
    assert not {"key_file", "encrypted", "retention"} & told.keys()
    assert build_repository(told, host="db1").url == "sftp://steward@store:22//srv/restic/db1"


def test_a_bucket_is_told_to_s3_in_its_words() -> None:
    row = {"name": "second", "endpoint": "s3.example.org", "region": "eu", "bucket": "b", "path": "/shop/",
           "profile": None, "ca_file": None}  # fmt: skip
    told = plan.s3_description(row)
    assert (told["endpoint"], told["prefix"], told["profile"]) == ("https://s3.example.org", "shop", "second")
    assert plan.s3_description({**row, "profile": "far"})["profile"] == "far"


def test_a_snapshot_is_marked_with_its_set() -> None:
    assert plan.tags(HEAD, "logs") == {"set": "20241225_143000", "part": "logs", "platform": "shop"}


def test_what_another_engine_made_and_restic_keeps_has_the_figures_of_both() -> None:
    stored = {"part": "redis-queue", "engine": "restic", "version": "0.18.0", "kind": "snapshot", "id": "abc",
              "started": "2024-12-25T14:30:05Z", "seconds": 0.5, "size": 9, "details": {"paths": ["/x"]}}  # fmt: skip
    made = {"engine": "redis", "version": "8.0.2", "kind": "snapshot", "started": "2024-12-25T14:30:00Z",
            "seconds": 1.25, "id": "/x", "size": 9, "details": {"keys": 3}}  # fmt: skip
    part = plan.of_engine(stored, made)
    assert (part["engine"], part["version"], part["id"]) == ("redis", "8.0.2", "abc")
    assert (part["seconds"], part["started"]) == (1.75, "2024-12-25T14:30:00Z")
    assert part["details"] == {"paths": ["/x"], "keys": 3}


@pytest.mark.parametrize(
    ("part", "had", "expected"),
    [
        ("application_data", [], True),
        ("application_data", ["logs"], True),
        ("application_data", ["application_data"], False),
        ("configuration", [], False),
    ],
)
def test_nothing_may_be_there_of_some_parts_until_there_was_something(
    part: str, had: list[str], expected: bool
) -> None:
    known = [{"parts": [{"part": name} for name in had]}]
    assert plan.may_lack(Wanted(part, part, "restic", "snapshot"), known) is expected


def test_a_part_of_which_there_is_nothing_yet_is_not_wanted_but_told() -> None:
    files, logs = (Wanted(name, name, "restic", "snapshot") for name in ("application_data", "logs"))
    head = plan.without(replace(HEAD, wanted=(files, logs)), [files])
    assert head.wanted == (logs,)
    assert head.warnings == ("application_data: nothing is there yet at any of its paths",)


def test_what_an_engine_could_not_read_is_a_warning_with_its_part() -> None:
    results = [{"part": "logs", "details": {"warnings": ["a is gone"]}}, {"part": "configuration", "details": {}}]
    assert plan.engine_warnings(results) == ["logs: a is gone"]


def test_failures_come_before_other_warnings() -> None:
    made = {"failures": [{"part": "openbao", "error": "it is sealed"}], "warnings": ["logs: a is gone"]}
    assert manifest.warnings_of(made) == ["openbao: it is sealed", "logs: a is gone"]


def test_snapshots_and_backups_come_into_the_catalogue_with_their_marks() -> None:
    snapshot = Snapshot("abc", NOW, "db1", ("/etc",), ("set=20241225_143000", "part=configuration"), 10, 5, 1)
    foreign = Snapshot("def", NOW, "db1", ("/etc",), ("by-hand",), 10, 5, 1)
    assert plan.stored_snapshots("local", [snapshot, foreign]) == [
        Stored("local", "abc", "20241225_143000", "configuration", "2024-12-25T14:30:00Z"),
        Stored("local", "def", "", "", "2024-12-25T14:30:00Z"),
    ]
    backup = Backup("20241225-120000F_20241225-143000I", "incr", NOON, NOW, WAL, WAL, "0/A000028", "0/A000100", 9, 5, 1,
                    references=("20241225-120000F",), annotations={"steward-set": "20241225_143000"})  # fmt: skip
    (row,) = plan.stored_backups("local", [backup])
    assert (row.set, row.part, row.needs) == ("20241225_143000", "postgresql", ("20241225-120000F",))


REACH = Reach(WAL, 1, NOON, "20241225-120000F")


@pytest.mark.parametrize(
    ("archiver", "idle", "caught_up"),
    [
        (Archiver(last_archived=WAL), True, True),
        (Archiver(last_archived=WAL), False, False),
        (Archiver(last_archived=WAL, waiting=1), True, False),
        (Archiver(last_archived="00000001000000000000000B"), True, False),
    ],
    ids=["nothing written since", "written since", "segments wait", "the repository lacks the last one"],
)
def test_recovery_comes_to_the_present_only_when_all_is_archived(
    archiver: Archiver, idle: bool, caught_up: bool
) -> None:
    state = plan.wal_state(Continuity(newest=REACH), archiver, idle=idle, now=NOW)
    assert state["caught_up"] is caught_up
    assert (state["checked"], state["newest"], state["error"]) == ("2024-12-25T14:30:00Z", "2024-12-25T12:00:00Z", "")


def test_gaps_and_failures_of_the_archive_are_kept() -> None:
    gap = Gap(WAL, WAL, 1, "breaking", NOON)
    failing = Archiver(last_failed=WAL, last_failed_at=NOW)
    state = plan.wal_state(Continuity((gap,), ("20241225-120000F",)), failing, idle=True, now=NOW)
    assert state["gaps"] == [{"first": WAL, "last": WAL, "verdict": "breaking", "healed_by": ""}]
    assert (state["unusable"], state["newest"], state["caught_up"]) == (["20241225-120000F"], None, False)
    assert state["error"] == f"{WAL} could not be archived"
    defect = Archiver(defect="archive_mode is off, so nothing is archived")
    assert plan.wal_state(Continuity(), defect, idle=True, now=NOW)["error"] == defect.defect


def test_only_repositories_that_are_missing_are_made() -> None:
    here, missing = Repository("local", "/l", "/p"), Repository("second", "/s", "/p")
    planned = plan.plan_repositories([(here, True), (missing, False)])
    assert [(each.subject, each.data) for each in planned.changes] == [("/s", {"repository": "second"})]
    assert planned.facts == {"repositories": {"local": "/l", "second": "/s"}}
