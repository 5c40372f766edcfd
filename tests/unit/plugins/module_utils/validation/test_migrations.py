# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.validation.migrations import Said, validate

SERVICE: dict[str, Any] = {"name": "api", "migration": {"heads": ["h"]}, "accepts_revisions": ["0003"]}


@pytest.mark.parametrize(
    ("said", "status", "message"),
    [
        (Said(["0002"], ["0002"]), "pass", "the database is at 0002, the newest revision of the code"),
        (Said(["0003"], ["0002"]), "pass", "the database is at 0003, which the code at 0002 accepts"),
        (Said(["0001"], ["0002"]), "fail", "the database is at 0001, the code that serves wants 0002"),
        (Said([], ["0002"]), "fail", "the database is at nothing, the code that serves wants 0002"),
        (
            Said(["0002"], ["0002", "0002b"]),
            "fail",
            "the migrations of api have 2 heads (0002, 0002b), allowed is: one",
        ),
        (
            Said(error="alembic heads ended with 1: KeyError: '0000'"),
            "fail",
            "alembic heads ended with 1: KeyError: '0000'",
        ),
    ],
    ids=["at head", "accepted", "behind", "empty", "two heads", "broken chain"],
)
def test_the_schema_is_judged_by_what_the_commands_say(said: Said, status: str, message: str) -> None:
    (row,) = validate([SERVICE, {**SERVICE, "name": "worker", "migration": None}], {"api": said})
    assert (row.service, row.finding.status, row.finding.message) == ("api", status, message)
