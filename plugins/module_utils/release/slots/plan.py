# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which slots start and stop at each step of a switch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...containers.parse import Container
from ...containers.plan import starting_order
from ...director.model import endpoint

Services = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Slot:
    """One slot of a service, with what starting, asking and stopping it needs."""

    service: str
    project: str
    file: str
    ports: tuple[int, ...]
    ready_path: str
    stop_grace: int


def slot_of(name: str, service: Mapping[str, Any], folder: str) -> Slot:
    """The slot that a release's record gives a service; ``folder`` is that release's."""
    file = f"{folder}/{name}/compose.json"
    return Slot(name, service["project"], file, tuple(service["ports"]), service["ready_path"], service["stop_grace"])


def starting(services: Services, folder: str) -> list[list[Slot]]:
    """The new slots of web services and workers in waves; a scheduler is handed over, never there twice.

    Nobody waits for a service that is replaced: whoever asks it reaches the old slot until the traffic moves.
    """
    chosen = {n: s for n, s in services.items() if s["action"] in ("add", "replace") and s["kind"] != "scheduler"}
    added = {name for name, service in chosen.items() if service["action"] == "add"}
    ordered = starting_order(
        [{"name": n, "depends_on": [d for d in s["depends_on"] if d in added]} for n, s in chosen.items()]
    )
    return [[slot_of(name, chosen[name], folder) for name in wave] for wave in ordered]


def new_schedulers(services: Services, folder: str) -> list[Slot]:
    """The schedulers that start once their predecessors have stopped."""
    return [
        slot_of(n, s, folder)
        for n, s in services.items()
        if s["action"] in ("add", "replace") and s["kind"] == "scheduler"
    ]


def old_slots(services: Services, folder: str, kinds: Iterable[str] = ("web", "worker", "scheduler")) -> list[Slot]:
    """The slots that the new release replaces or removes; ``folder`` is the previous one's."""
    chosen = set(kinds)
    return [
        slot_of(name, service["previous"], folder)
        for name, service in services.items()
        if service["action"] in ("replace", "remove") and service["kind"] in chosen
    ]


def new_slots(services: Services, folder: str) -> list[Slot]:
    """All slots that only the new release has."""
    return [
        slot_of(name, service, folder) for name, service in services.items() if service["action"] in ("add", "replace")
    ]


def strays(containers: Sequence[Container], services: Services) -> list[str]:
    """Projects that run although the serving release has them not: what an interrupted deploy left."""
    serving = {service["project"] for service in services.values()}
    running = {container.project for container in containers if container.state in ("running", "restarting", "paused")}
    return sorted(running - serving)


def serving_endpoints(services: Services, address: str) -> set[str]:
    """Where a release's replicas answer on the host with this private address.

    >>> sorted(serving_endpoints({"api": {"ports": [18000, 18001]}}, "10.0.0.1"))
    ['10.0.0.1:18000', '10.0.0.1:18001']
    """
    return {endpoint(address, port) for service in services.values() for port in service["ports"]}


def missing(containers: Sequence[Container], services: Services, folder: str) -> list[Slot]:
    """Slots of the serving release of which a container is not running."""
    up = {container.name for container in containers if container.state == "running"}
    return [
        slot_of(name, service, folder)
        for name, service in services.items()
        if any(f"{service['project']}-{number}" not in up for number in range(1, service["replicas"] + 1))
    ]
