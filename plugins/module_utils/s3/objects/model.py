# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects below a prefix, and what is known of one without reading it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

MEBIBYTE = 1024 * 1024
# In one request up to here, then in parts, each of which is held in memory while it is sent.
SINGLE_BYTES = 64 * MEBIBYTE
PART_BYTES = 16 * MEBIBYTE
# S3's own bound.
MOST_PARTS = 10_000
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Item:
    """An object of a source: ``key`` below its prefix, and a ``mark`` that is another one when the content is."""

    key: str
    size: int
    modified: datetime
    mark: str


@dataclass(frozen=True)
class Recorded:
    """What a copy says of itself: the source's mark and the content's checksum when it was copied."""

    mark: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Content:
    """What was really read."""

    size: int
    sha256: str
    md5: str


def is_md5(etag: str) -> bool:
    """Whether an ETag is the content's MD5: not that of an upload in parts, which counts its parts after a hyphen."""
    return bool(_MD5.fullmatch(etag))


def folder_of(prefix: str) -> str:
    """A prefix as it stands before keys.

    >>> folder_of("restic/web"), folder_of("")
    ('restic/web/', '')
    """
    return f"{prefix.strip('/')}/" if prefix.strip("/") else ""


def part_bytes(size: int) -> int:
    """How long the parts of an upload are, so that there are not too many."""
    return max(PART_BYTES, -(-size // MOST_PARTS))
