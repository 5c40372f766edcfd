# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import (
    Entry,
    Stored,
    base_sets,
    build_catalogue,
    needs_of,
    plan_refresh,
    removal,
    retained,
    verified,
    visible,
)
from ansible_collections.steward.platform.plugins.module_utils.backup_set.retention import Proof

from .samples import FULL, INCREMENTAL, catalogue, evidence, part, rows, sealed

BOTH = {each["id"]: each for each in (FULL, INCREMENTAL)}
STORED = rows(FULL, INCREMENTAL)
# The same set, copied to the second repository, where everything has another id.
COPY = [replace(row, repository="second", id=f"copy-{row.id}") for row in rows(FULL)]
STRAY = Stored("main", "stray", "20241225_120000", "configuration", "2024-12-25T12:00:00Z")


def build(stored: list[Stored], looked: tuple[str, ...] = ("main",), manifests: Any = None) -> dict[str, Entry]:
    found = build_catalogue(BOTH if manifests is None else manifests, {}, stored, looked)
    return {entry.id: entry for entry in found}


def without(identifier: str) -> list[Stored]:
    return [row for row in STORED if row.id != identifier]


def test_sets_that_agree_with_their_repository_are_published_newest_first() -> None:
    found = build_catalogue(BOTH, {}, STORED, ["main"])
    assert [(entry.id, entry.type, entry.state) for entry in found] == [
        ("20241225_133000", "incremental", "published"),
        ("20241225_020000", "full", "published"),
    ]
    assert all((entry.missing, entry.complete_in, entry.outcome) == ((), ("main",), "complete") for entry in found)
    assert found[1].moment == datetime(2024, 12, 25, 2, tzinfo=UTC)


def test_a_repository_that_was_not_asked_is_believed() -> None:
    found = build([], looked=())
    assert {entry.state for entry in found.values()} == {"published"}
    assert {entry.complete_in for entry in found.values()} == {("main",)}


@pytest.mark.parametrize(
    ("gone", "missing"),
    [
        ("o1", "openbao is not in the repository main: o1 is gone"),
        ("manifest-20241225_020000-main", "its manifest is not in the repository main"),
        ("20241225-020000F", "postgresql is not in the repository main: 20241225-020000F is gone"),
    ],
)
def test_a_set_whose_parts_are_gone_is_damaged_and_says_what_is_missing(gone: str, missing: str) -> None:
    entry = build(without(gone))["20241225_020000"]
    assert (entry.state, entry.missing, entry.complete_in) == ("damaged", (missing,), ())


def test_without_its_base_an_increment_is_damaged_too() -> None:
    entry = build(without("20241225-020000F"))["20241225_133000"]
    assert entry.missing == (
        "postgresql cannot be restored from the repository main: its base 20241225-020000F is gone",
    )
    assert entry.complete_in == ()


def test_a_set_without_manifest_is_unpublished_and_not_shown() -> None:
    found = list(build([*STORED, STRAY]).values())
    stray = next(entry for entry in found if entry.id == STRAY.set)
    assert (stray.state, stray.missing, stray.type, stray.outcome) == ("unpublished", ("it has no manifest",), "", "")
    assert stray not in visible(found)
    assert stray in visible(found, everything=True)


def test_only_sets_of_a_type_can_be_asked_for() -> None:
    assert [entry.id for entry in visible(catalogue(FULL, INCREMENTAL), set_type="full")] == ["20241225_020000"]


def test_what_belongs_to_no_set_is_not_ours() -> None:
    by_hand = [
        Stored("main", "x", name, "manifest", "2024-12-01T02:00:00Z") for name in ("", "by hand", "20241399_000000")
    ]
    assert build([*STORED, *by_hand]).keys() == BOTH.keys()
    assert plan_refresh(BOTH, by_hand).changes == ()


def test_a_manifest_that_was_changed_is_refused_and_said_so() -> None:
    found = build_catalogue({INCREMENTAL["id"]: INCREMENTAL}, {FULL["id"]: "was changed"}, STORED, ["main"])
    assert (found[1].state, found[1].missing, found[1].manifest) == ("refused", ("was changed",), None)


def test_a_manifest_that_was_not_fetched_yet_is_unread() -> None:
    found = build(STORED, manifests={})
    assert {entry.state for entry in found.values()} == {"unread"}


def test_a_lost_catalogue_is_made_again_from_the_repositories() -> None:
    plan = plan_refresh([], [*STORED, *COPY, STRAY])
    assert [(change.action, change.subject) for change in plan.changes] == [
        ("fetch", "20241225_020000"),
        ("fetch", "20241225_133000"),
    ]
    assert plan.changes[1].data == {"repository": "main", "snapshot": "manifest-20241225_133000-main"}
    assert build([*STORED, *COPY], manifests=BOTH)["20241225_020000"].state == "published"


def test_what_is_known_is_not_fetched_again() -> None:
    assert [change.subject for change in plan_refresh([FULL["id"]], STORED).changes] == [INCREMENTAL["id"]]


