# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance says of itself, as the figures people ask for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

COMMAND_CHARACTERS = 80


def summarise(info: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one instance.

    :param info: the answer to INFO, as redis-py reads it.
    """
    return {
        "version": info["redis_version"],
        "role": info["role"],
        "uptime_seconds": info["uptime_in_seconds"],
        "clients": info["connected_clients"],
        "clients_blocked": info["blocked_clients"],
        "clients_maximum": info["maxclients"],
        "commands_per_second": info["instantaneous_ops_per_sec"],
        "memory": {"used": info["used_memory"], "peak": info["used_memory_peak"], "maximum": info["maxmemory"],
                   "fragmentation": info["mem_fragmentation_ratio"]},
        "eviction": {"policy": info["maxmemory_policy"], "keys": info["evicted_keys"]},
        "expired_keys": info["expired_keys"],
        "lookups": _lookups(info["keyspace_hits"], info["keyspace_misses"]),
        "persistence": {
            "append_only_file": bool(info["aof_enabled"]),
            "last_write": info.get("aof_last_write_status", "none"),
            "rewriting": bool(info["aof_rewrite_in_progress"]),
            "loading": bool(info["loading"]),
        },
        "replication": {"replicas": info["connected_slaves"], "link": info.get("master_link_status", "")},
        "databases": {
            name.removeprefix("db"): {"keys": row["keys"], "expiring": row["expires"]}
            for name, row in info.items()
            if name.removeprefix("db").isdigit()
        },
    }  # fmt: skip


def _lookups(hits: int, misses: int) -> dict[str, Any]:
    """Of the keys that were asked for those that were there; no rate before the first was."""
    return {"hits": hits, "misses": misses, "hit_rate": round(hits / (hits + misses), 4) if hits + misses else None}


def summarise_times(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and worst of round trips.

    >>> summarise_times([1.0, 2.0, 9.0])
    {'p50_ms': 2.0, 'p95_ms': 9.0, 'max_ms': 9.0}
    """
    ordered = sorted(milliseconds)

    def nearest(part: float) -> float:
        return round(ordered[max(math.ceil(part * len(ordered)) - 1, 0)], 3)

    return {"p50_ms": nearest(0.5), "p95_ms": nearest(0.95), "max_ms": nearest(1)}


def describe_slow(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The slow log, newest first: of each command its words up to the key, because the rest is people's data."""
    return [
        {
            "started": entry["start_time"],
            "milliseconds": round(entry["duration"] / 1000, 3),
            "command": _beginning(entry["command"]),
        }
        for entry in entries
    ]


def _beginning(command: bytes | str) -> str:
    text = command.decode(errors="replace") if isinstance(command, bytes) else command
    words = text.split(" ", 2)
    shown = " ".join(words[:2])[:COMMAND_CHARACTERS]
    return f"{shown} …" if len(words) > 2 else shown


def describe_events(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """What LATENCY LATEST says: of each kind of event the last one and the worst."""
    return [
        {"event": str(name), "last": int(moment), "last_ms": int(last), "max_ms": int(worst)}
        for name, moment, last, worst, *_newer in rows
    ]
