# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program ``steward``: the name of its package and of its builds."""

from __future__ import annotations

PACKAGE = "steward"
BUILD_FILE = "build.json"


def describe_build(version: str, content: str) -> str:
    """How a build is named for people; ``content`` is the hash of its sources.

    >>> describe_build("1.2.3", "0f3a9c5d7e21b8")
    'steward 1.2.3 (0f3a9c5d7e21)'
    """
    return f"{PACKAGE} {version} ({content[:12]})"
