# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks this host's instances what operators want to know, empties a cache, and opens a shell without its password."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ...core import process
from ...core.relay import relay
from ..client import open_stream, session
from ..figures import describe_events, describe_slow, summarise, summarise_times

SLOW_ENTRIES = 10

Instance = Mapping[str, Any]


def info(instance: Instance) -> dict[str, Any]:
    """The figures of an instance."""
    with session(instance["port"]) as connection:
        return {"name": instance["name"], "port": instance["port"], **summarise(connection.info())}


def latency(instance: Instance, samples: int) -> dict[str, Any]:
    """Round trips over one connection, as services have one, and what the server remembers as slow."""
    with session(instance["port"]) as connection:
        connection.ping()
        times = []
        for _sample in range(samples):
            started = time.perf_counter()
            connection.ping()
            times.append((time.perf_counter() - started) * 1000)
        return {
            "name": instance["name"],
            "samples": samples,
            "round_trips": summarise_times(times),
            "events": describe_events(connection.execute_command("LATENCY", "LATEST")),
            "slow": describe_slow(connection.slowlog_get(SLOW_ENTRIES)),
        }


def flush(instance: Instance) -> None:
    """Drop all keys; the server frees their memory beside its other work."""
    with session(instance["port"]) as connection:
        connection.flushall(asynchronous=True)


def shell(instance: Instance) -> int:
    """Run redis-cli on our terminal as the local administrator; returns its exit code.

    It takes a password from its arguments, its environment or the terminal. Here it needs none.
    """
    with session(instance["port"]) as connection:
        connection.ping()
    with relay(instance["name"], lambda: open_stream(instance["port"])) as path:
        return process.interact(["redis-cli", "-s", path])
