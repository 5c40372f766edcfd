# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a set has to be made."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.plan import Change, Plan
from .catalogue import Entry
from .model import Wanted, nothing_here


def plan_set(set_type: str, wanted: Sequence[Wanted], fresh: Entry | None) -> Plan:
    """Make a set of these parts, unless a good one is young enough, or the host has nothing of that type."""
    if fresh is not None or not wanted:
        problems = [] if wanted else [nothing_here(set_type)]
        return Plan((), {"set": fresh.manifest if fresh else None, "problems": problems})
    parts = "\n".join(f"{each.name}: {each.kind}, by {each.engine}" for each in wanted)
    return Plan((Change("make", f"a set of type {set_type}", "", parts),), {"set": None, "problems": []})
