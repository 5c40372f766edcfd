# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What redis-check-rdb and INFO say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import StewardError

_KEYS = re.compile(r"^\[info\] (\d+) keys read$", re.MULTILINE)
_EXPIRING = re.compile(r"^\[info\] (\d+) expires$", re.MULTILINE)
_EXPIRED = re.compile(r"^\[info\] (\d+) already expired$", re.MULTILINE)
_VERSION = re.compile(r"AUX FIELD redis-ver = '([^']*)'")
_GOOD = "RDB looks OK!"
_ERROR = re.compile(r"^\[offset \d+\] (?!AUX|Checking|Selecting|Checksum)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Checked:
    """What is in a file: all its keys, those that have an end, and those that had it before they were read."""

    keys: int
    expiring: int
    expired: int
    version: str = ""


def parse_check(path: str, text: str, *, succeeded: bool) -> Checked:
    """What redis-check-rdb found in a file.

    :raises StewardError: the file is damaged.
    """
    numbers = [pattern.search(text) for pattern in (_KEYS, _EXPIRING, _EXPIRED)]
    if not succeeded or _GOOD not in text or not all(numbers):
        said = _ERROR.search(text)
        reason = said.group(1) if said else (text.strip().splitlines() or ["nothing"])[-1]
        raise StewardError(
            f"{path} is no good RDB file: {reason}", "Take another snapshot; this one cannot be restored."
        )
    keys, expiring, expired = (int(number.group(1)) for number in numbers if number)
    version = _VERSION.search(text)
    return Checked(keys, expiring, expired, version.group(1) if version else "")


def parse_keys(info: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Keys of each database, by its number, from INFO as redis-py reads it.

    >>> parse_keys({"redis_version": "8.0.2", "db3": {"keys": 2, "expires": 1, "avg_ttl": 0}})
    {'3': {'keys': 2, 'expiring': 1}}
    """
    return {
        name.removeprefix("db"): {"keys": row["keys"], "expiring": row["expires"]}
        for name, row in info.items()
        if name.startswith("db") and name.removeprefix("db").isdigit()
    }
