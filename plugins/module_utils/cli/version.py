# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which build of the program this is."""

from __future__ import annotations

import json
import pkgutil
from typing import Any

from ..core.errors import StewardError
from ..core.program import BUILD_FILE


def read_build() -> dict[str, Any]:
    """Version and content hash, as host_agent packed them in.

    :raises StewardError: this is not the packed program.
    """
    package = (__package__ or "").rpartition(".")[0]
    try:
        data = pkgutil.get_data(package, BUILD_FILE)
    except OSError:
        data = None
    if data is None:
        raise StewardError("this is not the installed program", "The role host_agent installs it.")
    build: dict[str, Any] = json.loads(data)
    return build
