# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a verification: one JSON line each, bound to the line before so that none can be taken out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core import clock
from .model import SCHEMA, Check, judge

FIRST = "0" * 64
# The steps after which the data is there again.
RETURNING = ("restore", "replay", "load")


def build_record(
    subject: Mapping[str, Any], checks: Sequence[Check], *, started: datetime, finished: datetime,
    seconds: Mapping[str, float], size: int, replayed: str = "", databases: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:  # fmt: skip
    """What was proved, how far, and how long it took.

    :param subject: ``set``, ``host``, ``part``, ``repository`` and ``wanted`` (the level).
    :param seconds: measured: ``restore``, ``replay``, ``load``, ``assertions``.
    :param size: bytes that were restored, which with their seconds is a rate for later estimates.
    :param replayed: moment of the last replayed commit; from it to now is what a loss of the host would cost.
    :param databases: what the instance held, for the comparison with the next set.
    """
    status, passed = judge(checks)
    return {
        "schema": SCHEMA,
        **subject,
        "result": status,
        "level": passed,
        "started": clock.to_text(started),
        "finished": clock.to_text(finished),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "size": size,
        "rto_seconds": round(sum(seconds.get(step, 0) for step in RETURNING), 2) if seconds.get("restore") else None,
        "replayed": replayed,
        "rpo_seconds": int((started - clock.parse(replayed)).total_seconds()) if replayed else None,
        "checks": [check.to_dict() for check in checks],
        "databases": [dict(database) for database in databases],
    }


def chain(record: Mapping[str, Any], last_line: str) -> dict[str, Any]:
    """The record with the digest of the line before it."""
    return {**record, "previous": digest(last_line) if last_line.strip() else FIRST}


def digest(line: str) -> str:
    return hashlib.sha256(line.strip().encode()).hexdigest()


def chain_problems(lines: Iterable[str]) -> list[str]:
    """Where the record was changed after it was written, one line each."""
    problems, before = [], FIRST
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            problems.append(f"line {number} is not a record")
        elif row.get("previous") != before:
            problems.append(f"line {number} does not follow on the one before it")
        before = digest(line)
    return problems


def newest(records: Iterable[Mapping[str, Any]], part: str, level: int) -> Mapping[str, Any] | None:
    """The last record that proved a part at least so far."""
    good = [row for row in records if row.get("part") == part and row["level"] >= level and row["result"] != "fail"]
    return max(good, key=lambda row: str(row["finished"]), default=None)
