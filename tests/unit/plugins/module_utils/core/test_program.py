# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.core.program import describe_build


def test_build_is_named_by_version_and_short_hash() -> None:
    assert describe_build("1.2.3", "0f3a9c5d7e21b8") == "steward 1.2.3 (0f3a9c5d7e21)"
