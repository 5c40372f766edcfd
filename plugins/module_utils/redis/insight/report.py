# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis instances as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ...core import clock, table

INFO = ("INSTANCE", "ROLE", "UPTIME", "MEMORY", "EVICTED", "HIT RATE", "CLIENTS", "COMMANDS/S", "FILE", "KEYS")
LATENCY = ("INSTANCE", "SAMPLES", "P50", "P95", "MAX")
EVENTS = ("INSTANCE", "EVENT", "LAST", "LAST TOOK", "WORST")
SLOW = ("INSTANCE", "STARTED", "TOOK", "COMMAND")

Row = Mapping[str, Any]


def render_info(instances: Sequence[Row]) -> str:
    """One line an instance."""
    return table.render(INFO, [_info(row) for row in instances])


def _info(row: Row) -> list[str]:
    memory, rate = row["memory"], row["lookups"]["hit_rate"]
    maximum = table.size(memory["maximum"]) if memory["maximum"] else "unlimited"
    return [
        row["name"],
        f"{row['role']}, {row['replication']['replicas']} replicas",
        table.duration(row["uptime_seconds"]),
        f"{table.size(memory['used'])} of {maximum}",
        f"{row['eviction']['keys']} ({row['eviction']['policy']})",
        "none asked" if rate is None else f"{rate:.1%}",
        f"{row['clients']}, {row['clients_blocked']} blocked",
        str(row["commands_per_second"]),
        _file(row["persistence"]),
        render_keys(row) or "none",
    ]


def _file(persistence: Row) -> str:
    return persistence["last_write"] if persistence["append_only_file"] else "none kept"


def render_keys(figures: Row) -> str:
    """The keys of each database.

    >>> render_keys({"databases": {"0": {"keys": 12}, "3": {"keys": 1}}})
    '12 in 0, 1 in 3'
    """
    return ", ".join(f"{row['keys']} in {name}" for name, row in figures["databases"].items())


def render_latency(instances: Sequence[Row]) -> str:
    """Round trips, and what the server itself remembers as slow."""
    keys = ("p50_ms", "p95_ms", "max_ms")
    trips = [
        [row["name"], str(row["samples"]), *(f"{row['round_trips'][key]:.2f} ms" for key in keys)] for row in instances
    ]
    return table.render(LATENCY, trips) + "".join(
        f"\n{table.render(titles, rows)}"
        for titles, rows in ((EVENTS, list(_events(instances))), (SLOW, list(_slow(instances))))
        if rows
    )


def _events(instances: Sequence[Row]) -> Iterator[list[str]]:
    for row in instances:
        for event in row["events"]:
            took = [f"{event[key]} ms" for key in ("last_ms", "max_ms")]
            yield [row["name"], event["event"], _moment(event["last"]), *took]


def _slow(instances: Sequence[Row]) -> Iterator[list[str]]:
    for row in instances:
        for entry in row["slow"]:
            yield [row["name"], _moment(entry["started"]), f"{entry['milliseconds']:.1f} ms", entry["command"]]


def _moment(seconds: int) -> str:
    return clock.to_text(datetime.fromtimestamp(seconds, UTC))
