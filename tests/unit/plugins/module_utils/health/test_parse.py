# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.health.parse import parse_units

# systemd 257: one block a unit, in the order asked; a unit that does not exist is a block too.
SHOWN = """Id=nginx.service
LoadState=loaded
ActiveState=active

Id=haproxy.service
LoadState=not-found
ActiveState=inactive

Id=dotmac-api.service
LoadState=loaded
ActiveState=failed
"""


def test_units_have_a_state_each_and_none_where_nothing_is_installed() -> None:
    assert parse_units(SHOWN) == {"nginx.service": "active", "haproxy.service": "", "dotmac-api.service": "failed"}


def test_no_units_are_no_states() -> None:
    assert parse_units("") == {}
