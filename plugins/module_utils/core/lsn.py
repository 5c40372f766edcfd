# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places in PostgreSQL's WAL."""

from __future__ import annotations

import re

from .errors import InputError

# What is written in two hexadecimal numbers is one of 64 bits.
HALF = 1 << 32
LSN_PATTERN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


def parse_lsn(text: str, place: str = "the LSN") -> int:
    """A position in the WAL in bytes.

    >>> parse_lsn("1/10")
    4294967312

    :raises InputError: it is none.
    """
    found = LSN_PATTERN.fullmatch(text)
    if found is None:
        raise InputError(f"{place} is {text!r}, allowed is: a position in the WAL, as 0/3000088")
    return int(found[1], 16) * HALF + int(found[2], 16)


def name_lsn(position: int) -> str:
    """The inverse of :func:`parse_lsn`.

    >>> name_lsn(4294967312)
    '1/10'
    """
    return "{:X}/{:X}".format(*divmod(position, HALF))
