# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking for what no release needs any longer, and removing it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import Any

from ...containers import client as engine
from ...core.errors import StewardError
from ...core.plan import Plan
from .. import client
from .plan import World

REMOVALS: Mapping[str, Callable[[str], None]] = {
    "remove container": engine.remove_container,
    "remove image": engine.remove_image,
    "remove release": shutil.rmtree,
}


def observe(parameters: Mapping[str, Any]) -> World:
    """The ledger with all that it could refer to.

    :raises StewardError: nothing serves, so nothing can be told to be old.
    """
    platform = parameters["platform"]
    current = client.current_record(platform["paths"])
    if current is None:
        raise StewardError("nothing serves, so no release is an old one", "Deploy a release first.")
    return World(
        records=client.read_records(platform["paths"]),
        current=current["id"],
        images=engine.repository_images(f"{platform['name']}/*"),
        containers=engine.platform_containers(platform["name"]),
    )


def apply(parameters: Mapping[str, Any], wanted: Plan) -> None:
    """Remove what the plan says, in its order."""
    for change in wanted.changes:
        REMOVALS[change.action](change.subject)
