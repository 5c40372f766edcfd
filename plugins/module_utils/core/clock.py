# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time, always UTC, with one spelling for identifiers and one for records."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

IDENTIFIER_FORMAT = "%Y%m%d_%H%M%S"
SINCE = "30s, 10m, 2h, 7d or 2024-12-25T14:30:00Z"
_AGE = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def local_zone() -> tzinfo:
    """The host's time zone."""
    return datetime.now().astimezone().tzinfo or UTC


def to_identifier(moment: datetime) -> str:
    """The id of a release or backup: ``20241225_143000``."""
    return moment.astimezone(UTC).strftime(IDENTIFIER_FORMAT)


def parse_identifier(text: str) -> datetime:
    """Read what :func:`to_identifier` wrote.

    :raises ValueError: the text is no such id.
    """
    return datetime.strptime(text, IDENTIFIER_FORMAT).replace(tzinfo=UTC)


def to_text(moment: datetime) -> str:
    """How a moment stands in JSON records: ``2024-12-25T14:30:00Z``, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Read what :func:`to_text` wrote.

    :raises ValueError: the text is no such moment.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def parse_since(text: str, moment: datetime) -> datetime:
    """What somebody means who asks since when: an age before ``moment``, or a moment itself.

    :raises ValueError: it is neither.
    """
    age = _AGE.fullmatch(text)
    return moment - timedelta(seconds=int(age[1]) * _SECONDS[age[2]]) if age else parse(text)
