# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.steward.platform.plugins.modules import recovery_plan_info

DETAILS = {"timeline": 1, "lsn_start": "0/3000028", "lsn_stop": "0/3000138"}
DATABASE = {
    "part": "postgresql", "engine": "pgbackrest", "id": "20261028-020000F", "finished": "2026-10-28T02:00:10Z",
    "size": 580_000_000, "details": DETAILS,
}  # fmt: skip
RUN = {"timeline": 1, "first": "000000010000000000000002", "last": "000000010000000000000009",
       "until": "2026-10-28T11:58:00Z"}  # fmt: skip
GIVEN = {
    "platform": "shop", "scope": "database", "sets": [{"id": "20261028_020000", "parts": [DATABASE]}],
    "repositories": ["main"], "wal": {"runs": [RUN]},
}  # fmt: skip


def call(capsys, **changed):
    arguments = {**GIVEN, **changed, "_ansible_check_mode": True}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        recovery_plan_info.main()
    return json.loads(capsys.readouterr().out)


def test_a_plan(capsys):
    answer = call(capsys, target="2026-10-28 12:00:00", zone="Europe/Berlin")
    assert answer["changed"] is False
    assert answer["plan"]["restores_to"] == "2026-10-28T11:00:00Z"
    assert answer["plan"]["confirm"] == "shop-20261028_020000"


def test_one_line_for_bad_input(capsys):
    answer = call(capsys, target="2026-10-28 12:00:00")
    assert answer["failed"] is True
    assert answer["msg"].startswith("target is '2026-10-28 12:00:00', which has no time zone.")
    assert "\n" not in answer["msg"]


def test_a_moment_that_is_not_in_the_archive(capsys):
    answer = call(capsys, target="2026-10-28T12:00:00Z")
    assert answer["hint"] == "The nearest that can be restored: 2026-10-28T11:58:00Z before it."
