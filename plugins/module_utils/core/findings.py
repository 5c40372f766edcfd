# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check found, in the one shape that preflight, status and audits share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

PASS, WARN, FAIL, UNKNOWN = "pass", "warn", "fail", "unknown"
# Worst last; not being able to tell is worse than a warning and is never taken for good.
ORDER = (PASS, WARN, UNKNOWN, FAIL)


@dataclass(frozen=True)
class Finding:
    """One checked thing: its name, ``pass``, ``warn``, ``unknown`` or ``fail``, what was seen and what to do."""

    name: str
    status: str
    message: str
    hint: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def worst(findings: Iterable[Finding]) -> str:
    """The worst status; of nothing it is ``unknown``, because nothing was looked at."""
    return max((finding.status for finding in findings), key=ORDER.index, default=UNKNOWN)
