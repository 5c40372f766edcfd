# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans a recovery at the present moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core import clock
from .plan import plan_recovery


def plan_now(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The plan from facts that were collected before.

    :raises InputError: as the plan raises it.
    """
    return {"plan": plan_recovery(parameters, clock.now())}
