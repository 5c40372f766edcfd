# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all who command systemd's units do before and after."""

from __future__ import annotations

from collections.abc import Sequence

from . import process

LAST_LINES = 10


def lift_start_limit(units: Sequence[str]) -> None:
    """Let units start whatever their recent restarts: the limit is for crash loops, not for who starts them knowingly.

    With it a unit that has failed too often stays failed after its cause is gone, and what worked cannot be put back.
    """
    if units:
        process.run(["systemctl", "reset-failed", "--", *units], check=False)


def last_words(units: Sequence[str]) -> str:
    """What units said last, because systemctl itself only points to the journal."""
    if not units:
        return ""
    named = [f"--unit={unit}" for unit in units]
    # What a dead process wrote last may still be on its way to the journal.
    process.run(["journalctl", "--sync"], check=False)
    said = process.run(["journalctl", "--no-pager", "--output=cat", f"--lines={LAST_LINES}", *named], check=False)
    return said.last_lines
