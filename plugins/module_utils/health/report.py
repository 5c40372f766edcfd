# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status as one document and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core import clock, table
from ..core.findings import PASS, WARN, worst
from .model import STATUS_SCHEMA, Configuration, Row

TITLES = ("NAME", "STATUS", "LATENCY", "WHAT")


def build_report(
    configuration: Configuration, rows: Sequence[Row], *, version: str, taken: datetime, seconds: float
) -> dict[str, Any]:
    """The document that ``steward status --json`` prints; a section is there when this host has something in it."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        sections.setdefault(row.section, []).append(row.to_dict())
    return {
        "schema": STATUS_SCHEMA,
        "taken": clock.to_text(taken),
        "seconds": round(seconds, 3),
        "version": version,
        "platform": configuration["platform"],
        "environment": configuration["environment"],
        "host": configuration["host"],
        "groups": list(configuration["groups"]),
        "status": worst(row.finding for row in rows),
        "sections": sections,
    }


def problems(report: Mapping[str, Any]) -> list[str]:
    """What makes a host unhealthy, one line each."""
    return [
        f"{row['name']}: {row['message']}"
        for rows in report["sections"].values()
        for row in rows
        if row["status"] not in (PASS, WARN)
    ]


def render_table(report: Mapping[str, Any]) -> str:
    """The report for a terminal: a table, with what to do under each row that is not well."""
    lines = [f"{report['platform']} ({report['environment']}) on {report['host']}: {report['status']}"]
    cells = {section: [_cells(row) for row in rows] for section, rows in report["sections"].items()}
    wide = table.widths([TITLES, *(row for rows in cells.values() for row in rows)])
    for section, rows in report["sections"].items():
        lines += ["", section.upper(), _line(TITLES, wide)]
        for row in rows:
            lines.append(_line(_cells(row), wide))
            if row["hint"]:
                lines.append(f"{' ' * (sum(wide[:3]) + 8)}{row['hint']}")
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    latency = "" if row["latency_ms"] is None else f"{row['latency_ms']:.1f} ms"
    return row["name"], row["status"], latency, row["message"]


def _line(cells: Sequence[str], wide: Sequence[int]) -> str:
    return f"  {table.line(cells, wide)}"
