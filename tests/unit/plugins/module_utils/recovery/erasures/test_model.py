# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery.erasures import model

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
GIVEN = {"database": "shop", "statement": "DELETE FROM customers WHERE id = %s", "values": [42]}


def test_an_entry():
    first = model.build_entry(GIVEN, NOW, [])
    assert first == {
        "schema": 1, "id": "20261128_120000-1", "erased": "2026-11-28T12:00:00Z", "database": "shop",
        "statement": "DELETE FROM customers WHERE id = %s", "values": [42],
    }  # fmt: skip
    assert model.build_entry(GIVEN, NOW, [first])["id"] == "20261128_120000-2"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param([], "the erasure is not usable", id="no object"),
        pytest.param({**GIVEN, "reason": "x"}, "the erasure is not usable", id="an unknown field"),
        pytest.param({**GIVEN, "database": ""}, "the erasure is not usable", id="no database"),
        pytest.param({**GIVEN, "statement": "SELECT 1 WHERE true"}, "statement is not usable", id="no erasure"),
        pytest.param({**GIVEN, "statement": "DELETE FROM customers"}, "statement is not usable", id="everybody"),
        pytest.param({**GIVEN, "statement": 1}, "statement is not usable", id="a number"),
        pytest.param({**GIVEN, "statement": "DELETE FROM x WHERE id = %s; DROP TABLE x"}, "a semicolon", id="two"),
        pytest.param({**GIVEN, "values": 42}, "values is not usable", id="a single value"),
        pytest.param({**GIVEN, "values": [1.5]}, "values is not usable", id="a fraction"),
        pytest.param({**GIVEN, "values": [1, 2]}, "values has 2, allowed is", id="too many values"),
    ],
)
def test_what_is_refused(document, message):
    with pytest.raises(InputError, match=message) as refused:
        model.build_entry(document, NOW, [])
    assert "42" not in str(refused.value)


def test_the_ledger_is_read_whole_or_not_at_all():
    entry = model.build_entry(GIVEN, NOW, [])
    assert model.parse_ledger([model.to_line(entry)]) == [entry]
    for line in ("{", "[]", json.dumps({**entry, "schema": 2})):
        with pytest.raises(StewardError, match="line 2"):
            model.parse_ledger([model.to_line(entry), line])


def test_two_ledgers_are_one():
    entries = [{**model.build_entry(GIVEN, NOW, []), "id": name, "erased": name} for name in ("a", "b", "c")]
    assert [entry["id"] for entry in model.union(entries[1:], entries[:2])] == ["a", "b", "c"]


def test_a_database_that_is_not_there_is_left_out():
    entry = model.build_entry(GIVEN, NOW, [])
    assert model.of_database([entry], ["shop"]) == [entry]
    assert model.of_database([entry], ["other"]) == []


def test_people_see_no_values():
    shown = model.render_ledger([model.build_entry(GIVEN, NOW, [])])
    assert "20261128_120000-1" in shown
    assert "42" not in shown
