# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trial sees instead of the real data."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit


def scratch_url(text: str, scratch: Mapping[str, str]) -> str:
    """A secret with the database in it replaced by its scratch copy; any other secret as it is.

    >>> scratch_url("postgresql://u:p@db:5432/app?sslmode=require", {"app": "steward_scratch_app"})
    'postgresql://u:p@db:5432/steward_scratch_app?sslmode=require'
    """
    parts = urlsplit(text)
    name = scratch.get(parts.path.lstrip("/"))
    return urlunsplit(parts._replace(path=f"/{name}")) if name and parts.netloc else text
