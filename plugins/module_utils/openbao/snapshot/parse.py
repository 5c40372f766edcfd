# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a raft snapshot, as far as that can be told without keys."""

from __future__ import annotations

import hashlib
import json
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from ...core.errors import StewardError

META, STATE, SUMS, SEALED_SUMS = "meta.json", "state.bin", "SHA256SUMS", "SHA256SUMS.sealed"
SMALL = 1 << 20
BLOCK = 1 << 20


@dataclass(frozen=True)
class Content:
    """A snapshot that is whole: how far the log had come, the storage's size, and when it was opened by its sums."""

    index: int
    term: int
    size: int
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        return {"index": self.index, "term": self.term, "state_size": self.size, "state_sha256": self.sha256}


def parse_snapshot(file: IO[bytes], name: str) -> Content:
    """Read a snapshot to its end and compare every member with the checksums in it.

    Its sealed checksums, which prove who made it, are only looked for: they open with the seal's key alone.

    :raises StewardError: it is damaged, incomplete or no snapshot.
    """
    sums: dict[str, str] = {}
    sizes: dict[str, int] = {}
    texts: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=file, mode="r|gz") as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None:
                    sums[member.name], texts[member.name] = _read(stream)
                    sizes[member.name] = member.size
        document = json.loads(texts.get(META, b"{}"))
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise damaged(name, str(error) or type(error).__name__) from error
    missing = [part for part in (META, STATE, SUMS, SEALED_SUMS) if part not in sums]
    if missing:
        raise damaged(name, f"it has no {', '.join(missing)}")
    wrong = [part for part, wanted in _expected(texts[SUMS]).items() if sums.get(part) != wanted]
    if wrong:
        raise damaged(name, f"the checksum of {', '.join(wrong)} is not that in {SUMS}")
    unsummed = [part for part in (META, STATE) if part not in _expected(texts[SUMS])]
    if unsummed:
        raise damaged(name, f"{SUMS} does not name {', '.join(unsummed)}")
    return Content(document.get("Index", 0), document.get("Term", 0), sizes[STATE], sums[STATE])


def damaged(name: str, why: str) -> StewardError:
    return StewardError(f"{name} is no whole OpenBao snapshot: {why}", "Take another one; do not restore this one.")


def _read(stream: IO[bytes]) -> tuple[str, bytes]:
    """The checksum of a member, and its beginning, which is all of it for the small ones."""
    digest, begin = hashlib.sha256(), b""
    while block := stream.read(BLOCK):
        digest.update(block)
        begin = begin or block[:SMALL]
    return digest.hexdigest(), begin


def _expected(text: bytes) -> Mapping[str, str]:
    """Checksums by name, as ``sha256sum`` writes them.

    >>> _expected(b"0f3a  meta.json")
    {'meta.json': '0f3a'}
    """
    lines = (line.split() for line in text.decode(errors="replace").splitlines())
    return {words[1].lstrip("*"): words[0] for words in lines if len(words) == 2}
