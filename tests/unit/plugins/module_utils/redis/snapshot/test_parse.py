# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.redis.snapshot.parse import (
    Checked,
    parse_check,
    parse_keys,
)

# What redis-check-rdb 8.0.2 says.
GOOD = """[offset 0] Checking RDB file /tmp/x.rdb
[offset 26] AUX FIELD redis-ver = '8.0.2'
[offset 40] AUX FIELD redis-bits = '64'
[offset 81] Selecting DB ID 0
[offset 112] Checksum OK
[offset 112] \\o/ RDB looks OK! \\o/
[info] 2 keys read
[info] 1 expires
[info] 0 already expired
[info] 0 subexpires
"""
CUT_OFF = """[offset 0] Checking RDB file /tmp/y.rdb
--- RDB ERROR DETECTED ---
[offset 20] Unexpected EOF reading RDB file
[additional info] While doing: read-aux
[info] 0 keys read
[info] 0 expires
[info] 0 already expired
"""


def test_a_good_file_has_its_keys() -> None:
    assert parse_check("/x", GOOD, succeeded=True) == Checked(keys=2, expiring=1, expired=0, version="8.0.2")
    assert parse_check("/x", GOOD.replace("redis-ver", "other"), succeeded=True).version == ""


@pytest.mark.parametrize(
    ("text", "succeeded", "message"),
    [
        pytest.param(CUT_OFF, False, "/x is no good RDB file: Unexpected EOF reading RDB file", id="cut off"),
        pytest.param(GOOD, False, "/x is no good RDB file", id="another exit code than words"),
        pytest.param("[info] 2 keys read\n", True, "no good RDB file: .info. 2 keys read", id="something missing"),
        pytest.param("", False, "no good RDB file: nothing", id="silence"),
        pytest.param("RDB looks OK!\n", True, "no good RDB file: RDB looks OK!", id="no figures"),
    ],
)
def test_a_damaged_file_is_an_error_with_its_reason(text: str, succeeded: bool, message: str) -> None:
    with pytest.raises(StewardError, match=message):
        parse_check("/x", text, succeeded=succeeded)


def test_keys_are_those_of_databases() -> None:
    info = {"db0": {"keys": 3, "expires": 1}, "db10": {"keys": 1, "expires": 0}, "dbsize": 3, "role": "master"}
    assert parse_keys(info) == {"0": {"keys": 3, "expiring": 1}, "10": {"keys": 1, "expiring": 0}}
