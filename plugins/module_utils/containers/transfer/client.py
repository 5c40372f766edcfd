# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying images from one engine to another without a registry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...core.errors import StewardError
from ...core.plan import Plan
from .. import client

Parameters = Mapping[str, Any]


def observe(parameters: Parameters) -> list[str]:
    """The images that are not here."""
    return [reference for reference in parameters["images"] if client.image_id(reference) is None]


def save(parameters: Parameters) -> dict[str, Any]:
    """Write images into an archive, which belongs to the owner of its folder: the connection's user fetches it.

    :raises StewardError: one of them is not here.
    """
    client.save_images(parameters["images"], parameters["path"])
    owner = os.stat(os.path.dirname(parameters["path"]))
    os.chown(parameters["path"], owner.st_uid, owner.st_gid)
    return {"changed": True}


def load(parameters: Parameters, wanted: Plan) -> None:
    """Load the archive and see that it had all that was missing."""
    client.load_images(parameters["archive"])
    still = observe(parameters)
    if still:
        raise StewardError(f"the archive does not hold {', '.join(still)}", "Save them on the host that built them.")
