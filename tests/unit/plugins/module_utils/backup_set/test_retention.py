# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.retention import (
    DEFAULT,
    RETENTION,
    RULES,
    Item,
    Proof,
    Retention,
    plan_retention,
)
from ansible_collections.steward.platform.plugins.module_utils.core.schema import check

NOW = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)


def policy(**rules: Any) -> dict[str, Any]:
    value: dict[str, Any] = check({"wal_days": 0, **rules}, RETENTION, "retention").value
    return value


def item(days: float, set_type: str = "full", **facts: Any) -> Item:
    """A set that was begun so many days ago, named by that."""
    name = facts.pop("id", f"{set_type}-{days:g}")
    return Item(name, set_type, NOW - timedelta(days=days), **facts)


def plan(items: Iterable[Item], rules: dict[str, Any], **options: Any) -> Retention:
    return plan_retention(list(items), rules, now=NOW, zone=UTC, **options)


def kept(retention: Retention) -> set[str]:
    return {name for name, _reasons in retention.keep}


def reasons(retention: Retention, name: str) -> tuple[str, ...]:
    return dict(retention.keep)[name]


DAILY = [item(days) for days in range(60)]


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ({"last": 3}, [0, 1, 2]),
        ({"days": 4}, [0, 1, 2, 3]),
        ({"hourly": 2}, [0, 1]),
        ({"daily": 5}, [0, 1, 2, 3, 4]),
        # 25 December 2024 is a Wednesday.
        ({"weekly": 3}, [0, 3, 10]),
        ({"monthly": 3}, [0, 25, 55]),
        ({"yearly": 3}, [0]),
        ({"last": 1, "weekly": 2, "monthly": 2}, [0, 3, 25]),
        ({"last": 100}, list(range(60))),
    ],
    ids=str,
)
def test_each_rule_keeps_the_newest_of_its_periods(rules: dict[str, int], days: list[int]) -> None:
    assert kept(plan(DAILY, policy(**rules))) == {f"full-{number}" for number in days}


def test_a_day_is_one_of_the_zone() -> None:
    # 23:30 and 00:30 in UTC are one day to the west.
    two = [item(15 / 24), item(14 / 24)]
    east, west = UTC, timezone(timedelta(hours=-5))
    names = [each.id for each in two]
    assert plan_retention(two, policy(daily=2), now=NOW, zone=east).remove == ()
    assert plan_retention(two, policy(daily=2), now=NOW, zone=west).remove == (names[0],)


def test_each_kept_set_has_its_reasons() -> None:
    found = plan(DAILY[:40], policy(last=2, days=1, weekly=1))
    assert reasons(found, "full-0") == (
        "last complete set of type full",
        "younger than 1 days",
        "number 1 of the last 2",
        "weekly: week 2024-W52",
    )
    assert reasons(found, "full-1") == ("number 2 of the last 2",)


def test_types_are_counted_for_themselves() -> None:
    both = [*DAILY[:5], *(item(days, "incremental") for days in range(5))]
    found = plan(both, policy(last=1, types={"incremental": {"last": 3}}))
    assert kept(found) == {"full-0", "incremental-0", "incremental-1", "incremental-2"}


def test_what_is_not_whole_pushes_nothing_out() -> None:
    bad = [item(days, complete=False) for days in range(3)]
    found = plan([*bad, item(10), item(11)], policy(last=2))
    assert kept(found) == {"full-0", "full-10", "full-11"}
    assert reasons(found, "full-0") == ("last incomplete set of type full",)


def test_an_incomplete_set_older_than_a_complete_one_is_only_kept_by_its_age() -> None:
    sets = [item(1), item(2, complete=False)]
    assert kept(plan(sets, policy(last=5))) == {"full-1"}
    assert reasons(plan(sets, policy(days=5)), "full-2") == ("younger than 5 days",)


def test_the_last_complete_set_stays_however_old_it_is() -> None:
    assert plan([item(9999)], policy(days=1)).remove == ()


