# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was validated as one document, as tables, and as one line a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core import clock
from ..core.findings import PASS, worst
from ..core.table import align
from .model import SCHEMA, Row, Serving

TITLES = ("CHECK", "WHAT", "STATUS", "FOUND")
HOST = "(host)"


def build_report(
    serving: Serving, checks: Sequence[str], rows: Sequence[Row], *, taken: datetime, seconds: float
) -> dict[str, Any]:
    """The document that ``steward validate --json`` prints."""
    return {
        "schema": SCHEMA,
        "taken": clock.to_text(taken),
        "seconds": round(seconds, 3),
        "platform": serving.configuration["platform"],
        "environment": serving.configuration["environment"],
        "host": serving.configuration["host"],
        "release": serving.record["id"],
        "status": worst(row.finding for row in rows),
        "checks": {name: [row.to_dict() for row in rows if row.check == name] for name in checks},
    }


def lines(report: Mapping[str, Any]) -> list[str]:
    """What is not well, one line each."""
    return [
        f"{row['service'] or HOST}: {check}: {row['name']}: {one_line(row['message'])}"
        for check, rows in report["checks"].items()
        for row in rows
        if row["status"] != PASS
    ]


def one_line(message: str) -> str:
    """The beginning and the end of what was said: a traceback's last line tells most.

    >>> one_line("alembic ended with 1: Traceback\\n  File …\\nKeyError: '0000'")
    "alembic ended with 1: Traceback … KeyError: '0000'"
    """
    said = message.splitlines()
    return said[0] if len(said) == 1 else f"{said[0]} … {said[-1].strip()}"


def render(report: Mapping[str, Any]) -> str:
    """The report for people: a table for each service, with what to do under each row that is not well."""
    head = f"{report['platform']} ({report['environment']}) on {report['host']}, release {report['release']}"
    rows = [(check, row) for check, found in report["checks"].items() for row in found]
    shown = [f"{head}: {report['status']}"]
    for service in dict.fromkeys(row["service"] for _check, row in rows):
        own = [(check, row) for check, row in rows if row["service"] == service]
        cells = [(check, row["name"], row["status"], row["message"].splitlines()[0]) for check, row in own]
        first, *others = align([TITLES, *cells])
        shown += ["", (service or HOST).upper(), f"  {first}"]
        for (_check, row), line in zip(own, others, strict=True):
            shown.append(f"  {line}")
            if row["status"] != PASS:
                shown += [f"      {more}" for more in (*row["message"].splitlines()[1:], row["hint"]) if more]
    return "\n".join(shown) + "\n"
