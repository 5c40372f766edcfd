# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors a user can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class StewardError(Exception):
    """What was tried and what came back, with a hint what to do next.

    ``message`` starts in lower case and holds no secret; ``hint`` is a full sentence or empty; ``data`` is
    for programs that want to know more than the text.

    >>> str(StewardError("port 5432 is taken by postgres", "Stop it or choose another port."))
    'port 5432 is taken by postgres. Stop it or choose another port.'
    """

    def __init__(self, message: str, hint: str = "", data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.data = data or {}

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


class InputError(StewardError):
    """An option has a value that is not allowed; nothing was changed."""


class BusyError(StewardError):
    """Somebody else holds the lock or lease; the message names the holder."""
