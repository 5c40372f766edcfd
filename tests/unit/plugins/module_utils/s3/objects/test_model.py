# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.s3.objects.model import (
    MEBIBYTE,
    MOST_PARTS,
    PART_BYTES,
    folder_of,
    is_md5,
    part_bytes,
)

# Recorded from SeaweedFS 4.48.
SINGLE, IN_PARTS = "5d41402abc4b2a76b9719d911017c592", "9a21d5ca2c2a8cb2a2b6dd2ac3bb3b44-6"


def test_only_an_upload_in_one_request_has_an_md5() -> None:
    assert is_md5(SINGLE)
    assert not is_md5(IN_PARTS)
    assert not is_md5("1764341552000000000")


@pytest.mark.parametrize(("prefix", "folder"), [("", ""), ("/", ""), ("a/b", "a/b/"), ("/a/", "a/")])
def test_a_prefix_ends_with_one_slash(prefix: str, folder: str) -> None:
    assert folder_of(prefix) == folder


@pytest.mark.parametrize("size", [1, 65 * MEBIBYTE, 200 * 1024 * MEBIBYTE, 5 * 1024**4])
def test_parts_are_never_too_many(size: int) -> None:
    length = part_bytes(size)
    assert length >= PART_BYTES
    assert -(-size // length) <= MOST_PARTS
