# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the ledger of an app host, and what a rollback finds there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...containers import client as engine
from ...containers.parse import parse_revisions
from ...core.errors import StewardError
from .. import client
from ..plan import image_ids, release_folder
from ..stored import again
from .model import World
from .plan import choose, describe, find_point, ledger, obstacles, render_ledger
from .schema import schema_steps

Parameters = Mapping[str, Any]

COMMAND_SECONDS = 120


def observe_ledger(parameters: Parameters) -> dict[str, Any]:
    """All releases as rows and as a table."""
    records = client.read_records(parameters["platform"]["paths"])
    rows = ledger(records, engine.image_sizes(image_ids(records.values())))
    return {"releases": rows, "table": render_ledger(rows)}


def observe_rollback(parameters: Parameters) -> dict[str, Any]:
    """Where a rollback would go, with all it needs.

    :raises StewardError: it cannot; one line for each obstacle.
    """
    model, downgrade = parameters["platform"], parameters["schema"] == "downgrade"
    world = _look(model, parameters["to"])
    restore = find_point(world) if parameters["restore_database"] else {}
    downgrade = downgrade and not restore
    target, stored = world.target, world.stored
    lines = obstacles(world, model, downgrade=downgrade, restored=bool(restore))
    if lines or stored is None:
        told = "\n".join(f"- {line}" for line in lines)
        raise StewardError(
            f"the platform cannot go back to release {target['id']}, nothing was changed:\n{told}",
            "See all releases with rollback_list=true.",
        )
    return {
        "target": target["id"],
        "plan": describe(world, downgrade=downgrade, restore=restore),
        "restore": restore,
        **again(model, target, stored, "rollback", parameters["scaled"]),
        **schema_steps(world, downgrade=downgrade),
        "serving": world.current["id"],
        "serving_platform": {**model, "services": (world.serving or model)["services"]},
    }


def _look(model: Mapping[str, Any], wanted: str) -> World:
    paths = model["paths"]
    current = client.current_record(paths)
    if current is None:
        raise StewardError("nothing serves, so there is nothing to go back from", "Deploy a release first.")
    records = client.read_records(paths)
    target = choose(records, current, wanted)
    return World(
        records=records,
        current=current,
        target=target,
        stored=client.read_model(paths, target["id"]),
        serving=client.read_model(paths, current["id"]),
        images=frozenset(engine.image_sizes(image_ids([target]))),
        revisions=_revisions(model, current),
    )


def _revisions(model: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, list[str]]:
    """The revision each database is at, asked with the serving release's own code."""
    folder = release_folder(model["paths"], current["id"])
    return {
        service["name"]: parse_revisions(
            engine.run_once(
                f"{folder}/{service['name']}/compose.json", service["migration"]["current"], timeout=COMMAND_SECONDS
            )
        )
        for service in model["services"]
        if service["migration"] and service["name"] in current["services"]
    }
