# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.systemd_units.parse import Unit, parse_units

# systemctl show --property=LoadState,UnitFileState,ActiveState -- docker.socket nosuch.service, systemd 257
TWO = """LoadState=loaded
ActiveState=active
UnitFileState=enabled

LoadState=not-found
ActiveState=inactive
UnitFileState=
"""


def test_blocks_belong_to_the_names_in_their_order() -> None:
    assert parse_units(["docker.socket", "nosuch.service"], TWO) == {
        "docker.socket": Unit("loaded", "enabled", "active"),
        "nosuch.service": Unit("not-found", "", "inactive"),
    }


def test_no_units_give_no_answer() -> None:
    assert parse_units([], "") == {}


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], TWO), (["a"], ""), (["a"], "Failed to connect")], ids=["too many", "none", "no answer"]
)
def test_another_answer_is_an_error(names: list[str], text: str) -> None:
    with pytest.raises(StewardError, match=r"systemctl show gave . answers to 1 units"):
        parse_units(names, text)
