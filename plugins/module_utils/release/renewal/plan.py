# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What serves once more: the same code and configuration, in another number or in fresh containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import StewardError
from ..stored import again, lost_parts

Model = Mapping[str, Any]
Record = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """The release that serves, what it kept of its model, and which of its images are here."""

    current: Record
    stored: Model | None
    images: frozenset[str]


def plan_renewal(parameters: Mapping[str, Any], world: World) -> dict[str, Any]:
    """The serving release again, and in words what becomes of each service.

    :param parameters: ``platform``, ``kind``, ``services`` (all of them when empty), ``replicas`` (None to leave them),
        ``scaled``.
    :raises StewardError: a service does not serve, or the release has lost a part; one line each.
    """
    model, serving = parameters["platform"], world.current["services"]
    unknown = _unknown(parameters["services"], serving)
    _refuse(world, [*unknown, *lost_parts(model, world.current, world.stored, world.images)])
    chosen = list(parameters["services"]) or sorted(serving)
    replicas, scaled = parameters["replicas"], dict(parameters["scaled"])
    if replicas is not None:
        model, scaled = _scale(model, scaled, chosen, replicas)
    renew = chosen if replicas is None else []
    wanted = again(model, world.current, world.stored or {}, parameters["kind"], scaled, renew)
    return {"plan": _describe(world.current, wanted), **wanted}


def _unknown(names: Sequence[str], serving: Mapping[str, Any]) -> list[str]:
    return [
        f"service is {name!r}, allowed is one of those that serve: {', '.join(sorted(serving))}"
        for name in names
        if name not in serving
    ]


def _refuse(world: World, lines: Sequence[str]) -> None:
    if lines:
        told = "\n".join(f"- {line}" for line in lines)
        raise StewardError(f"release {world.current['id']} stays as it is, nothing was changed:\n{told}")


def _scale(
    model: Model, scaled: Mapping[str, Mapping[str, int]], names: Sequence[str], replicas: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model with other replicas; a number that the inventory says anyway needs no entry."""
    services, entries = [], dict(scaled)
    for service in model["services"]:
        if service["name"] not in names:
            services.append(service)
            continue
        if service["kind"] == "scheduler" and replicas > 1:
            raise StewardError(f"replicas is {replicas}, allowed for the scheduler {service['name']} is: 1")
        inventory = scaled.get(service["name"], {}).get("inventory", service["replicas"])
        services.append({**service, "replicas": replicas})
        entries.pop(service["name"], None)
        if inventory != replicas:
            entries[service["name"]] = {"replicas": replicas, "inventory": inventory}
    return {**model, "services": services}, entries


def _describe(current: Record, wanted: Mapping[str, Any]) -> str:
    lines = [f"{wanted['origin']['kind'].capitalize()} of release {current['id']}:"]
    for service in wanted["platform"]["services"]:
        before, after = current["services"][service["name"]]["replicas"], service["replicas"]
        if before != after:
            lines.append(f"  {service['name']}: {before} -> {after} replicas")
        elif service["name"] in wanted["renew"]:
            lines.append(f"  {service['name']}: fresh containers")
    return "\n".join(lines if len(lines) > 1 else [*lines, "  nothing to do"])
