# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_validation import assertions, canary
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

ROW = {"set_id": "20261128_020000", "written": "2026-11-28T02:00:09Z", "lsn": "0/5000060"}
ASSERTION = {"name": "orders", "database": "shop", "query": "SELECT true"}


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        pytest.param([{**ROW, "set_id": "20261127_020000"}, ROW], "pass", id="it is there"),
        pytest.param([{**ROW, "set_id": "20261127_020000"}], "fail", id="only that of an earlier set"),
        pytest.param([], "fail", id="none at all"),
    ],
)
def test_the_canary(rows, status):
    (check,) = canary.canary_checks("20261128_020000", rows)
    assert check.status == status
    assert check.figures["newest"] == (rows[-1] if rows else None)


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        pytest.param([{"?column?": True}], "", "pass", id="true"),
        pytest.param([{"?column?": False}], "", "fail", id="false"),
        pytest.param([{"count": 1}], "", "fail", id="a number is not true"),
        pytest.param([], "", "fail", id="no row"),
        pytest.param([{"a": True}, {"a": True}], "", "fail", id="two rows"),
        pytest.param([], "no such table", "fail", id="an error"),
    ],
)
def test_an_assertion(answer, error, status):
    assert assertions.assertion_check(ASSERTION, answer, error).status == status


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"query": " "}, "assertions[0].query is ' '", id="no query"),
        pytest.param({"database": None}, "assertions[0].database is None", id="no database"),
        pytest.param({"expected": 1}, "assertions[0].expected is unknown", id="an unknown field"),
    ],
)
def test_a_bad_assertion_is_refused(changed, message):
    with pytest.raises(InputError) as refused:
        assertions.check_assertions([{**ASSERTION, **changed}])
    assert message in str(refused.value)


def test_good_assertions():
    assert assertions.check_assertions([ASSERTION]) == (ASSERTION,)
