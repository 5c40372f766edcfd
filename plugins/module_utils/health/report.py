# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status as one document and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core import clock
from ..core.findings import worst
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


def render_table(report: Mapping[str, Any]) -> str:
    """The report for a terminal: a table, with what to do under each row that is not well."""
    lines = [f"{report['platform']} ({report['environment']}) on {report['host']}: {report['status']}"]
    cells = {section: [_cells(row) for row in rows] for section, rows in report["sections"].items()}
    widths = [max(len(row[column]) for rows in [[TITLES], *cells.values()] for row in rows) for column in range(3)]
    for section, rows in report["sections"].items():
        lines += ["", section.upper(), _line(TITLES, widths)]
        for row in rows:
            lines.append(_line(_cells(row), widths))
            if row["hint"]:
                lines.append(f"{' ' * (sum(widths) + 8)}{row['hint']}")
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    latency = "" if row["latency_ms"] is None else f"{row['latency_ms']:.1f} ms"
    return row["name"], row["status"], latency, row["message"]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return f"  {'  '.join([*padded, cells[3]])}".rstrip()
