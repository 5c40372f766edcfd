# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: every answer but those about health takes three seconds."""

import asyncio
from typing import Any

from platform_shared import middleware

SECONDS = 3.0

_prompt = middleware.RequestObserver.__call__


async def _call(self: Any, scope: dict, receive: Any, send: Any) -> None:
    async def send_late(message: dict) -> None:
        if message["type"] == "http.response.start" and not scope["path"].startswith("/health"):
            await asyncio.sleep(SECONDS)
        await send(message)

    await _prompt(self, scope, receive, send_late)


middleware.RequestObserver.__call__ = _call
