# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import Entry, Stored
from ansible_collections.steward.platform.plugins.module_utils.backup_set.proving import plan
from ansible_collections.steward.platform.plugins.module_utils.backup_set.proving.plan import Asked, Located
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.wal import Continuity, Gap, Reach

from ..samples import FULL, INCREMENTAL, NOW, catalogue, configuration, evidence, part, sealed

ASKED = Asked("set", "", 3, "main")
TABLES = [{"name": "shop", "size": 9000, "rows": 3, "tables": [{"name": "public.orders", "rows": 3, "size": 8192}]}]
LESS = [{"name": "shop", "size": 10, "rows": 1, "tables": [{"name": "public.orders", "rows": 1, "size": 8}]}]
COUNTED = [{"name": "shop", "size": 9000, "rows": 3, "tables": 1}]
BASE = Located("postgresql", "pgbackrest", "20241225-020000F", 1000)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        pytest.param({}, ASKED, id="nothing means the newest full set to level 3"),
        pytest.param({"target": FULL["id"], "level": 0}, Asked("set", FULL["id"], 0, "main"), id="a set"),
        pytest.param({"level": 4}, replace(ASKED, level=4), id="with the application"),
        pytest.param({"integrity_only": True}, replace(ASKED, level=1), id="integrity only"),
        pytest.param({"integrity_only": True, "level": 0}, replace(ASKED, level=0), id="the lower level counts"),
        pytest.param({"remote": True}, replace(ASKED, repository="second"), id="the other repository"),
        pytest.param({"repository": "second"}, replace(ASKED, repository="second"), id="by its name"),
        pytest.param({"target": "/srv/a.sql"}, Asked("path", "/srv/a.sql", 3, "main"), id="a dump"),
        pytest.param({"target": "s3://a/b"}, Asked("url", "s3://a/b", 3, "main"), id="a dump in a bucket"),
        pytest.param({"remember": 2, "accept_losses": True}, replace(ASKED, remember=172800, accepted=True), id="more"),
    ],
)
def test_what_was_asked(given: dict[str, Any], asked: Asked) -> None:
    assert plan.parse_asked(given, configuration()) == asked


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"level": 5}, "level is 5, allowed is: 0 to 4$"),
        ({"level": 4, "target": "/srv/a.sql"}, "level is 4, allowed is: 0 to 3 for a dump"),
        ({"level": -1}, "level is -1, allowed is: 0 to 4"),
        ({"remember": -1}, "remember is -1, allowed is: 0 or more days"),
        ({"target": "newest"}, "the set is 'newest', allowed is: a set's id"),
        ({"repository": "third"}, "the repository 'third' is unknown"),
        ({"repository": "second", "remote": True}, "repository is 'second' beside remote"),
    ],
)
def test_what_cannot_be_asked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan.parse_asked(given, configuration())


def test_without_another_repository_there_is_no_remote() -> None:
    only = {**configuration(), "repositories": configuration()["repositories"][:1]}
    with pytest.raises(InputError, match="this host has one repository only"):
        plan.parse_asked({"remote": True}, only)


def test_the_newest_full_set_is_chosen() -> None:
    older = sealed("20241224_020000", [part("postgresql", "20241224-020000F")])
    entries = catalogue(older, FULL, INCREMENTAL)
    assert plan.choose(entries, ASKED).id == FULL["id"]
    assert plan.choose(entries, replace(ASKED, name=INCREMENTAL["id"])).id == INCREMENTAL["id"]


@pytest.mark.parametrize(
    ("entries", "name", "message"),
    [
        pytest.param(catalogue(INCREMENTAL), "", "there is no full set in the repository main", id="none"),
        pytest.param(catalogue(FULL), "20200101_000000", "no set 20200101_000000", id="no such set"),
        pytest.param([Entry("20200101_000000", "refused")], "20200101_000000", "has no manifest", id="no manifest"),
    ],
)
def test_nothing_to_verify(entries: list[Entry], name: str, message: str) -> None:
    with pytest.raises(StewardError, match=message):
        plan.choose(entries, replace(ASKED, name=name))


