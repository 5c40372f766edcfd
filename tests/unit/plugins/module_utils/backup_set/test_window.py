# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.window import (
    age,
    disproofs,
    moments,
    proof_of,
    proofs,
    window,
)

from .samples import FULL, INCREMENTAL, NOW, WAL, catalogue, evidence, part, sealed

FULL_END, INCREMENT_END = "2024-12-25T02:01:00Z", "2024-12-25T13:30:05Z"
FULL_LABEL, INCREMENT_LABEL = "20241225-020000F", "20241225-020000F_20241225-133000I"
DUMP = sealed("20241225_030000", [part("postgresql", "d1", engine="pgdump", finished="2024-12-25T03:01:00Z")])


def gap(verdict: str, healed_by: str = "") -> dict[str, str]:
    return {
        "first": "000000010000000000000005",
        "last": "000000010000000000000006",
        "verdict": verdict,
        "healed_by": healed_by,
    }


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        (None, (FULL_END, INCREMENT_END, "set")),
        ({}, (FULL_END, "2024-12-25T14:28:00Z", "wal")),
        ({"caught_up": True}, (FULL_END, "2024-12-25T14:29:00Z", "wal")),
        ({"newest": None}, (FULL_END, INCREMENT_END, "set")),
        ({"newest": "2024-12-25T13:00:00Z"}, (FULL_END, INCREMENT_END, "set")),
        ({"gaps": [gap("breaking")], "caught_up": True}, (FULL_END, "2024-12-25T14:28:00Z", "wal")),
        ({"gaps": [gap("breaking")], "newest": "2024-12-25T09:00:00Z"}, (FULL_END, INCREMENT_END, "set")),
        ({"gaps": [gap("healed", INCREMENT_LABEL)]}, (INCREMENT_END, "2024-12-25T14:28:00Z", "wal")),
        ({"gaps": [gap("healed", "20241226-020000F")]}, (FULL_END, "2024-12-25T14:28:00Z", "wal")),
        ({"gaps": [gap("unneeded")], "caught_up": True}, (FULL_END, "2024-12-25T14:29:00Z", "wal")),
        ({"unusable": [INCREMENT_LABEL]}, (FULL_END, "2024-12-25T14:28:00Z", "wal")),
        ({"unusable": [FULL_LABEL, INCREMENT_LABEL]}, None),
    ],
    ids=[
        "nobody looked at the archive",
        "as far as WAL was archived",
        "to the look, when nothing was written since",
        "no WAL at all",
        "WAL that ends before the newest set",
        "a gap that no set has healed",
        "a gap before the newest set",
        "any moment since the set that healed a gap",
        "healed by what is in no set",
        "a gap that nothing needs",
        "a set that lacks its WAL",
        "no set that can be restored",
    ],
)
def test_how_far_one_can_go_back(changes: dict[str, Any] | None, reached: tuple[str, str, str] | None) -> None:
    found = window(catalogue(FULL, INCREMENTAL), None if changes is None else {**WAL, **changes})
    assert found == (reached and dict(zip(("oldest", "newest", "by"), reached, strict=True)))


def test_from_a_dump_no_later_moment_is_reached() -> None:
    assert window(catalogue(DUMP), {**WAL, "caught_up": True}) == {
        "oldest": "2024-12-25T03:01:00Z",
        "newest": "2024-12-25T03:01:00Z",
        "by": "set",
    }


def test_a_damaged_set_brings_nothing_back() -> None:
    entries = catalogue(FULL)
    assert window([type(entries[0])(FULL["id"], "damaged", FULL)], WAL) is None
    assert moments([type(entries[0])(FULL["id"], "damaged", FULL)], WAL) == {}


def test_each_part_that_is_data_has_its_newest_moment() -> None:
    assert moments(catalogue(FULL, INCREMENTAL), WAL) == {
        "postgresql": "2024-12-25T14:28:00Z",
        "redis-cache": "2024-12-25T13:30:06Z",
        "redis-queue": "2024-12-25T02:00:00Z",
        "openbao": "2024-12-25T02:00:00Z",
        "application_data": "2024-12-25T02:00:00Z",
    }


@pytest.mark.parametrize(("moment", "seconds"), [("2024-12-25T14:29:00Z", 60.0), ("2024-12-25T15:00:00Z", 0.0)])
def test_nothing_is_younger_than_now(moment: str, seconds: float) -> None:
    assert age(moment, NOW) == seconds


def test_a_deeper_verification_proves_the_levels_before_it() -> None:
    old, new = evidence(3, finished="2024-12-20T05:00:00Z"), evidence(1, finished="2024-12-25T05:00:00Z")
    failed = evidence(4, result="fail", finished="2024-12-25T06:00:00Z")
    assert proofs([new, failed, old]) == {0: new, 1: new, 2: old, 3: old}
    assert proofs([]) == {}


@pytest.mark.parametrize(
    ("records", "count"),
    [
        ([evidence(3)], 0),
        ([evidence(3, result="fail", level=1)], 1),
        (
            [evidence(3, result="fail", level=1), evidence(3, result="fail", level=2, finished="2024-12-25T06:00:00Z")],
            1,
        ),
        ([evidence(3, result="fail", level=1), evidence(3, finished="2024-12-25T06:00:00Z")], 0),
        ([evidence(3, result="fail", level=1), evidence(1, finished="2024-12-25T06:00:00Z")], 1),
        ([evidence(3, result="fail", level=1), evidence(3, finished="2024-12-25T04:00:00Z")], 1),
        ([evidence(3, result="fail", level=1), evidence(3, finished="2024-12-25T06:00:00Z", repository="second")], 1),
        ([evidence(3, result="fail", level=1), evidence(3, finished="2024-12-25T06:00:00Z", part="openbao")], 1),
    ],
    ids=[
        "all is well",
        "it failed",
        "it failed twice",
        "it was well afterwards",
        "only less was looked at afterwards",
        "it was well before",
        "another repository was well",
        "another part was well",
    ],
)
def test_a_failed_verification_counts_until_the_same_is_well(records: list[dict[str, Any]], count: int) -> None:
    assert len(disproofs(records)) == count


def test_the_deepest_and_then_the_newest_verification_is_a_sets_proof() -> None:
    deep, again = evidence(3), evidence(3, finished="2024-12-25T06:00:00Z")
    others = [evidence(4, result="fail"), evidence(2, finished="2024-12-25T09:00:00Z"), evidence(4, set="other")]
    assert proof_of(FULL["id"], [deep, again, *others]) == again
    assert proof_of("20241201_000000", others) is None
