# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.findings import (
    FAIL,
    PASS,
    UNKNOWN,
    WARN,
    Finding,
    worst,
)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], UNKNOWN),
        ([PASS], PASS),
        ([PASS, WARN, PASS], WARN),
        ([WARN, UNKNOWN], UNKNOWN),
        ([FAIL, UNKNOWN, WARN, PASS], FAIL),
    ],
)
def test_worst_status_counts(statuses: list[str], expected: str) -> None:
    assert worst(Finding("x", status, "seen") for status in statuses) == expected


def test_unknown_status_is_a_defect_of_the_check() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        worst([Finding("x", "excellent", "seen"), Finding("y", PASS, "seen")])


def test_finding_becomes_a_document() -> None:
    assert Finding("disk", WARN, "8 GB free", "Free some.").to_dict() == {
        "name": "disk",
        "status": "warn",
        "message": "8 GB free",
        "hint": "Free some.",
    }
