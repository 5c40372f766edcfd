# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step needs of the journal: its part of the set, what was asked for, and what steps before it found out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....core.errors import StewardError
from ...model import POSTGRESQL

Journal = Mapping[str, Any]


def part_row(journal: Journal, part: str) -> dict[str, Any]:
    """A part as its set has it.

    :raises StewardError: the journal knows none.
    """
    chosen = next((row for row in journal["facts"]["plan"]["parts"] if row["part"] == part), None)
    found = chosen and journal["facts"]["place"]["sets"].get(chosen["set"])
    for row in found["parts"] if found else ():
        if row["part"] == part:
            return dict(row)
    raise StewardError(f"the journal {journal['name']} knows no set with the part {part}")


def wish(journal: Journal) -> dict[str, Any]:
    """Where the database has to come to: ``label``, ``target_type``, ``target`` and ``timeline``."""
    target = journal["facts"]["plan"]["target"]
    return {
        "label": part_row(journal, POSTGRESQL)["id"],
        "target_type": target["type"],
        "target": target["value"],
        "timeline": journal["facts"]["asked"]["timeline"],
    }


def result(journal: Journal, step: str) -> dict[str, Any]:
    """What a step found out, nothing when it was not done."""
    return dict(journal["facts"]["results"].get(step, {}))


def instance(part: str) -> str:
    """The Redis instance of a part.

    >>> instance("redis-queue")
    'queue'
    """
    return part.removeprefix("redis-")
