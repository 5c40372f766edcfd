# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a host lacks that another one has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...core.plan import Change, Plan


def plan_load(parameters: Mapping[str, Any], missing: Collection[str]) -> Plan:
    """Load the images that are missing, all from one archive."""
    changes = tuple(
        Change("load", reference, after=reference) for reference in parameters["images"] if reference in missing
    )
    return Plan(changes, {"missing": sorted(missing)})
