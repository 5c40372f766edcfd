# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``systemctl show`` says about units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.errors import StewardError

PROPERTIES = ("LoadState", "UnitFileState", "ActiveState")


@dataclass(frozen=True)
class Unit:
    """One unit: ``load`` (loaded …), ``file`` (enabled, static …), ``active`` (active, failed …)."""

    load: str
    file: str
    active: str


def parse_units(names: Sequence[str], text: str) -> dict[str, Unit]:
    """The units in the order they were asked for: one block each, blocks divided by an empty line.

    :raises StewardError: systemctl said something else.
    """
    blocks = [dict(_pairs(block)) for block in text.strip().split("\n\n")] if text.strip() else []
    if len(blocks) != len(names) or not all(block.keys() >= set(PROPERTIES) for block in blocks):
        raise StewardError(f"systemctl show gave {len(blocks)} answers to {len(names)} units: {text[:200]!r}")
    return {name: Unit(*(block[key] for key in PROPERTIES)) for name, block in zip(names, blocks, strict=True)}


def _pairs(block: str) -> list[tuple[str, str]]:
    return [(key, value) for key, dummy, value in (line.partition("=") for line in block.splitlines())]
