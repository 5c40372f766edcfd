# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what came back is what was there: rows and checksums of each table, of the source and of its copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.findings import FAIL, PASS, UNKNOWN, WARN, Finding

# All that decides how a value is written as text, so that both sides write it alike.
SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET DateStyle = 'ISO, YMD'",
    "SET IntervalStyle = 'iso_8601'",
    "SET bytea_output = 'hex'",
    "SET extra_float_digits = 1",
)
ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# The sum does not depend on the order of the rows. What is filled in was quoted by the server. The alias is a name that
# no column has: it would be taken for the row.
CHECKSUM = (
    "SELECT count(*) AS rows, coalesce(sum(hashtextextended(steward_row::text, 0)::numeric), 0)::text AS checksum "
    "FROM {} AS steward_row"
)
SHOWN = 5

Figures = Mapping[str, Mapping[str, Any]]


def figures(databases: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows and checksum of each table by ``database.schema.table``."""
    return {
        f"{database['name']}.{table['name']}": {"rows": table["rows"], "checksum": table["checksum"]}
        for database in databases
        for table in database["tables"]
    }


def compare(before: Figures, after: Figures, found: Figures) -> list[Finding]:
    """What came back against the source, which was read just before the target and just after it.

    A table that somebody wrote to in between has no one right answer: its rows have to lie between both, and it is said
    that no more could be told.
    """
    if not before:
        return [Finding("data", UNKNOWN, "the source was not read, so there is nothing to compare with")]
    moved = {name for name in before if after.get(name) != before[name]}
    still = [name for name in before if name not in moved]
    wrong = [line for name in still for line in _difference(name, before[name], found.get(name))]
    wrong += [line for name in sorted(moved) for line in _outside(name, before[name], after.get(name), found.get(name))]
    wrong += [f"{name} is there, the source has none" for name in sorted(set(found) - set(before) - set(after))]
    rows = sum(before[name]["rows"] for name in still)
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        return [Finding("data", FAIL, "; ".join(wrong[:SHOWN]) + more, "What came back is not what was there.")]
    if not still:
        return [Finding("data", UNKNOWN, "all tables were written to while the source was read", "Drill it again.")]
    same = Finding("data", PASS, f"{len(still)} tables with {rows} rows have the checksums of the source")
    if not moved:
        return [same]
    names = ", ".join(sorted(moved)[:SHOWN])
    message = f"written to while the source was read, so only their rows, between both, tell: {names}"
    return [same, Finding("written", WARN, message)]


def _difference(name: str, wanted: Mapping[str, Any], found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return [f"{name} is missing"]
    if found["rows"] != wanted["rows"]:
        return [f"{name} has {found['rows']} rows, the source {wanted['rows']}"]
    return [] if found["checksum"] == wanted["checksum"] else [f"{name} has another checksum than the source"]


def _outside(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any] | None, found: Mapping[str, Any] | None
) -> list[str]:
    if found is None or after is None:
        # Dropped meanwhile: with it or without it, both were right.
        return [] if after is None else [f"{name} is missing"]
    low, high = sorted((before["rows"], after["rows"]))
    return [] if low <= found["rows"] <= high else [f"{name} has {found['rows']} rows, the source {low} to {high}"]
