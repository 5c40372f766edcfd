# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery.running.steps import lookup

PART = {"part": "postgresql", "id": "20261128-020000F"}
JOURNAL = {
    "name": "x",
    "facts": {
        "asked": {"timeline": 2},
        "plan": {
            "parts": [{"part": "postgresql", "set": "s"}, {"part": "configuration", "set": "gone"},
                      {"part": "openbao", "set": "s"}],
            "target": {"type": "time", "value": "t"},
        },
        "place": {"sets": {"s": {"parts": [PART]}}},
        "results": {"fence": {"a": 1}},
    },
}  # fmt: skip


def test_a_part_as_its_set_has_it():
    assert lookup.part_row(JOURNAL, "postgresql") == PART
    for part in ("configuration", "openbao", "redis-queue"):
        with pytest.raises(StewardError, match=f"no set with the part {part}"):
            lookup.part_row(JOURNAL, part)


def test_what_was_wished_and_found():
    assert lookup.wish(JOURNAL) == {
        "label": "20261128-020000F", "target_type": "time", "target": "t", "timeline": 2,
    }  # fmt: skip
    assert lookup.result(JOURNAL, "fence") == {"a": 1}
    assert lookup.result(JOURNAL, "release") == {}
    assert lookup.instance("redis-queue") == "queue"