def test_the_last_verified_set_of_each_level_stays_however_old_it_is() -> None:
    proofs = [
        Proof("full-40", 2, NOW - timedelta(days=20)),
        Proof("full-50", 2, NOW - timedelta(days=30)),
        Proof("full-50", 3, NOW - timedelta(days=30)),
        Proof("gone", 4, NOW),
    ]
    for order in itertools.permutations(proofs):
        found = plan(DAILY, policy(last=1), proofs=order)
        assert kept(found) == {"full-0", "full-40", "full-50"}
        assert reasons(found, "full-40") == ("last verified at level 2, 2024-12-05T14:30:00Z",)


def test_a_proof_of_what_is_damaged_since_protects_nothing() -> None:
    damaged = [item(0), item(9, complete=False)]
    assert plan(damaged, policy(last=1), proofs=[Proof("full-9", 2, NOW)]).remove == ("full-9",)


def test_what_was_promised_stays_until_then() -> None:
    sets = [item(0), item(9, keep_until=NOW + timedelta(seconds=1)), item(10, keep_until=NOW)]
    found = plan(sets, policy(last=1))
    assert reasons(found, "full-9") == ("to be kept until 2024-12-25T14:30:01Z",)
    assert found.remove == ("full-10",)


def test_what_something_needs_now_stays() -> None:
    found = plan(DAILY[:5], policy(last=1), held={"full-4": "is being restored"})
    assert reasons(found, "full-4") == ("is being restored",)


def test_what_has_no_manifest_is_removed_when_nobody_writes_it_any_more() -> None:
    remains = [item(days, "", published=False, complete=False, id=f"remains-{days:g}") for days in (0.5, 1, 2)]
    found = plan([item(0), *remains], policy(last=1, days=30))
    assert found.remove == ("remains-1", "remains-2")
    assert reasons(found, "remains-0.5") == ("without manifest, may still be written",)


def test_what_nobody_can_read_is_never_removed() -> None:
    # A wrong key refuses every manifest there is.
    every = [replace(each, published=False, complete=False, judged=False) for each in DAILY]
    found = plan(every, policy(last=1))
    assert found.remove == ()
    assert set(itertools.chain(*(why for _name, why in found.keep))) == {
        "its manifest cannot be read, so nothing is decided"
    }


@pytest.mark.parametrize(
    ("bases", "days", "base"),
    [
        ([0, 3, 6, 9], 7, 9),
        ([0, 3, 7, 9], 7, 7),
        ([0, 3, 6], 7, 6),
        ([9], 7, 9),
    ],
    ids=["between two", "just as old", "none is that old", "only an old one"],
)
def test_the_base_that_the_wal_needs_stays(bases: list[int], days: int, base: int) -> None:
    found = plan([item(age, base=True) for age in bases], policy(last=1, wal_days=days))
    assert f"base of the WAL of the last {days} days" in reasons(found, f"full-{base}")
    assert kept(found) == {f"full-{min(bases)}", f"full-{base}"}


def test_a_damaged_base_is_no_base() -> None:
    sets = [item(0, base=True), item(8, base=True, complete=False), item(9, base=True)]
    assert plan(sets, policy(last=1, wal_days=7)).remove == ("full-8",)


CHAIN = [
    item(10, base=True),
    item(9, "incremental", base=True, needs=frozenset({"full-10"})),
    item(8, "incremental", base=True, needs=frozenset({"full-10", "incremental-9"})),
    item(5, base=True),
    item(4, "incremental", base=True, needs=frozenset({"full-5", "made by hand"})),
]


def test_what_a_kept_set_needs_stays_too() -> None:
    found = plan(CHAIN, policy(last=1, types={"incremental": {"last": 2}}))
    assert reasons(found, "full-10") == ("base of incremental-8", "base of incremental-9")
    assert reasons(found, "incremental-9") == ("base of incremental-8",)
    assert found.remove == ()


def test_what_goes_goes_before_what_it_needs() -> None:
    found = plan([*CHAIN, item(1), item(1, "incremental")], policy(last=1))
    assert found.remove == ("incremental-4", "incremental-8", "full-5", "incremental-9", "full-10")


def test_a_clock_that_jumped_back_takes_no_base_too_early() -> None:
    # The increment has an older time than the base it was made on.
    jumped = [item(20), item(30, "incremental", needs=frozenset({"full-20"})), item(1), item(1, "incremental")]
    assert plan(jumped, policy(last=1)).remove == ("incremental-30", "full-20")


