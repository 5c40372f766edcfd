# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.openbao.snapshot.parse import Content, parse_snapshot

STATE = bytes(range(256)) * 400
META = json.dumps({"Version": 1, "ID": "bolt-snapshot", "Index": 312, "Term": 3}).encode()


def archive(**changed: bytes | None) -> bytes:
    """A snapshot as OpenBao makes it, with members replaced or (None) left out."""
    members: dict[str, bytes | None] = {"meta.json": META, "state.bin": STATE}
    sums = "".join(f"{hashlib.sha256(data or b'').hexdigest()}  {name}\n" for name, data in members.items())
    members |= {"SHA256SUMS": sums.encode(), "SHA256SUMS.sealed": b"sealed"}
    members |= {name.replace("_", "."): data for name, data in changed.items()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        file.addfile(folder)
        for name, data in members.items():
            if data is not None:
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                file.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def parse(data: bytes) -> Content:
    return parse_snapshot(io.BytesIO(data), "/s")


def test_a_whole_snapshot_tells_how_far_it_goes() -> None:
    assert parse(archive()).to_dict() == {
        "index": 312,
        "term": 3,
        "state_size": len(STATE),
        "state_sha256": hashlib.sha256(STATE).hexdigest(),
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (archive(state_bin=STATE[:-1]), "the checksum of state.bin is not that in SHA256SUMS"),
        (archive(meta_json=b"{}"), "the checksum of meta.json is not that in SHA256SUMS"),
        (archive(meta_json=b"{"), "Expecting property name"),
        (archive(state_bin=None), "it has no state.bin"),
        (archive(SHA256SUMS_sealed=None), "it has no SHA256SUMS.sealed"),
        (archive(SHA256SUMS=b""), "SHA256SUMS does not name meta.json, state.bin"),
        (archive()[:-400], "unexpected end of data"),
        (archive()[:200] + b"\0\0\0\0" + archive()[204:], ""),
        (b"", ""),
        (b"no archive", ""),
        (gzip.compress(b"no archive"), ""),
    ],
    ids=[
        "state", "meta", "no JSON", "member missing", "seal missing", "sums empty", "truncated", "bits", "empty",
        "text", "packed text",
    ],
)  # fmt: skip
def test_damage_is_found(data: bytes, why: str) -> None:
    with pytest.raises(StewardError, match="/s is no whole OpenBao snapshot: ") as raised:
        parse(data)
    assert why in raised.value.message
