# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a part takes to come back: by what was measured when it was proved, else by figures named as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

# Bytes a second. PostgreSQL: 778 MB in 6.7 s by pgBackRest from a local repository; files: 71 MB in 1.1 s by restic
# with its verification. Half of each, because an unknown host is not the one they were measured on.
DEFAULTS: Mapping[str, float] = {"postgresql": 58e6, "files": 32e6}
# What has no size: by step.
FIXED: Mapping[str, float] = {
    "check_integrity": 10, "check_space": 1, "stop": 10, "switch": 1, "start": 5, "verify": 5, "prove": 30,
    "erasures": 5, "release": 15, "fence": 10, "safety_copy": 5,
}  # fmt: skip
MEASUREMENTS = 5


@dataclass(frozen=True)
class Estimate:
    """Seconds, and whether they come from measurements or from defaults."""

    seconds: float
    basis: str


def measured_rate(records: Iterable[Mapping[str, Any]], part: str) -> float:
    """Bytes a second of the last restores of a part; 0 when there was none."""
    found = [
        row["size"] / row["seconds"]["restore"]
        for row in sorted(records, key=lambda row: str(row["finished"]))
        if row["part"] == part and row["size"] and row["seconds"].get("restore")
    ]
    return median(found[-MEASUREMENTS:]) if found else 0


def transfer(records: Iterable[Mapping[str, Any]], part: str, size: int) -> Estimate:
    """How long so many bytes of a part take."""
    rate = measured_rate(records, part)
    if rate:
        return Estimate(round(size / rate, 1), f"measured: {rate / 1e6:.0f} MB/s")
    default = DEFAULTS.get(part, DEFAULTS["files"])
    return Estimate(round(size / default, 1), f"default: {default / 1e6:.0f} MB/s")


def fixed(step: str) -> Estimate:
    """How long a step takes that moves no data."""
    return Estimate(FIXED[step], "default")
