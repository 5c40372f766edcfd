# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the ledger of an app host, and what a rollback finds there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...containers import client as engine
from ...containers.parse import parse_revisions
from ...core import files
from ...core.errors import StewardError
from .. import client
from ..plan import release_folder
from .plan import World, choose, describe, images_of, ledger, obstacles, platform_of, render_ledger

Parameters = Mapping[str, Any]

COMMAND_SECONDS = 120


def read_records(paths: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """Every release's record by its id; a folder without one was never complete."""
    if not os.path.isdir(paths["releases"]):
        return {}
    found = {
        name: client.read_record(f"{release_folder(paths, name)}/release.json")
        for name in sorted(os.listdir(paths["releases"]))
    }
    return {name: record for name, record in found.items() if record is not None}


def observe_ledger(parameters: Parameters) -> dict[str, Any]:
    """All releases as rows and as a table."""
    records = read_records(parameters["platform"]["paths"])
    rows = ledger(records, engine.image_sizes(_image_ids(records)))
    return {"releases": rows, "table": render_ledger(rows)}


def observe_rollback(parameters: Parameters) -> dict[str, Any]:
    """Where a rollback would go, with all it needs.

    :raises StewardError: it cannot; one line for each obstacle.
    """
    model = parameters["platform"]
    world = _look(model, parameters["to"])
    target, stored, lines = world.target, world.stored, obstacles(world, model)
    if lines or stored is None:
        told = "\n".join(f"- {line}" for line in lines)
        raise StewardError(
            f"the platform cannot go back to release {target['id']}, nothing was changed:\n{told}",
            "See all releases with rollback_list=true.",
        )
    return {
        "target": target["id"],
        "plan": describe(world),
        "platform": platform_of(model, stored),
        "images": images_of(target, stored),
    }


def _look(model: Mapping[str, Any], wanted: str) -> World:
    paths = model["paths"]
    current = client.current_record(paths)
    if current is None:
        raise StewardError("nothing serves, so there is nothing to go back from", "Deploy a release first.")
    records = read_records(paths)
    target = choose(records, current, wanted)
    return World(
        records=records,
        current=current,
        target=target,
        stored=files.read_json(f"{release_folder(paths, target['id'])}/model.json"),
        images=frozenset(engine.image_sizes(_image_ids({target["id"]: target}))),
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


def _image_ids(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return sorted({service["image_id"] for record in records.values() for service in record["services"].values()})
