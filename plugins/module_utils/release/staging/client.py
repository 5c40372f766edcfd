# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laying a release beside the serving one, and completing its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...containers import client as engine
from ...containers.plan import build_compose
from ...core import clock
from ...core.errors import StewardError
from ...core.plan import Plan
from .. import client
from ..plan import build_record, release_folder
from .plan import Parameters

# Only a deploy migrates; it names a point before that, and says so in the record.
NO_POINT: Mapping[str, Any] = {"name": None, "reason": "none: no migration was made"}


def observe(parameters: Parameters) -> dict[str, Any]:
    """The record of the release that serves, and the containers that are here."""
    model = parameters["platform"]
    return {
        "current": client.current_record(model["paths"]),
        "containers": engine.platform_containers(model["name"]),
    }


def apply(parameters: Parameters, wanted: Plan) -> None:
    """Write the folder of the release; pull the images that come from a registry."""
    model, (change,) = parameters["platform"], wanted.changes
    services = {name: service for name, service in change.data["services"].items() if service["action"] != "remove"}
    models = {service["name"]: service for service in model["services"]}
    documents = {
        name: build_compose(model, models[name], service["slot"], service["image"], parameters["address"])
        for name, service in services.items()
    }
    identified = {name: {**service, "image_id": _image_id(service["image"])} for name, service in services.items()}
    account = {
        "by": parameters["by"],
        "started": clock.to_text(clock.now()),
        "options": parameters["options"],
        "origin": parameters["origin"],
        "scaled": parameters["scaled"],
        "restore_point": NO_POINT,
    }
    origin = parameters["origin"]["release"]
    source = client.read_record(f"{release_folder(model['paths'], origin)}/release.json") if origin else None
    record = build_record(model, parameters["release"], identified, change.data["current"], account, source)
    client.stage_release(model["paths"], record, model, documents)


def _image_id(reference: str) -> str:
    found = engine.image_id(reference)
    if found is None and "@sha256:" in reference:
        engine.pull(reference)
        found = engine.image_id(reference)
    if found is None:
        raise StewardError(f"the image {reference} is not on this host", "Build it first with container_image.")
    return found


def observe_record(parameters: Parameters) -> Mapping[str, Any]:
    """The record as it is; nothing where check mode staged no release."""
    folder = release_folder(parameters["platform"]["paths"], parameters["release"])
    return client.read_record(f"{folder}/release.json") or {}


def apply_record(parameters: Parameters, wanted: Plan) -> None:
    client.update_record(parameters["platform"]["paths"], parameters["release"], wanted.changes[0].data)
