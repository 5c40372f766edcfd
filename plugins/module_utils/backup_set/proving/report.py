# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification says, as a document and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core import table
from ...core.findings import ORDER, PASS, WARN
from ..model import Configuration

SCHEMA = 1
TITLES = ("PART", "RESULT", "LEVEL", "WANTED", "RESTORED IN", "SIZE")
NOTHING = "-"
# What somebody should look at; what could not be told is as bad as what failed.
GOOD = (PASS, WARN)


def build(
    records: Sequence[Mapping[str, Any]], configuration: Configuration, *, subject: str, set_type: str, repository: str
) -> dict[str, Any]:
    """The document: how it ended, how far each part was proven, and what a recovery would have cost.

    ``rto_seconds`` is what all restores took one after the other, ``rpo_seconds`` what would have been lost.
    """
    returned = [record["rto_seconds"] for record in records if record["rto_seconds"] is not None]
    lost = [record["rpo_seconds"] for record in records if record["rpo_seconds"] is not None]
    return {
        "schema": SCHEMA,
        "platform": configuration["platform"],
        "host": configuration["host"],
        "subject": subject,
        "type": set_type,
        "repository": repository,
        "started": min(record["started"] for record in records),
        "finished": max(record["finished"] for record in records),
        "result": max((record["result"] for record in records), key=ORDER.index),
        "rto_seconds": round(sum(returned), 2) if returned else None,
        "rpo_seconds": max(lost, default=None),
        "parts": [_part(record) for record in records],
    }


def _part(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without its inventory, which is long."""
    return {name: value for name, value in record.items() if name not in ("databases", "schema", "previous")}


def problems(document: Mapping[str, Any]) -> list[str]:
    """One line for each check that did not pass."""
    return [
        f"{part['part']}: {check['name']}: {check['message']}"
        for part in document["parts"]
        for check in part["checks"]
        if check["status"] != PASS
    ]


def is_good(document: Mapping[str, Any]) -> bool:
    """Whether the subject can be relied on, with or without warnings."""
    return document["result"] in GOOD


def render(document: Mapping[str, Any]) -> str:
    """The report for people, what is wrong below each part."""
    lines = table.align([TITLES, *(_cells(part) for part in document["parts"])])
    shown = [f"{document['subject']} on {document['host']}: {document['result']}", "", lines[0]]
    for part, line in zip(document["parts"], lines[1:], strict=True):
        bad = [check for check in part["checks"] if check["status"] != PASS]
        shown += [line, *(f"    {check['status']}: {check['name']}: {check['message']}" for check in bad)]
    return "\n".join([*shown, "", _figures(document)]) + "\n"


def _cells(part: Mapping[str, Any]) -> tuple[str, ...]:
    took = NOTHING if part["rto_seconds"] is None else table.duration(part["rto_seconds"])
    size = table.size(part["size"]) if part["size"] else NOTHING
    return part["part"], part["result"], str(part["level"]), str(part["wanted"]), took, size


def _figures(document: Mapping[str, Any]) -> str:
    if document["rto_seconds"] is None:
        return "Nothing was restored."
    said = f"All that was restored took {table.duration(document['rto_seconds'])}"
    if document["rpo_seconds"] is None:
        return f"{said}."
    return f"{said}; {table.duration(document['rpo_seconds'])} of work would have been lost."