# All timelines of four sets, of all kinds a set can be of, under each rule, with each of them proven or held.
KINDS: Sequence[dict[str, Any]] = (
    {"set_type": "full", "base": True},
    {"set_type": "full", "base": True, "complete": False},
    {"set_type": "incremental", "base": True, "chained": True},
    {"set_type": "incremental", "complete": False, "chained": True},
    {"set_type": "", "published": False, "complete": False},
    {"set_type": "", "published": False, "complete": False, "judged": False},
)
AGES = (9, 5, 3, 0.5)
POLICIES = (
    policy(last=1),
    policy(days=4),
    policy(weekly=1, wal_days=4),
    policy(monthly=1, types={"incremental": {"daily": 2}}),
)


def timelines() -> Iterator[list[Item]]:
    for kinds in itertools.product(KINDS, repeat=len(AGES)):
        made: list[Item] = []
        for age, kind in zip(AGES, kinds, strict=True):
            facts = {name: value for name, value in kind.items() if name != "chained"}
            # An increment is one of whatever came before it.
            needs = frozenset({made[-1].id, *made[-1].needs}) if kind.get("chained") and made else frozenset()
            made.append(item(age, id=f"set-{age:g}", needs=needs, **facts))
        yield made


def assert_safe(items: list[Item], found: Retention, proofs: Sequence[Proof], held: dict[str, str]) -> None:
    there, stay = {each.id: each for each in items}, kept(found)
    assert sorted([*stay, *found.remove]) == sorted(there)
    assert all(why for _name, why in found.keep)
    for name in stay:
        assert there[name].needs <= stay
    for position, name in enumerate(found.remove):
        assert not there[name].needs & set(found.remove[:position])
        assert there[name].judged
        assert name not in held
        complete = [each for each in items if each.complete and each.type == there[name].type]
        assert not complete or max(complete, key=lambda each: each.time).id != name
        assert not (there[name].complete and any(proof.id == name for proof in proofs))
        assert there[name].published or NOW - there[name].time >= timedelta(hours=24)


@pytest.mark.parametrize("rules", POLICIES, ids=["last", "days", "weekly and WAL", "monthly and daily"])
def test_no_timeline_loses_what_must_stay(rules: dict[str, Any]) -> None:
    count = 0
    for items in timelines():
        for proven, needed in ((None, None), ("set-9", "set-5"), ("set-5", "set-9")):
            proofs = [Proof(proven, 2, NOW)] if proven else []
            held = {needed: "held"} if needed else {}
            assert_safe(items, plan(items, rules, proofs=proofs, held=held), proofs, held)
            count += 1
    assert count == len(KINDS) ** len(AGES) * 3


def test_a_rule_that_keeps_more_never_loses_what_one_that_keeps_less_has() -> None:
    for name in RULES:
        before: set[str] = set()
        for number in range(1, 8):
            now = kept(plan(DAILY, policy(**{name: number})))
            assert before <= now
            before = now


def test_the_order_in_which_sets_are_given_does_not_matter() -> None:
    rules = policy(last=1, types={"incremental": {"last": 1}})
    first = plan(CHAIN, rules)
    assert all(plan(order, rules) == first for order in itertools.permutations(CHAIN))


def test_what_is_kept_is_kept_again() -> None:
    """Removing changes nothing of what is decided next."""
    for rules in POLICIES:
        for items in timelines():
            stay = kept(plan(items, rules))
            assert kept(plan([each for each in items if each.id in stay], rules)) == stay


def test_nothing_of_a_disk_is_asked() -> None:
    names = {*inspect.signature(plan_retention).parameters, *RULES, *RETENTION.fields}
    assert names == {
        *("items", "policy", "now", "zone", "proofs", "held"),
        *("last", "days", "hourly", "daily", "weekly", "monthly", "yearly", "wal_days", "types"),
    }


def test_the_default_is_a_policy() -> None:
    assert check(DEFAULT, RETENTION, "retention").errors == ()
    assert plan([], check(None, RETENTION, "retention").value) == Retention((), ())
