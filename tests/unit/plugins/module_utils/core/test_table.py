# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.table import duration, render, size


def test_columns_line_up_and_lines_have_no_blanks_at_their_end() -> None:
    assert render(("NAME", "KEYS", ""), [("cache", "12", ""), ("q", "3", "x")]) == (
        "NAME   KEYS\ncache  12\nq      3     x\n"
    )


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 kB"), (200 * 1024, "200 kB"), (3 * 2**30, "3.0 GB"), (2**52, "4096 TB")],
)
def test_sizes_are_for_people(number: int, shown: str) -> None:
    assert size(number) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0.0s"), (1.25, "1.2s"), (59.4, "59s"), (60, "1m 0s"), (3725, "1h 2m"), (93784, "1d 2h")],
)
def test_durations_have_two_parts(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