def test_parts_are_where_the_manifest_says() -> None:
    found = plan.locate(catalogue(FULL, INCREMENTAL)[0], "main")
    assert found[0] == Located(
        "postgresql", "pgbackrest", "20241225-020000F_20241225-133000I", 1000, None, ("20241225-020000F",),
        {"references": ["20241225-020000F"]},
    )  # fmt: skip
    assert [(each.name, each.part, each.levels(3)[-1]) for each in found] == [
        ("postgresql", "postgresql", 3),
        ("redis-cache", "redis", 2),
    ]


def test_a_copy_has_other_ids() -> None:
    entry = catalogue(FULL)[0]
    copied = [Stored("second", f"copy-{each['id']}", FULL["id"], each["part"], "") for each in FULL["parts"][:2]]
    found = plan.locate(replace(entry, rows=(*entry.rows, *copied)), "second")
    assert [(each.name, each.id) for each in found] == [
        ("postgresql", "copy-20241225-020000F"),
        ("redis-cache", "copy-r1"),
    ]
    with pytest.raises(StewardError, match="has nothing in the repository second"):
        plan.locate(entry, "second")


def test_what_was_read_not_long_ago_is_remembered() -> None:
    checks = [
        {"name": "checksums", "status": "pass", "figures": {"read": ["a", "b"]}},
        {"name": "wal", "status": "pass", "figures": {"read": ["c"]}},
        {"name": "checksums", "status": "fail", "figures": {"read": ["d"]}},
    ]
    records = [evidence(1, checks=checks), evidence(1, checks=checks, repository="second")]
    assert plan.remembered(records, "main", NOW - timedelta(days=1)) == {"a", "b"}
    assert plan.remembered(records, "main", NOW) == set()


def test_replay_to_the_end_is_held_against_the_newest_inventory() -> None:
    full = sealed("20241225_020000", [part("postgresql", "20241225-020000F")], envelope=TABLES)
    newer = sealed("20241225_130000", [part("redis-cache", "x")], type="incremental", envelope=LESS)
    counted = sealed("20241225_020000", [part("postgresql", "20241225-020000F")], envelope=COUNTED)
    entries = catalogue(full, newer)
    assert plan.expected_databases(entries, entries[1]) == LESS
    assert plan.expected_databases(catalogue(full), catalogue(full)[0]) == TABLES
    assert plan.expected_databases(catalogue(counted), catalogue(counted)[0]) == COUNTED
    assert plan.expected_databases([], catalogue(full)[0]) == TABLES
    without = catalogue(full, INCREMENTAL)
    assert plan.expected_databases(without, without[1]) == TABLES
    assert plan.expected_databases([], Entry("20200101_000000", "refused")) == []


def test_losses_are_told_from_what_was_proved_or_made_before() -> None:
    older = sealed("20241224_020000", [part("postgresql", "20241224-020000F")], envelope=TABLES)
    entries = catalogue(older, FULL)
    proved = evidence(3, databases=LESS, finished="2024-12-20T00:00:00Z")
    assert plan.previous_databases([], entries, entries[0]) == TABLES
    assert plan.previous_databases([], entries, entries[1]) == []
    assert plan.previous_databases([evidence(2, databases=TABLES)], entries, entries[1]) == []
    records = [proved, evidence(3, databases=[])]
    assert plan.previous_databases(records, entries, entries[0]) == LESS


def gap(verdict: str) -> Gap:
    return Gap("000000010000000000000004", "000000010000000000000004", 1, verdict)


