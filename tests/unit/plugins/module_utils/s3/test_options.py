# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.core.s3 import Access
from ansible_collections.steward.platform.plugins.module_utils.s3.options import ACCESS


def test_the_options_are_what_the_door_reads() -> None:
    given = {name: f"the {name}" for name in ACCESS}
    assert vars(Access.read({**given, "name": "backups"})) == given