def test_a_copy_makes_a_set_complete_elsewhere_too() -> None:
    assert build([*STORED, *COPY], ("main", "second"))[FULL["id"]].complete_in == ("main", "second")


@pytest.mark.parametrize("lacks", range(len(COPY)))
def test_half_a_copy_is_none(lacks: int) -> None:
    half = [row for number, row in enumerate(COPY) if number != lacks]
    assert build([*STORED, *half], ("main", "second"))[FULL["id"]].complete_in == ("main",)


def test_when_the_first_repository_is_lost_the_other_one_has_the_set() -> None:
    entry = build(COPY, ("main", "second"), {FULL["id"]: FULL})[FULL["id"]]
    assert (entry.state, entry.complete_in) == ("damaged", ("second",))


def test_a_copy_of_an_increment_needs_its_base_there() -> None:
    copied = [replace(row, repository="second") for row in rows(INCREMENTAL)]
    assert build([*STORED, *copied], ("main", "second"))[INCREMENTAL["id"]].complete_in == ("main",)


@pytest.mark.parametrize(
    ("made", "needs"),
    [
        (part("postgresql", "20241225-020000F"), ()),
        (part("postgresql", "20241225-020000F_20241225-143000I"), ("20241225-020000F",)),
        (part("postgresql", "20241225-020000F_20241225-143000I", details={"references": ["a", "b"]}), ("a", "b")),
        (part("logs", "0a1b_2c3d"), ()),
        ({"engine": "pgbackrest", "id": "20241225-020000F_20241225-143000D"}, ("20241225-020000F",)),
    ],
)
def test_what_a_part_needs_is_told_by_it_or_by_its_label(made: dict[str, Any], needs: tuple[str, ...]) -> None:
    assert needs_of(made) == needs


def test_a_set_needs_the_sets_of_its_bases() -> None:
    stray = Entry("20241225_140000", "unpublished", rows=(replace(STRAY, needs=("20241225-020000F", "by hand")),))
    assert base_sets([*catalogue(FULL, INCREMENTAL), stray]) == {
        FULL["id"]: frozenset(),
        INCREMENTAL["id"]: frozenset({FULL["id"]}),
        stray.id: frozenset({FULL["id"]}),
    }


def test_retention_sees_each_repositorys_sets() -> None:
    kept = sealed("20241224_020000", [part("logs", "l1")], keep_until="2025-01-01T00:00:00Z", outcome="partial")
    stored = [*STORED, *COPY, STRAY, *rows(kept)]
    found = build_catalogue({**BOTH, kept["id"]: kept}, {}, stored, ["main", "second"])
    main = {each.id: each for each in retained(found, "main")}
    assert main.keys() == {*BOTH, STRAY.set, kept["id"]}
    assert main[INCREMENTAL["id"]].needs == {FULL["id"]}
    assert (main[FULL["id"]].complete, main[FULL["id"]].base, main[FULL["id"]].published) == (True, True, True)
    assert (main[STRAY.set].complete, main[STRAY.set].published, main[STRAY.set].judged) == (False, False, True)
    assert (main[kept["id"]].complete, main[kept["id"]].base) == (False, False)
    assert main[kept["id"]].keep_until == datetime(2025, 1, 1, tzinfo=UTC)
    assert [each.id for each in retained(found, "second")] == [FULL["id"]]


def test_the_other_repository_counts_a_set_that_is_damaged_in_the_first() -> None:
    found = build_catalogue({FULL["id"]: FULL}, {}, COPY, ["main", "second"])
    assert [each.complete for each in retained(found, "second")] == [True]


@pytest.mark.parametrize("state", ["refused", "unread"])
def test_retention_is_told_of_what_nobody_could_judge(state: str) -> None:
    entry = Entry(FULL["id"], state, rows=(replace(STRAY, set=FULL["id"]),))
    assert [each.judged for each in retained([entry], "main")] == [False]


def test_only_verifications_of_the_repository_that_ended_well_count() -> None:
    records = [evidence(2), evidence(3, result="fail"), evidence(3, repository="second"), evidence(1, result="warn")]
    moment = datetime(2024, 12, 25, 5, 10, tzinfo=UTC)
    assert verified(records, "main") == [Proof(FULL["id"], 2, moment), Proof(FULL["id"], 1, moment)]


def test_a_manifest_is_removed_before_what_it_names() -> None:
    entry = build([*STORED, *COPY])[FULL["id"]]
    order = [row.part for row in removal(entry, "main")]
    assert order[0] == "manifest"
    assert sorted(order[1:]) == order[1:] == sorted(each["part"] for each in FULL["parts"])
    assert {row.repository for row in removal(entry, "main")} == {"main"}


def test_a_set_of_which_a_part_failed_last_is_not_verified() -> None:
    good = evidence(2, part="logs")
    failed = evidence(1, result="fail", finished="2024-12-25T06:00:00Z")
    assert verified([good, failed], "main") == []
    again = evidence(3, finished="2024-12-25T07:00:00Z")
    assert [proof.level for proof in verified([good, failed, again], "main")] == [2, 3]
