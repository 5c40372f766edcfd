# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs say, as plain data."""

from __future__ import annotations


def parse_units(text: str) -> dict[str, str]:
    """The state by unit, as ``systemctl show`` tells Id, LoadState and ActiveState; empty where nothing is installed.

    >>> parse_units("Id=a.service\\nLoadState=loaded\\nActiveState=active\\n")
    {'a.service': 'active'}
    """
    blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in text.strip().split("\n\n") if block]
    return {block["Id"]: block["ActiveState"] if block["LoadState"] != "not-found" else "" for block in blocks}
