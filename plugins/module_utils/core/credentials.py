# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A generated secret while it is replaced: beside the fields that services use stand those that come or go.

``next_`` are prepared, ``previous_`` are still accepted, ``refused_`` are not any more and only kept to be tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEXT, PREVIOUS, REFUSED = "next_", "previous_", "refused_"


def accepted(fields: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """User names and passwords that a server is to accept now, first those that services use.

    >>> accepted({"username": "web", "password": "new", "previous_username": "web_b", "previous_password": "old"})
    [('web', 'new'), ('web_b', 'old')]
    """
    return [
        (fields.get(f"{prefix}username"), fields[f"{prefix}password"])
        for prefix in ("", NEXT, PREVIOUS)
        if fields.get(f"{prefix}password")
    ]
