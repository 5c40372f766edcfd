# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import report
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.model import Backup, RepositoryState
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.wal import (
    BREAKING,
    HEALED,
    UNNEEDED,
    Continuity,
    Gap,
    Reach,
)

NOW = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)
BACKUP = Backup(
    "20241225-143000F", "full", NOW, NOW + timedelta(seconds=4), "000000020000000000000002", "000000020000000000000003",
    "0/2000028", "0/3000088", 100, 10, 1, version="2.55.1",
)  # fmt: skip
ROW = RepositoryState(1, 0, "ok", "aes-256-cbc", {1: (7, "17")}, {1: "17-1"}, (BACKUP,))
REACH = Reach("000000020000000000000007", 2, NOW, BACKUP.label)
GOOD = Continuity(newest=REACH)
SERVER = {"mode": "on", "command": "pgbackrest --stanza=main archive-push %p"}


def gap(verdict, before=NOW, healed_by=""):
    return Gap("000000020000000000000004", "000000020000000000000005", 2, verdict, before, healed_by)


def judged(row, continuity):
    return [(found.name, found.status) for found in report.judge(row, continuity)]


def test_a_good_repository():
    (found,) = report.judge(ROW, GOOD)
    assert (found.status, found.message) == (
        "pass", "1 backups, recovery comes to 2024-12-25T14:30:00Z (000000020000000000000007)"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "status", "message"),
    [
        pytest.param(BREAKING, "fail", "nothing after 2024-12-25T14:30:00Z can be recovered", id="it stops recovery"),
        pytest.param(HEALED, "warn", "can be recovered until X ended", id="made good"),
    ],
)
def test_gaps(verdict, status, message):
    found = report.judge(ROW, Continuity((gap(verdict, healed_by="X"),), newest=REACH))
    assert [row.status for row in found] == ["pass", status]
    assert message in found[1].message
    assert found[1].message.startswith("2 WAL segments are missing, 000000020000000000000004 to")


def test_gaps_that_say_no_more():
    assert "missing" not in str(report.judge(ROW, Continuity((gap(UNNEEDED),), newest=REACH)))
    (_first, found) = report.judge(ROW, Continuity((gap(BREAKING, before=None),), newest=REACH))
    assert found.message.endswith("nothing can be recovered")


def test_backups_that_cannot_be_relied_on():
    assert judged(ROW, Continuity(unusable=("X",), newest=REACH)) == [("repository-1", "warn")]
    assert judged(ROW, Continuity(unusable=("X",))) == [("repository-1", "fail")]


@pytest.mark.parametrize(("code", "message"), [(1, "has no stanza"), (99, "cannot be read: ok")], ids=str)
def test_a_repository_without_a_stanza_or_an_answer(code, message):
    (found,) = report.judge(RepositoryState(1, code, "ok", "none"), Continuity())
    assert found.status == "fail"
    assert message in found.message


@pytest.mark.parametrize(
    ("archived", "failed", "failing"),
    [(None, None, False), (0, None, False), (None, 0, True), (0, 1, True), (1, 0, False)],
    ids=str,
)
def test_whether_archiving_fails(archived, failed, failing):
    moments = [None if hours is None else NOW + timedelta(hours=hours) for hours in (archived, failed)]
    said = report.build_archiver({**SERVER, "last_archived_time": moments[0], "last_failed_time": moments[1]}, "main")
    assert said.failing is failing
    assert report.judge_archiver(said).status == ("fail" if failing else "pass")


@pytest.mark.parametrize(
    ("changed", "defect"),
    [
        pytest.param({"mode": "off"}, "archive_mode is off", id="off"),
        pytest.param({"command": "/bin/false"}, "archive_command is '/bin/false'", id="a command that does nothing"),
        pytest.param({"command": "pgbackrest --stanza=main2 archive-push %p"}, "the stanza main", id="another stanza"),
    ],
)
def test_settings_with_which_nothing_is_archived(changed, defect):
    said = report.build_archiver({**SERVER, **changed}, "main")
    assert defect in said.defect
    assert report.judge_archiver(said).status == "fail"


def test_an_archiver_as_it_is_shown():
    row = {**SERVER, "last_archived_wal": "A", "last_archived_time": NOW, "failed_count": 2, "waiting": 3}
    assert report.build_archiver(row, "main").to_dict() == {
        "last_archived": "A", "last_archived_at": "2024-12-25T14:30:00Z", "last_failed": "", "last_failed_at": None,
        "failed": 2, "waiting": 3, "defect": "", "failing": False,
    }  # fmt: skip


def test_a_repository_as_it_is_shown():
    shown = report.describe_repository(ROW, Continuity((gap(HEALED), gap(BREAKING, before=None)), ("X",), REACH))
    assert [row["before"] for row in shown["wal_gaps"]] == ["2024-12-25T14:30:00Z", None]
    assert (shown["status"], shown["wal_broken"], shown["unusable"]) == ("ok", True, ["X"])
    assert shown["newest_restorable"]["moment"] == "2024-12-25T14:30:00Z"
    assert shown["backups"][0]["label"] == BACKUP.label
    empty = report.describe_repository(RepositoryState(1, 1, "missing", "none"), Continuity())
    assert (empty["status"], empty["newest_restorable"]) == ("missing", None)


def test_a_backup_as_the_part_of_a_set():
    databases = [{"name": "shop", "size": 1, "tables": 2, "rows": 3}]
    part = report.describe_part(BACKUP, repository="main", seconds=4.12345, files=963, databases=databases)
    assert part == {
        "part": "postgresql", "engine": "pgbackrest", "version": "2.55.1", "repository": "main", "kind": "full",
        "id": "20241225-143000F", "started": "2024-12-25T14:30:00Z", "finished": "2024-12-25T14:30:04Z",
        "seconds": 4.123, "size": 100, "added": 10, "files": 963,
        "details": {
            "lsn_start": "0/2000028", "lsn_stop": "0/3000088", "wal_start": "000000020000000000000002",
            "wal_stop": "000000020000000000000003", "timeline": 2, "references": [], "damaged_pages": False,
            "databases": databases,
        },
    }  # fmt: skip
