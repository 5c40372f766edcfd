# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's part in having images: which are missing, and building them from what the controller sent."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Mapping
from typing import Any

from ...core.errors import StewardError
from ...core.plan import Plan
from .. import client
from .plan import Parameters, World, references


def observe(parameters: Parameters) -> World:
    """The layers of every base image, and which of the wanted images are here."""
    if parameters["packed"] is None:
        raise StewardError(
            "container_image was called without its action", "Call it as steward.platform.container_image."
        )
    names = {base for build in parameters["builds"] for base in build["bases"]}
    bases = {name: found for name in sorted(names) if (found := client.layers(name)) is not None}
    wanted = references(parameters, bases)
    return {
        "bases": bases,
        "present": [reference for reference in wanted.values() if reference and client.image_id(reference)],
    }


def apply(parameters: Parameters, wanted: Plan) -> Mapping[str, Any]:
    """Import and build; a base that was just imported gives its images their names only now."""
    for change in wanted.changes:
        if change.action == "import":
            client.import_base(parameters["archives"][change.subject], change.subject)
    known = observe(parameters)
    names = references(parameters, known["bases"])
    unknown = sorted({base for build in parameters["builds"] for base in build["bases"]} - known["bases"].keys())
    if unknown:
        raise StewardError(
            f"base image {unknown[0]} is not on the host", "Give it in platform_base_images, or pull it."
        )
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
