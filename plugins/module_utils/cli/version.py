# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which build of the program this is."""

from __future__ import annotations

import json
import pkgutil
from typing import Any

from ..core.errors import StewardError


def read_build() -> dict[str, Any]:
    """Version and content hash, as host_agent packed them in.

    :raises StewardError: this is not the packed program.
    """
    package = (__package__ or "").rpartition(".")[0]
    try:
        data = pkgutil.get_data(package, "build.json")
    except OSError:
        data = None
    if data is None:
        raise StewardError("this is not the installed program", "The role host_agent installs it.")
    build: dict[str, Any] = json.loads(data)
    return build


def describe(version: str, content: str) -> str:
    """How a build is named for people.

    >>> describe("1.2.3", "0f3a9c5d7e21b8")
    'steward 1.2.3 (0f3a9c5d7e21)'
    """
    return f"steward {version} ({content[:12]})"
