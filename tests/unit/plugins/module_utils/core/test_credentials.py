# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.credentials import accepted

USED = {"username": "web", "password": "now"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(USED, [("web", "now")], id="nothing is rotated"),
        pytest.param(
            {**USED, "next_username": "web_b", "next_password": "then"}, [("web", "now"), ("web_b", "then")], id="next"
        ),
        pytest.param(
            {**USED, "previous_username": "web_b", "previous_password": "before"},
            [("web", "now"), ("web_b", "before")],
            id="previous",
        ),
        pytest.param(
            {**USED, "refused_username": "web_b", "refused_password": "before"}, [("web", "now")], id="not refused ones"
        ),
        pytest.param({"password": "now"}, [(None, "now")], id="without a user name"),
        pytest.param({"username": "web", "password": ""}, [], id="an empty password"),
    ],
)
def test_what_servers_are_to_accept(fields, expected):
    assert accepted(fields) == expected
