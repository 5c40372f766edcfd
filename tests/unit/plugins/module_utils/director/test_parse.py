# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.director.parse import (
    Placed,
    Statistics,
    parse_file,
    parse_states,
    parse_statistics,
    parse_variable,
)

from .samples import text, wish

RECORDED = Path(__file__).parent / "recordings/haproxy-3.0"


def test_a_file_of_ours_is_read_back() -> None:
    assert parse_file(text(wish().services[0], "blue-1")) == (
        Placed("blue-1", "10.0.0.1:18000", True),
        Placed("green-1", "10.0.0.1:18008", False),
    )


def test_recorded_states() -> None:
    states = parse_states((RECORDED / "show_servers_state.txt").read_text())
    assert set(states) == {"isp-framework", "management-platform"}
    assert states["isp-framework"]["blue-1"] == "ready"
    assert states["isp-framework"]["green-1"] == "maint"
    assert len(states["isp-framework"]) == 16


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0, "ready"),
        (4, "ready"),
        (5, "maint"),
        (1, "maint"),
        (0x20, "maint"),
        (8, "drain"),
        (12, "drain"),
        (9, "maint"),
    ],
)
def test_the_states_bits(bits: int, state: str) -> None:
    said = f"1\n# be_id be_name srv_name srv_admin_state\n3 shop blue-1 {bits}\n\n"
    assert parse_states(said) == {"shop": {"blue-1": state}}


@pytest.mark.parametrize("said", ["", "2\n# be_name\n", "1\nbe_name\n", "Permission denied\n"])
def test_states_of_another_form_are_refused(said: str) -> None:
    with pytest.raises(StewardError, match="not understood"):
        parse_states(said)


def test_recorded_statistics_are_the_servers_only() -> None:
    assert parse_statistics((RECORDED / "show_stat.json").read_text()) == {
        ("isp-framework", "blue-1"): Statistics("UP", "L7OK 200", "", 0, 0)
    }


def test_statistics_that_are_not_json_are_refused() -> None:
    with pytest.raises(StewardError, match="not JSON: 'Unknown command'"):
        parse_statistics("Unknown command")


def test_variables() -> None:
    assert parse_variable("proc.steward_shop: type=str value=<f1db181290098f93>\n\n") == "f1db181290098f93"
    assert parse_variable("Variable not found.\n\n") == ""
