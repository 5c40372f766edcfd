# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images of a platform are not there yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.plan import Change, Plan
from ..plan import image_hash, image_reference

Parameters = Mapping[str, Any]
World = Mapping[str, Any]


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
