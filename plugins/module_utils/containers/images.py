# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's part in having images: which are missing, and building them from what the controller sent."""

from __future__ import annotations

import os
import tarfile
import tempfile
from typing import Any, Mapping

from ..core.errors import StewardError
from ..core.plan import Change, Plan
from . import client
from .plan import image_hash, image_reference

Parameters = Mapping[str, Any]
World = Mapping[str, Any]


def observe(parameters: Parameters) -> World:
    """The layers of every base image, and which of the wanted images are here."""
    if parameters["packed"] is None:
        raise StewardError("container_image was called without its action", "Call it as steward.platform.container_image.")
    names = {base for build in parameters["builds"] for base in build["bases"]}
    bases = {name: found for name in sorted(names) if (found := client.layers(name)) is not None}
    wanted = references(parameters, bases)
    return {"bases": bases, "present": [reference for reference in wanted.values() if reference and client.image_id(reference)]}


def references(parameters: Parameters, bases: Mapping[str, list[str]]) -> dict[str, str]:
    """The reference of each build, empty while a base of it is not here."""
    result = {}
    for build in parameters["builds"]:
        known = all(name in bases for name in build["bases"])
        context = parameters["packed"][build["name"]]["hash"]
        identity = image_hash(build, context, bases) if known else ""
        result[build["name"]] = image_reference(parameters["platform"], build["name"], identity) if known else ""
    return result


def plan(parameters: Parameters, world: World) -> Plan:
    """Import the bases, then build the images, that are not here."""
    wanted = references(parameters, world["bases"])
    imports = [base for base in parameters["base_images"] if base["name"] not in world["bases"]]
    missing = [build for build in parameters["builds"] if wanted[build["name"]] not in world["present"]]
    changes = [Change("import", base["name"], after=base["name"]) for base in imports]
    changes += [Change("build", build["name"], after=wanted[build["name"]], data=build) for build in missing]
    facts = {
        "images": wanted,
        "missing": [build["name"] for build in missing],
        "missing_bases": [base["name"] for base in imports],
    }
    return Plan(tuple(changes), facts)


def apply(parameters: Parameters, wanted: Plan) -> Mapping[str, Any]:
    """Import and build; a base that was just imported gives its images their names only now."""
    for change in wanted.changes:
        if change.action == "import":
            client.import_base(parameters["archives"][change.subject], change.subject)
    known = observe(parameters)
    names = references(parameters, known["bases"])
    unknown = sorted({base for build in parameters["builds"] for base in build["bases"]} - known["bases"].keys())
    if unknown:
        raise StewardError(f"base image {unknown[0]} is not on the host", "Give it in platform_base_images, or pull it.")
    for change in wanted.changes:
        if change.action == "build":
            _build(parameters, change.data, names[change.subject])
    return {"images": names}


def _build(parameters: Parameters, build: Mapping[str, Any], reference: str) -> None:
    ca_file = parameters["ca_file"] if os.path.exists(parameters["ca_file"]) else ""
    with tempfile.TemporaryDirectory(prefix="steward-build-") as folder:
        with tarfile.open(parameters["packed"][build["name"]]["path"]) as archive:
            archive.extractall(folder, filter="data")
        args = {name: str(value) for name, value in build["args"].items()}
        client.build_image(reference, folder, build["dockerfile"], args, target=build["target"], ca_file=ca_file)
