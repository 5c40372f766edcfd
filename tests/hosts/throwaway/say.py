# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tool tells its user: progress lines on stderr, one clear line for an error."""

from __future__ import annotations

import sys
import time

_START = time.monotonic()


class HostsError(Exception):
    """An error the user can act on: what went wrong, and what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


def progress(subject: str, text: str) -> None:
    """One line of progress; one write, so that hosts brought up in parallel do not mix their lines."""
    sys.stderr.write(f"[{time.monotonic() - _START:6.1f}s] {subject}: {text}\n")
    sys.stderr.flush()
