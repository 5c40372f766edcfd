# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places in the WAL."""

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.core.lsn import HALF, name_lsn, parse_lsn


@pytest.mark.parametrize(("text", "position"), [("0/3000088", 0x3000088), ("A/0", 10 * HALF), ("1/10", HALF + 16)])
def test_places_are_numbers_and_back(text: str, position: int) -> None:
    assert parse_lsn(text) == position
    assert name_lsn(position) == text


def test_a_place_that_is_none() -> None:
    with pytest.raises(InputError, match="target is 'now', allowed is: a position in the WAL"):
        parse_lsn("now", "target")
