# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: the service starts, answers, and never becomes ready."""

from platform_shared import health

_honest = health.Health.outcomes


async def _outcomes(self: health.Health) -> list[health.Outcome]:
    never = health.Outcome("warm_up", False, 0.1, "still warming up")
    return [*await _honest(self), never]


health.Health.outcomes = _outcomes
