# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small disks."""

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.tests.hosts.throwaway import disk


@pytest.mark.parametrize("size", ["", "9G", "120G"])
def test_sizes_that_can_be_made(size: str) -> None:
    assert disk.size_problem(size) == ""


@pytest.mark.parametrize("size", ["9", "0G", "9M", "9.5G", "G", "99999G"])
def test_other_sizes_are_refused_by_name(size: str) -> None:
    assert f"'{size}'" in disk.size_problem(size)
