# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the doctor found, as one document and for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ...core import table
from ..model import Answer
from .judge import Problem, verdict

# Of the containers, by each of the two figures.
TOP = 5
CONTAINERS = ("CONTAINER", "CPU", "MEMORY", "LIMIT")


def build_parts(
    problems: Sequence[Problem], answers: Mapping[str, Answer], status: Mapping[str, Any]
) -> dict[str, Any]:
    """The parts of the document: the verdict, the findings, what was measured, and how ``steward status`` ended."""
    figures = {name: answer.data for name, answer in answers.items() if not answer.error}
    certificates = [row for row in status["sections"].get("certificates", []) if "days_left" in row["facts"]]
    figures["certificates"] = [{"name": row["name"], "days_left": row["facts"]["days_left"]} for row in certificates]
    return {
        "verdict": verdict(problems),
        "findings": [asdict(problem) for problem in problems],
        "figures": {**figures, "containers": top(figures.get("containers") or [])},
        "status": status["status"],
    }


def top(containers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that use most of the processors, and those that use most memory."""
    by_processor = sorted(containers, key=lambda row: -row["processors"])[:TOP]
    by_memory = sorted(containers, key=lambda row: -row["memory"])[:TOP]
    return [*by_processor, *(row for row in by_memory if row not in by_processor)]


def render(report: Mapping[str, Any]) -> str:
    """The findings with their next steps, then who uses most."""
    lines = [f"{report['platform']} on {report['host']}: {report['verdict']}", _measured(report["figures"])]
    for finding in report["findings"]:
        lines += ["", f"{finding['level'].upper()}  {finding['name']}: {finding['message']}", f"    {finding['next']}"]
    text = "\n".join([*lines, ""])
    rows = [_container(row) for row in report["figures"]["containers"]]
    return f"{text}\n{table.render(CONTAINERS, rows)}" if rows else text


def _measured(figures: Mapping[str, Any]) -> str:
    """What every answer begins with: how full and how busy."""
    parts = []
    if "load" in figures:
        parts.append(f"load {figures['load']['average_5']:.1f} on {figures['load']['processors']} processors")
    if "memory" in figures:
        free = figures["memory"]["available"]
        parts.append(f"{table.size(free)} of {table.size(figures['memory']['total'])} memory available")
    parts += [f"{table.size(disk['free'])} free on {disk['path']}" for disk in figures.get("disks", [])]
    return ", ".join(parts)


def _container(row: Mapping[str, Any]) -> list[str]:
    limit = table.size(row["limit"]) if row["limit"] else "none"
    return [row["name"], f"{row['processors']:.0%}", table.size(row["memory"]), limit]
