# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time, always UTC, with one spelling for identifiers and one for records."""

from __future__ import annotations

from datetime import UTC, datetime

IDENTIFIER_FORMAT = "%Y%m%d_%H%M%S"


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def to_identifier(moment: datetime) -> str:
    """The id of a release or backup: ``20241225_143000``."""
    return moment.astimezone(UTC).strftime(IDENTIFIER_FORMAT)


def to_text(moment: datetime) -> str:
    """How a moment stands in JSON records: ``2024-12-25T14:30:00Z``, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Read what :func:`to_text` wrote.

    :raises ValueError: the text is no such moment.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
