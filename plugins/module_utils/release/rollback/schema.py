# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether older code works with the schemas as they are, and how they would go back to what it works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .model import Model, Record, World


def head_of(records: Mapping[str, Record], identifier: str | None, service: str) -> list[str]:
    """The schema revision that a service's code in a release brings; empty when the ledger does not know."""
    while identifier is not None and identifier in records:
        record = records[identifier]
        if service in record["migrations"]:
            return list(record["migrations"][service]["after"])
        # As releases were recorded at first: only what a deploy migrated.
        identifier = record["origin"]["release"] or record["previous"]
    return []


@dataclass(frozen=True)
class Conflict:
    """A database whose present revision the older code does not accept."""

    service: str
    present: tuple[str, ...]
    head: tuple[str, ...]
    told: str


def conflicts(world: World, stored: Model) -> list[Conflict]:
    """The databases that the older code does not accept as they are."""
    found = []
    for service in stored["services"]:
        name = service["name"]
        if not service["migration"] or name not in world.revisions:
            continue
        present, head = list(world.revisions[name]), head_of(world.records, world.target["id"], name)
        works_with = {*head, *service["accepts_revisions"]}
        if not present or not set(present) <= works_with:
            told = (
                f"the database of {name} is at {', '.join(present) or 'nothing'}, release {world.target['id']} works "
                f"with {', '.join(sorted(works_with)) or 'nothing the ledger knows'}"
            )
            found.append(Conflict(name, tuple(present), tuple(head), told))
    return found


def offer(world: World, conflict: Conflict) -> str:
    """What going back with the schema would do, for people."""
    why = no_way_back(world, conflict)
    return f"cannot migrate it back: {why}" if why else "migrates it back, after trying that on a copy"


def no_way_back(world: World, conflict: Conflict) -> str:
    """Why a schema cannot be migrated back; empty when it can be tried."""
    if len(conflict.head) != 1:
        return "the ledger does not know the one revision to go back to"
    if not _downgrade(world, conflict.service):
        return f"service {conflict.service} of the serving release has no migration.downgrade"
    return ""


def _downgrade(world: World, service: str) -> list[str]:
    rows = {row["name"]: row for row in (world.serving or {"services": []})["services"]}
    migration = rows.get(service, {}).get("migration")
    return list(migration["downgrade"]) if migration else []


def schema_steps(world: World, *, downgrade: bool) -> dict[str, Any]:
    """How the schemas go back, how they would come forth again, and whose databases they are."""
    found = conflicts(world, world.stored) if downgrade and world.stored else []
    serving = {row["name"]: row for row in (world.serving or {"services": []})["services"]}
    return {
        "schema_back": [
            {
                "service": one.service,
                "command": [*_downgrade(world, one.service), *one.head],
                "to": list(one.head),
            }
            for one in found
        ],
        "schema_forth": [
            {
                "service": one.service,
                "command": list(serving[one.service]["migration"]["upgrade"]),
                "to": list(one.present),
            }
            for one in found
        ],
        "schema_databases": sorted({use["name"] for one in found for use in serving[one.service]["databases"]}),
    }
