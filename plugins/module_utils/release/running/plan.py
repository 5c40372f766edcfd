# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services of a host as they run now, and what systemd is told to change that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ...containers.parse import Container
from ...containers.plan import unit_of
from ...core import clock
from ...core.errors import InputError
from ...core.plan import Change, Plan

RESTART, START, STOP = "restart", "start", "stop"
ABSENT = "absent"
VERBS: Mapping[str, str] = {"stopped": STOP, "started": START}

Record = Mapping[str, Any]
Service = Mapping[str, Any]


def describe_services(
    record: Record, containers: Sequence[Container], units: Mapping[str, str], now: datetime
) -> list[dict[str, Any]]:
    """Each service of the release that serves, with its containers.

    :param units: of each unit its active state.
    """
    return [
        {
            "name": name,
            "kind": service["kind"],
            "release": record["id"],
            "slot": service["slot"],
            "unit": units.get(unit_of(record["platform"], name), "unknown"),
            **_replicas(name, service, containers, now),
        }
        for name, service in record["services"].items()
    ]


def _replicas(name: str, service: Service, containers: Sequence[Container], now: datetime) -> dict[str, Any]:
    """The wanted containers, and those of the other slot that run as well, as they do during a switch."""
    found = {container.name: container for container in containers if container.service == name}
    wanted = [f"{service['project']}-{number}" for number in range(1, service["replicas"] + 1)]
    ports = dict(zip(wanted, service["ports"], strict=False))
    others = [name for name, each in found.items() if name not in wanted and each.state == "running"]
    rows = [_container(name, found.get(name), ports.get(name), service["slot"], now) for name in [*wanted, *others]]
    running = sum(row["state"] == "running" for row in rows[: len(wanted)])
    return {"wanted": len(wanted), "running": running, "containers": rows}


def _container(name: str, seen: Container | None, port: int | None, slot: str, now: datetime) -> dict[str, Any]:
    if seen is None:
        return {"name": name, "slot": slot, "state": ABSENT, "health": "", "restarts": 0, "started": "",
                "uptime_seconds": None, "port": port}  # fmt: skip
    runs = seen.state == "running" and seen.started
    return {
        "name": name,
        "slot": seen.slot,
        "state": seen.state,
        "health": seen.health,
        "restarts": seen.restarts,
        "started": seen.started,
        "uptime_seconds": int((now - clock.parse(seen.started)).total_seconds()) if runs else None,
        "port": port,
    }


def find_service(record: Record | None, name: str) -> Service:
    """The named service.

    :raises InputError: it is none of this host's.
    """
    known = record["services"] if record else {}
    if name not in known:
        allowed = ", ".join(known) or "nothing before the first deploy"
        raise InputError(f"SERVICE is {name!r}, allowed is: {allowed}")
    service: Service = known[name]
    return service


def plan_all(state: str, services: Sequence[Service], names: Sequence[str]) -> Plan:
    """Stop services, or start them.

    :param state: ``stopped`` or ``started``.
    :param names: those that are meant, all of them when it is empty.
    """
    verb = VERBS[state]
    meant = [service for service in services if not names or service["name"] in names]
    acts = ((service, plan_act(verb, service)) for service in meant)
    changes = tuple(Change(verb, service["name"], service["unit"], state) for service, told in acts if told)
    return Plan(changes, {"services": [change.subject for change in changes]})


def plan_act(act: str, service: Service) -> str | None:
    """What systemd is told, or None when the service is as it shall be.

    A unit stays active when its containers were stopped without it; to start it again would then do nothing.
    """
    whole = service["running"] == service["wanted"]
    if act == START:
        return (None if whole else RESTART) if service["unit"] == "active" else START
    if act == STOP:
        return STOP if service["running"] or service["unit"] not in ("inactive", "unknown") else None
    return act


def has_done(act: str, service: Service) -> bool:
    """Whether a service is as the act should have left it."""
    return bool(service["running"] == (0 if act == STOP else service["wanted"]))
