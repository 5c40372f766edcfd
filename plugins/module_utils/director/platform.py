# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the normalised model of a platform means for the director."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SLOTS = ("blue", "green")
PLACES_PER_SLOT = 8


def director_services(
    platform: Mapping[str, Any], active: Mapping[str, Sequence[str]] | None = None
) -> list[dict[str, Any]]:
    """The web services as ``steward.platform.director`` wants them.

    All places of both slots are named whether a replica runs there or not, so that scaling needs no reload.

    :param active: who shall serve, by service; a service that is not in it keeps who serves now.
    """
    hosts = {name: platform["hosts"][name]["private_address"] for name in platform["groups"].get("app", [])}
    return [
        {
            "name": service["name"],
            "entry_port": service["entry_port"],
            "ready_path": service["health"]["ready"],
            "servers": _servers(service, hosts),
            "active": list(active[service["name"]]) if active and service["name"] in active else None,
        }
        for service in platform["services"]
        if service["kind"] == "web"
    ]


def _servers(service: Mapping[str, Any], hosts: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": server_name(slot, number, host if len(hosts) > 1 else ""),
            "address": address,
            "port": service["slot_ports"][slot] + number - 1,
        }
        for host, address in hosts.items()
        for slot in SLOTS
        for number in range(1, PLACES_PER_SLOT + 1)
    ]


def server_name(slot: str, number: int, host: str = "") -> str:
    """The name of a place; the host is part of it when there are several app hosts.

    >>> server_name("blue", 1), server_name("blue", 1, "app1")
    ('blue-1', 'app1-blue-1')
    """
    return "-".join(part for part in (host, slot, str(number)) if part)


def edge_routes(platform: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every public route with the service it leads to."""
    return [
        {"host": route["host"], "path": route["path"], "service": service["name"]}
        for service in platform["services"]
        for route in service.get("routes", [])
    ]
