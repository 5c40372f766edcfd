# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at the release that serves, to run it once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...containers import client as engine
from ...core.errors import StewardError
from .. import client
from ..plan import image_ids
from .plan import World


def observe(parameters: Mapping[str, Any]) -> World:
    """The release that serves, with what running it again needs.

    :raises StewardError: nothing serves.
    """
    paths = parameters["platform"]["paths"]
    current = client.current_record(paths)
    if current is None:
        raise StewardError("nothing serves, so there is nothing to run again", "Deploy a release first.")
    images = frozenset(engine.image_sizes(image_ids([current])))
    return World(current, client.read_model(paths, current["id"]), images)
