# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.recovery.site import compare

ORDERS = {"rows": 3, "checksum": "17"}
EVENTS = {"rows": 10, "checksum": "5"}
MORE_EVENTS = {"rows": 12, "checksum": "6"}
SOURCE = {"shop.public.orders": ORDERS, "shop.public.events": EVENTS}


def statuses(before, after, found):
    return [(finding.name, finding.status) for finding in compare.compare(before, after, found)]


def test_figures_are_named_by_database_schema_and_table():
    rows = [{"name": "shop", "tables": [{"name": "public.orders", "rows": 3, "checksum": "17"}]}]
    assert compare.figures(rows) == {"shop.public.orders": ORDERS}


def test_what_is_the_same_passes():
    finding = compare.compare(SOURCE, SOURCE, SOURCE)[0]
    assert finding.message == "2 tables with 13 rows have the checksums of the source"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param({"shop.public.events": EVENTS}, "shop.public.orders is missing", id="a table is gone"),
        pytest.param({**SOURCE, "shop.public.orders": {"rows": 2, "checksum": "9"}}, "has 2 rows, the source 3",
                     id="a row is gone"),
        pytest.param({**SOURCE, "shop.public.orders": {"rows": 3, "checksum": "9"}}, "has another checksum",
                     id="a value is another"),
        pytest.param({**SOURCE, "shop.public.new": ORDERS}, "shop.public.new is there, the source has none",
                     id="a table too many"),
    ],
)  # fmt: skip
def test_each_difference_fails(found, said):
    finding = compare.compare(SOURCE, SOURCE, found)[0]
    assert (finding.status, said in finding.message) == ("fail", True)


def test_many_differences_are_counted():
    many = {f"shop.public.t{number}": ORDERS for number in range(8)}
    assert compare.compare(many, many, {})[0].message.endswith("; and 3 more")


def test_what_was_written_to_meanwhile_has_to_be_between():
    after = {**SOURCE, "shop.public.events": MORE_EVENTS}
    between = {**SOURCE, "shop.public.events": {"rows": 11, "checksum": "x"}}
    assert statuses(SOURCE, after, between) == [("data", "pass"), ("written", "warn")]
    outside = {**SOURCE, "shop.public.events": {"rows": 9, "checksum": "x"}}
    assert statuses(SOURCE, after, outside) == [("data", "fail")]
    assert statuses(SOURCE, after, {"shop.public.orders": ORDERS}) == [("data", "fail")]


def test_what_was_dropped_or_made_meanwhile_may_be_there_or_not():
    dropped = {"shop.public.orders": ORDERS}
    assert statuses(SOURCE, dropped, SOURCE) == statuses(SOURCE, dropped, dropped) == [
        ("data", "pass"), ("written", "warn"),
    ]  # fmt: skip
    assert statuses(dropped, SOURCE, SOURCE) == [("data", "pass")]


def test_nothing_to_compare_is_no_success():
    assert statuses({}, {}, {}) == [("data", "unknown")]
    moved = {"shop.public.events": EVENTS}
    assert statuses(moved, {"shop.public.events": MORE_EVENTS}, moved) == [("data", "unknown")]
