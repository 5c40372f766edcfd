# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made from the tables is what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.steward.platform.docs import generate


def test_manual_and_specification_are_up_to_date() -> None:
    assert generate.outdated() == [], "run: make docs"


def test_an_outdated_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert generate.outdated() == list(generate.TARGETS)
