# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_validation import inventory
from ansible_collections.steward.platform.plugins.module_utils.backup_validation.inventory import Envelope

MB = 1024**2


def database(size=900 * MB, name="shop", **rows):
    rows = rows or {"orders": 100_000, "items": 10}
    tables = [{"name": f"public.{table}", "rows": count, "size": 8192} for table, count in rows.items()]
    return inventory.summarise(name, size, tables, ["plpgsql"])


def counted(size=900 * MB, tables=2, rows=100_010):
    return {"name": "shop", "size": size, "tables": tables, "rows": rows}


def test_an_entry_of_the_manifest():
    assert database(orders=3, unknown=-1)["rows"] == 3
    assert inventory.summarise("shop", 1, [{"name": "a", "rows": 1, "size": 2, "quoted": "a"}])["tables"] == [
        {"name": "a", "rows": 1, "size": 2}
    ]


@pytest.mark.parametrize(
    ("recorded", "found", "message"),
    [
        pytest.param(database(), database(), "", id="the same"),
        pytest.param(database(), database(orders=104_000, items=900), "", id="what was written meanwhile"),
        pytest.param(database(), database(orders=107_000, items=10), "public.orders has 107000 rows instead of 100000",
                     id="too many rows"),
        pytest.param(database(), database(orders=90_000, items=10), "public.orders has 90000 rows", id="too few rows"),
        pytest.param(database(), database(orders=0, items=10), "public.orders is empty, it had 100000", id="emptied"),
        pytest.param(database(), database(orders=100_000), "the table public.items is missing", id="no table"),
        pytest.param(database(), database(size=MB), "1.0 MB instead of 900 MB", id="too small"),
        pytest.param(database(size=MB), database(size=20 * MB), "", id="small databases differ"),
        pytest.param(database(), {**database(), "name": "other"}, "the database shop is missing", id="no database"),
        pytest.param(database(orders=-1, items=10), database(orders=5, items=10), "", id="nobody had counted"),
        pytest.param(database(orders=5, items=10), database(orders=-1, items=10), "", id="nobody counted now"),
        pytest.param(counted(), database(), "", id="recorded in less detail"),
        pytest.param(counted(tables=3), database(), "2 tables instead of 3", id="fewer tables"),
        pytest.param(counted(), counted(rows=0), "all tables is empty, it had 100010 rows", id="all rows are gone"),
    ],
)  # fmt: skip
def test_the_envelope(recorded, found, message):
    (check,) = inventory.compare([recorded], [found], Envelope())
    assert check.status == ("fail" if message else "pass")
    assert message in check.message


def test_a_small_table_that_is_empty_is_a_warning():
    (check,) = inventory.compare([database()], [database(orders=100_000, items=0)], Envelope())
    assert (check.status, check.message) == ("warn", "public.items is empty, it had 10 rows")
    (check,) = inventory.compare_previous([database()], [database(orders=100_000, items=0)], Envelope())
    assert check.status == "warn"


def test_what_replay_added_is_no_difference():
    grown = database(size=5000 * MB, orders=900_000, items=10)
    assert [check.status for check in inventory.compare([database()], [grown], Envelope(growth=True))] == ["pass"]
    (check,) = inventory.compare([grown], [database()], Envelope(growth=True))
    assert check.status == "fail"


def test_a_loss_that_was_meant_is_a_warning():
    emptied = [database(orders=0, items=10)]
    assert inventory.compare_previous([database()], emptied, Envelope())[0].status == "fail"
    (check,) = inventory.compare_previous([database()], emptied, Envelope(), accepted=True)
    assert (check.status, check.figures["wrong"]) == (
        "warn", ["public.orders of shop is empty, it had 100000 rows in the set before"],
    )  # fmt: skip


def test_nothing_to_compare_with_is_no_pass():
    assert [check.status for check in inventory.compare([], [database()], Envelope())] == ["unknown"]


@pytest.mark.parametrize(
    ("previous", "found", "message"),
    [
        pytest.param(database(), database(size=600 * MB), "", id="it shrank a little"),
        pytest.param(database(), database(size=400 * MB), "shop went from 900 MB to 400 MB", id="it shrank a lot"),
        pytest.param(database(), database(orders=0, items=1), "public.orders of shop is empty", id="emptied"),
        pytest.param(database(), database(orders=1), "", id="a migration removed a table"),
        pytest.param(database(orders=0), database(orders=0), "", id="it was empty before"),
        pytest.param(database(name="old"), database(), "the database old is gone", id="a database is gone"),
        pytest.param(counted(), database(), "", id="recorded in less detail"),
    ],
)
def test_against_the_last_proved_set(previous, found, message):
    (check,) = inventory.compare_previous([previous], [found], Envelope())
    assert check.status == ("fail" if message else "pass")
    assert message in check.message


@pytest.mark.parametrize(("size", "needs"), [(0, False), (8192, True), (inventory.COUNT_BYTES + 1, False)])
def test_what_is_counted(size, needs):
    assert inventory.needs_count({"size": size}) is needs


def test_where_nobody_recorded_anything_there_must_be_something():
    (check,) = inventory.describe([database()])
    assert (check.status, check.message) == ("pass", "2 tables with 100010 rows")
    assert inventory.describe([counted(tables=1, rows=0)])[0].status == "fail"
