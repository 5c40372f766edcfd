# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which locations the edge has, and which service, limit or refusal each of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.errors import InputError
from .timeouts import IDLE


def build_edge(
    routes: Sequence[Mapping[str, Any]],
    services: Sequence[Mapping[str, Any]],
    domains: Sequence[str],
    limits: Sequence[Mapping[str, Any]],
    refused: Sequence[str],
) -> dict[str, Any]:
    """What the templates of the edge need.

    :raises InputError: a route names an unknown service, or two routes are the same.
    """
    ports = {service["name"]: service["entry_port"] for service in services}
    by_host: dict[str, dict[str, str]] = {name: {} for name in sorted({*domains, *(each["host"] for each in routes)})}
    for route in routes:
        if route["service"] not in ports:
            known = ", ".join(sorted(ports)) or "none"
            raise InputError(f"the route {_shown(route)} leads to {route['service']!r}; web services are: {known}")
        paths = by_host[route["host"]]
        if _normal(route["path"]) in paths:
            raise InputError(f"the route {_shown(route)} is given twice; each may occur once")
        paths[_normal(route["path"])] = route["service"]
    limited = {_normal(path): limit["name"] for limit in limits for path in limit["paths"]}
    hidden = [_normal(path) for path in refused]
    return {
        "sites": [
            {
                "host": host,
                "locations": _locations(paths, limited, hidden),
                # A service at "/" answers /health itself; elsewhere the director does.
                "own_health": not {"", "/health"} & {*paths, *hidden},
            }
            for host, paths in by_host.items()
        ],
        "upstreams": [{"name": name, "port": ports[name]} for name in sorted({each["service"] for each in routes})],
        "idle": dict(IDLE),
    }


def _locations(
    routes: Mapping[str, str], limits: Mapping[str, str], refused: Sequence[str]
) -> list[dict[str, str | None]]:
    """One row for every nginx location; nginx takes the longest that matches, so each says all that holds there."""
    served = [path for path in (*limits, *refused) if _longest(routes, path)]
    paths = sorted({"", *routes, *served})
    rows: list[dict[str, str | None]] = []
    for path in paths:
        covered = not any(_covers(each, path) for each in refused)
        service = _longest(routes, path) if covered else None
        limit = _longest(limits, path) if service else None
        # "/api" and what is below it, but not "/apical".
        matches = [f"= {path}", f"{path}/"] if path else ["/"]
        rows += [{"match": match, "service": service, "limit": limit} for match in matches]
    return rows


def _longest(table: Mapping[str, str], path: str) -> str | None:
    fitting = [each for each in table if _covers(each, path)]
    return table[max(fitting, key=len)] if fitting else None


def _covers(prefix: str, path: str) -> bool:
    return f"{path}/".startswith(f"{prefix}/")


def _normal(path: str) -> str:
    return path.rstrip("/")


def _shown(route: Mapping[str, Any]) -> str:
    return f"{route['host']}{route['path']}"
