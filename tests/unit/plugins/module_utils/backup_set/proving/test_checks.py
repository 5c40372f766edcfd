# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.proving import checks
from ansible_collections.steward.platform.plugins.module_utils.backup_set.proving.plan import Located
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.parse import Verification
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.wal import Continuity, Gap, Reach

from ..samples import NOW

BASE = Located("postgresql", "pgbackrest", "20241225-020000F_20241225-133000I", 1000, 10, ("20241225-020000F",))
REACH = Reach("000000010000000000000005", 1, NOW, "20241225-020000F")


def gap(verdict: str, last: str = "000000010000000000000004") -> Gap:
    return Gap("000000010000000000000004", last, 1, verdict)


def test_what_is_needed_must_be_listed() -> None:
    there = {("main", BASE.id), ("main", BASE.needs[0])}
    assert checks.listed_check(BASE, "main", there).status == "pass"
    gone = checks.listed_check(BASE, "main", {("main", BASE.id), ("second", BASE.needs[0])})
    assert (gone.status, gone.message) == ("fail", "not in the repository main: 20241225-020000F")


def test_checksums_of_backups() -> None:
    good = checks.backup_checks({"b": Verification(True, files=7), "a": Verification(True, files=3)}, ["c"])
    assert (good.status, good.message) == ("pass", "10 files were read and are whole")
    assert (good.figures["read"], good.figures["remembered"]) == (["a", "b"], ["c"])
    bad = checks.backup_checks({"a": Verification(False, ("backup: a: checksum invalid 1",))}, [])
    assert (bad.status, bad.message) == ("fail", "backup: a: checksum invalid 1")


@pytest.mark.parametrize(
    ("continuity", "status", "message"),
    [
        pytest.param(Continuity((), (), REACH), "pass", "no WAL is missing up to 000000010000000000000005", id="whole"),
        pytest.param(Continuity((gap("unneeded"),), (), REACH), "pass", "no WAL is missing", id="before all backups"),
        pytest.param(Continuity((gap("healed"),), (), REACH), "warn", "heals it: 0000000100000000000000", id="healed"),
        pytest.param(Continuity((gap("breaking", "000000010000000000000006"),), (), REACH), "fail",
                     "WAL is missing: 000000010000000000000004 to 000000010000000000000006", id="a gap"),
        pytest.param(Continuity((), (BASE.id,), REACH), "fail", "leads nowhere", id="cannot be relied on"),
        pytest.param(Continuity(), "fail", "leads nowhere", id="nothing there"),
    ],
)  # fmt: skip
def test_the_archive(continuity: Continuity, status: str, message: str) -> None:
    check = checks.archive_check(continuity, BASE.id)
    assert check.status == status
    assert message in check.message


def found(**changes: Any) -> dict[str, Any]:
    return {"sound": True, "errors": [], "errors_total": 0, "damaged_packs": [], **changes}


def test_a_repository_of_files() -> None:
    assert checks.repository_check(None, "", "a").figures["remembered"] == ["a"]
    whole = checks.repository_check(found(), "100%", "a")
    assert (whole.status, whole.figures["read"]) == ("pass", ["a"])
    part = checks.repository_check(found(), "3/7", "a")
    assert (part.status, part.figures["read"]) == ("pass", [])
    assert "3/7" in part.message
    bad = checks.repository_check(found(sound=False, errors=["pack x"]), "100%", "a")
    assert (bad.status, bad.message) == ("fail", "the repository is damaged: pack x")
    silent = checks.repository_check(found(sound=False, errors_total=2), "100%", "a")
    assert silent.message == "the repository is damaged: 2 errors"


def test_files_that_came_back() -> None:
    assert checks.files_check(BASE, {"files": 10, "size": 1000}).status == "pass"
    assert checks.files_check(BASE, {"files": 10, "size": 960}).status == "pass"
    few = checks.files_check(BASE, {"files": 2, "size": 900})
    assert (few.status, few.message) == ("fail", "900 B came back instead of 1000 B")


def test_what_a_snapshot_has() -> None:
    good = checks.keys_check({"keys": 3, "expiring": 1}, {"keys": 3})
    assert (good.status, good.message) == ("pass", "it opens and has what was recorded: keys 3, expiring 1")
    assert checks.keys_check({"keys": 3}, {"databases": {}}).status == "pass"
    bad = checks.keys_check({"keys": 3}, {"keys": 4})
    assert (bad.status, bad.message) == ("fail", "keys is 3 instead of 4")


def dump(**changes: Any) -> dict[str, Any]:
    return {
        "path": "/a", "kind": "custom", "packing": "", "size": 10, "tables": 2, "databases": ["shop"], "problem": "",
        **changes,
    }  # fmt: skip


def test_schemas() -> None:
    good = checks.schema_check([dump(), dump(tables=0)])
    assert (good.status, good.message) == ("pass", "2 tables in 2 databases")
    assert checks.schema_check([]).message == "there is no table in any schema"
    assert checks.schema_check([dump(problem="it is cut off")]).message == "/a: it is cut off"


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({}, "pass", "a dump (custom) of 2 tables"),
        ({"tables": 0}, "fail", "the dump (custom) has no table"),
        ({"problem": "it is no dump of PostgreSQL"}, "fail", "it is no dump of PostgreSQL"),
    ],
)
def test_dumps(changes: dict[str, Any], status: str, message: str) -> None:
    check = checks.dump_check(dump(**changes))
    assert (check.status, check.message) == (status, message)
