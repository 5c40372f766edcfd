# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which databases are not at the schema of the new code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.plan import Change, Plan

Parameters = Mapping[str, Any]

REVISIONS = ("before", "after")


def plan(parameters: Parameters, world: Mapping[str, dict[str, Any]]) -> Plan:
    """The databases that are not at the revision of the new code, and a note of the revision of each."""
    migrations = {name: {key: seen[key] for key in REVISIONS} for name, seen in world.items()}
    changes = [
        Change("migrate", name, show(seen["before"]), show(seen["after"]), seen)
        for name, seen in world.items()
        if seen["target"]
    ]
    # Last, so that nobody reads of a migration that did not happen.
    after = "\n".join(f"{name} {show(seen['after'])}" for name, seen in migrations.items())
    note = [Change("note", parameters["release"], after=after, data=migrations)] if migrations else []
    return Plan((*changes, *note), {"migrations": migrations})


def show(revisions: list[str]) -> str:
    """Revisions for people; an empty database has none.

    >>> show([])
    'nothing'
    """
    return ", ".join(revisions) or "nothing"
