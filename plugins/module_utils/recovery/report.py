# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a recovery: what was done when, and whether it was as fast and as complete as was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core import clock
from ..core.findings import FAIL, PASS, UNKNOWN, Finding, worst
from ..core.table import duration
from .journal import DONE
from .model import SCHEMA


def build_report(
    plan: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], objectives: Mapping[str, Any], *, kind: str,
    checks: Sequence[Finding] = (), reached: str = "", begun: str = "", serving: str = "", lost_from: str = "",
) -> dict[str, Any]:  # fmt: skip
    """The report as a document.

    :param plan: of :func:`plan.plan_recovery`.
    :param steps: rows of the journal: ``step``, ``state``, ``started``, ``finished``, ``error``.
    :param objectives: ``rto_seconds`` and ``rpo_seconds`` as the platform declares them; None where it does not.
    :param kind: ``recovery`` or ``drill``.
    :param reached: moment of the last commit that is there; ``lost_from`` the moment at which the source was lost.
    :param begun: when the recovery was asked for; ``serving`` when the platform served again, empty when it does not.
    """
    rows = [_row(step, begun) for step in steps]
    rto = _seconds(begun, serving)
    rpo = _seconds(reached, lost_from)
    verdicts = [
        _steps_finding(rows),
        _objective("rto", "it served again", rto, objectives.get("rto_seconds")),
        _objective("rpo", "lost was the work of", rpo, objectives.get("rpo_seconds")),
        *checks,
    ]
    return {
        "schema": SCHEMA,
        "kind": kind,
        "platform": plan["platform"],
        "scope": plan["scope"],
        "target": dict(plan["target"]),
        "parts": [dict(part) for part in plan["parts"]],
        "begun": begun,
        "serving": serving,
        "reached": reached,
        "rto_seconds": rto,
        "rpo_seconds": rpo,
        "planned_seconds": plan["seconds"],
        "objectives": {name: objectives.get(name) for name in ("rto_seconds", "rpo_seconds")},
        "verdict": worst(verdicts),
        "findings": [finding.to_dict() for finding in verdicts],
        "timeline": rows,
    }


def _row(step: Mapping[str, Any], begun: str) -> dict[str, Any]:
    return {
        "step": step["step"],
        "state": step["state"],
        "started": step["started"],
        "offset": _seconds(begun, step["started"]),
        "seconds": _seconds(step["started"], step["finished"]),
        "error": step["error"],
    }


def _seconds(start: str, end: str) -> float | None:
    return max((clock.parse(end) - clock.parse(start)).total_seconds(), 0) if start and end else None


def _steps_finding(rows: Sequence[Mapping[str, Any]]) -> Finding:
    open_ = [row for row in rows if row["state"] != DONE]
    if open_:
        first = open_[0]
        said = f": {first['error']}" if first["error"] else ""
        return Finding("steps", FAIL, f"{len(open_)} of {len(rows)} steps are not done, {first['step']} is "
                       f"{first['state']}{said}", "Resume it, or undo it.")  # fmt: skip
    return Finding("steps", PASS, f"all {len(rows)} steps were done")


def _objective(name: str, said: str, measured: float | None, declared: float | None) -> Finding:
    if measured is None:
        return Finding(name, UNKNOWN, "it was not measured")
    after = f"{said} {duration(measured)}" if name == "rpo" else f"{said} after {duration(measured)}"
    if declared is None:
        return Finding(name, PASS, f"{after}; no objective is declared")
    status = PASS if measured <= declared else FAIL
    return Finding(name, status, f"{after}; the objective is {duration(declared)}")
