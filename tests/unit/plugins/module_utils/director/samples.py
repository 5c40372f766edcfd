# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes and worlds that the director's tests share."""

from __future__ import annotations

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.director.model import Service, Wish, parse_wish
from ansible_collections.steward.platform.plugins.module_utils.director.plan import World
from ansible_collections.steward.platform.plugins.module_utils.director.render import (
    fingerprint_of,
    render_health,
    render_service,
)

ADDRESSES = ("127.0.0.1", "10.0.0.1")


def options(**changes: Any) -> dict[str, Any]:
    """The module's options: one service with one place in each slot."""
    return {"services": [service_options()], "bind_addresses": list(ADDRESSES), "health_port": None, **changes}


def service_options(**changes: Any) -> dict[str, Any]:
    return {
        "name": "shop",
        "entry_port": 8001,
        "ready_path": "/health/ready",
        "servers": [
            {"name": "blue-1", "address": "10.0.0.1", "port": 18000},
            {"name": "green-1", "address": "10.0.0.1", "port": 18008},
        ],
        "active": None,
        **changes,
    }


def wish(**changes: Any) -> Wish:
    """A wish for the one service."""
    return parse_wish(options(services=[service_options(**changes)]))


def text(service: Service, *active: str) -> str:
    return render_service(service, ADDRESSES, active)


def world(present: Wish, states: dict[str, dict[str, str]] | None = None, **active: tuple[str, ...]) -> World:
    """What there is when this wish was fulfilled, with the given active servers."""
    files = {each.name: text(each, *active.get(each.name, ())) for each in present.services}
    if present.health_port:
        files["steward-health"] = render_health(present.services, present.health_port)
    settled = {
        each.name: {
            server.name: "ready" if server.name in active.get(each.name, ()) else "maint" for server in each.servers
        }
        for each in present.services
    }
    prints = {name: fingerprint_of(content) for name, content in files.items()}
    return World(
        files=files,
        fingerprints={**prints, "steward-health": prints.get("steward-health", "")},
        states=settled if states is None else states,
    )


EMPTY = World(files={}, fingerprints={"shop": "", "steward-health": ""}, states={})
