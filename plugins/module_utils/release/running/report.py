# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services of a host as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core import table

TITLES = ("SERVICE", "KIND", "RELEASE", "SLOT", "UNIT", "RUNNING", "CONTAINER", "STATE", "UPTIME", "PORT")


def render_services(services: Sequence[Mapping[str, Any]]) -> str:
    """One line a container; the service stands before its first."""
    rows = []
    for service in services:
        known = [service[key] for key in ("name", "kind", "release", "slot", "unit")]
        first = [*known, f"{service['running']}/{service['wanted']}"]
        for number, container in enumerate(service["containers"]):
            rows.append([*(first if number == 0 else [""] * len(first)), *_cells(container)])
    return table.render(TITLES, rows)


def _cells(container: Mapping[str, Any]) -> list[str]:
    state = container["state"]
    state += f" ({container['health']})" if container["health"] else ""
    state += f", restarted {container['restarts']} times" if container["restarts"] else ""
    uptime = container["uptime_seconds"]
    return [
        container["name"],
        state,
        "" if uptime is None else table.duration(uptime),
        str(container["port"] or ""),
    ]
