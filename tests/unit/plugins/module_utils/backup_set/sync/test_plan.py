# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set import records
from ansible_collections.steward.platform.plugins.module_utils.backup_set.sync import plan
from ansible_collections.steward.platform.plugins.module_utils.backup_set.sync.plan import Task

from ..samples import DOCUMENT, NOW, configuration

MAIN, SECOND = DOCUMENT["repositories"]
COPY = {**SECOND, "replicates": "main", "delete_after_days": 90}
THIRD = {**SECOND, "name": "third", "bucket": "third", "replicates": "second"}
SEEN = {"source": {"objects": 3, "bytes": 30}, "target": {"objects": 4, "bytes": 40}, "missing": []}
REPORT = {"objects": {"copied": 2, "verified": 1}, "warnings": ["look"], "lag": {"seconds": 7}}


def sync(*rows: dict[str, Any], mode: str = "incremental", **changes: Any) -> list[Task]:
    return plan.plan_sync(configuration(repositories=list(rows), **changes), mode)


def test_one_repository_has_no_other() -> None:
    assert sync(MAIN) == []


def test_a_set_is_made_in_one_of_its_own_and_copied_from_there() -> None:
    tasks = sync(MAIN, SECOND, THIRD)
    assert [(task.repository, task.how, len(task.folders)) for task in tasks] == [
        ("second", "make", 0),
        ("third", "copy", 2),
    ]
    _name, options = tasks[1].folders[0]
    assert (options["source"]["bucket"], options["target"]["bucket"]) == ("backups", "third")
    assert (options["source"]["prefix"], options["source"]["path"]) == ("dotmac/pgbackrest", None)


def test_a_host_copies_its_own_folders_and_manifests_last() -> None:
    (task,) = sync(MAIN, COPY, mode="full")
    assert [name for name, _options in task.folders] == ["pgbackrest", "restic/db1"]
    options = task.folders[1][1]
    assert options["source"]["path"] == "/var/backups/steward/restic/db1"
    assert (options["target"]["prefix"], options["target"]["profile"]) == ("dotmac/restic/db1", "second")
    assert (options["mode"], options["delete_after_days"]) == ("full", 90)


@pytest.mark.parametrize("postgresql", [None, {"port": 5432, "method": "logical"}], ids=["none", "dumped"])
def test_without_physical_backups_there_is_one_folder(postgresql: dict[str, Any] | None) -> None:
    (task,) = sync(MAIN, {**COPY, "path": "/x"}, postgresql=postgresql)
    assert [name for name, _options in task.folders] == ["restic/db1"]


def build(*results: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    later = NOW + timedelta(seconds=4)
    return plan.build_report(configuration(), "incremental", results, before, started=NOW, finished=later)


TASK = Task("second", plan.COPY)
GOOD = plan.done(TASK, [plan.copied("restic/db1", REPORT, SEEN, "")])


def test_the_report_has_figures_and_can_be_read_again() -> None:
    report = build(GOOD)
    row = report["repositories"][0]
    assert (row["objects"], row["bytes"], row["lag_seconds"]) == (4, 40, 7)
    assert (row["success"], report["seconds"]) == ("2024-12-25T14:30:00Z", 4.0)
    assert plan.problems(report) == []
    assert plan.warnings(report) == ["second: look"]
    assert records.read(report, "replication", "replication.json") is not None


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (plan.done(TASK, [plan.copied("restic/db1", None, None, "no answer")]), "second: restic/db1: no answer"),
        (
            plan.done(TASK, [plan.copied("restic/db1", REPORT, {**SEEN, "missing": ["a", "b"]}, "")]),
            "second: restic/db1: 2 objects are not there, the first is a",
        ),
        (plan.done(TASK, [plan.copied("x", REPORT, SEEN, "")], error="it does not open"), "second: it does not open"),
        (plan.done(Task("second", plan.MAKE), error="it is full"), "second: it is full"),
    ],
    ids=["it broke off", "objects are missing", "the engine cannot read it", "no set was made"],
)
def test_what_went_wrong_keeps_the_last_success(result: dict[str, Any], message: str) -> None:
    report = build(result, before=build(GOOD))
    assert plan.problems(report) == [message]
    assert report["repositories"][0]["success"] == "2024-12-25T14:30:00Z"
    assert build(result)["repositories"][0]["success"] is None


def test_people_see_a_line_for_each_folder_and_set() -> None:
    broken = plan.done(Task("third", plan.COPY), [plan.copied("restic/db1", None, None, "no answer")])
    made = plan.done(Task("fourth", plan.MAKE), made="20241225_143000")
    lines = plan.render(build(GOOD, broken, made)).splitlines()
    assert lines[1].split() == ["second", "copy", "restic/db1", "4", "40", "B", "2", "1", "0", "done"]
    assert lines[2].split()[:3] == ["third", "copy", "restic/db1"]
    assert lines[2].endswith("no answer")
    assert lines[3].split()[:3] == ["fourth", "make", "20241225_143000"]
    assert len(plan.render(build()).splitlines()) == 2