@pytest.mark.parametrize(
    ("details", "continuity", "lsn"),
    [
        pytest.param({}, Continuity(), "", id="nothing is known"),
        pytest.param({"canary": {"lsn": "0/3000028"}}, Continuity(), "0/3000028", id="the canary"),
        pytest.param({}, Continuity((gap("unneeded"),), (), Reach("000000010000000000000005", 1, NOW, "x")),
                     "0/5000000", id="the newest segment"),
        pytest.param({"canary": {"lsn": "0/3000028"}},
                     Continuity((gap("healed"),), (), Reach("000000010000000000000005", 1, NOW, "x")),
                     "0/3000028", id="a gap on the way"),
    ],
)  # fmt: skip
def test_how_far_replay_has_to_come(details: dict[str, Any], continuity: Continuity, lsn: str) -> None:
    assert plan.expected_lsn(replace(BASE, details=details), continuity, 16 * 1024**2) == lsn


def test_a_large_repository_is_read_in_a_week() -> None:
    assert plan.choose_subset([1, 2], NOW) == "100%"
    weeks = [plan.choose_subset([plan.WHOLE_BYTES, 1], datetime(2024, 1, day, tzinfo=UTC)) for day in (7, 14, 21, 28)]
    assert weeks == ["2/7", "3/7", "4/7", "5/7"]


def test_a_restore_that_would_fill_the_disk_is_refused() -> None:
    plan.refuse_space(100, 120, "/srv")
    with pytest.raises(StewardError, match="/srv has 119 B free, the restore needs 120 B"):
        plan.refuse_space(100, 119, "/srv")


def test_a_young_proof_of_the_level_is_enough() -> None:
    old = evidence(3, finished="2024-12-20T00:00:00Z")
    files = evidence(2, part="logs")
    assert plan.fresh([old, evidence(3)], ASKED, NOW, 86400) == evidence(3)
    assert plan.fresh([files], ASKED, NOW, 86400) == files
    # The database of the same set has no young proof.
    assert plan.fresh([old, files], ASKED, NOW, 86400) is None
    served = replace(ASKED, level=4)
    assert plan.fresh([evidence(4), files], served, NOW, 86400) in (evidence(4), files)
    assert plan.fresh([evidence(3), files], served, NOW, 86400) is None
    assert plan.fresh([files], served, NOW, 86400) is None
    assert plan.fresh([old], ASKED, NOW, 86400) is None
    assert plan.fresh([evidence(2)], ASKED, NOW, 86400) is None
    assert plan.fresh([files, evidence(3, result="fail")], ASKED, NOW, 86400) is None
    assert plan.fresh([evidence(3, result="fail")], ASKED, NOW, 86400) is None
    assert plan.fresh([evidence(3, repository="second")], ASKED, NOW, 86400) is None
    assert plan.fresh([evidence(3)], ASKED, NOW, None) is None
    assert plan.fresh([evidence(3)], replace(ASKED, kind="path"), NOW, 86400) is None
    assert plan.fresh([evidence(3)], replace(ASKED, name="20200101_000000"), NOW, 86400) is None


def test_the_plan_names_what_is_verified() -> None:
    (change,) = plan.plan_proof(ASKED, None).changes
    assert (change.subject, change.after[:7]) == ("the newest full set in main", "level 3")
    assert plan.plan_proof(replace(ASKED, name=FULL["id"]), None).changes[0].subject == FULL["id"]
    done = plan.plan_proof(ASKED, evidence(3))
    assert (done.changed, done.facts["proof"]) == (False, evidence(3))


def test_only_a_physical_backup_of_databases_can_be_served_from() -> None:
    physical, dumped = located("postgresql", "pgbackrest"), located("postgresql", "pgdump")
    assert (physical.levels(4)[-1], dumped.levels(4)[-1]) == (4, 3)
    served = replace(ASKED, level=4)
    plan.refuse_unserved(served, FULL["id"], [physical, located("logs", "restic")])
    plan.refuse_unserved(ASKED, FULL["id"], [dumped])
    with pytest.raises(InputError, match="has no physical backup of databases in the repository main; allowed is: 0 t"):
        plan.refuse_unserved(served, FULL["id"], [dumped, located("logs", "restic")])


def located(name: str, engine: str) -> plan.Located:
    return plan.Located(name, engine, "1", 1)
