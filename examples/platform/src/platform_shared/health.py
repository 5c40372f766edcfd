# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Liveness, readiness, startup and the legacy endpoint.

live     the process answers; nothing else is looked at, so an outage elsewhere restarts nobody
ready    every dependency is really used; 503 names the ones that failed
startup  the service has reached its database once
health   ready's verdict in the short words of older monitors
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from platform_shared.database import check_database
from platform_shared.settings import settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    """A probe returns a word of detail or raises."""

    name: str
    probe: Callable[[], str]


@dataclass(frozen=True)
class Outcome:
    name: str
    ok: bool
    latency_ms: float
    detail: str


class Health:
    def __init__(self, checks: tuple[Check, ...]) -> None:
        self.checks = checks
        self.draining = False
        self.startup_duration: float | None = None
        # Threads of their own: a probe that hangs must not take the workers of requests.
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")

    async def start(self) -> None:
        """Wait for the database: at boot nothing promises that it is there before us."""
        began = time.monotonic()
        database = Check("database", check_database)
        while not (await self._outcome(database)).ok:
            await asyncio.sleep(1)
        self.startup_duration = round(time.monotonic() - began, 3)
        log.info("started", extra={"fields": {"startup_duration": self.startup_duration}})

    async def outcomes(self) -> list[Outcome]:
        return await asyncio.gather(*map(self._outcome, self.checks))

    async def _outcome(self, check: Check) -> Outcome:
        began = time.perf_counter()
        loop = asyncio.get_running_loop()
        reason = None
        try:
            probe = loop.run_in_executor(self._threads, check.probe)
            detail = await asyncio.wait_for(probe, settings.check_timeout)
        except TimeoutError:
            reason = detail = f"no answer within {settings.check_timeout:g} s"
        except Exception as error:  # noqa: BLE001  (whatever a driver raises, it is not usable)
            # The class goes to the caller; addresses and user names only to our own log.
            reason, detail = str(error), type(error).__name__
        latency = round((time.perf_counter() - began) * 1000, 2)
        if reason is not None:
            log.warning("check failed", extra={"fields": {"check": check.name, "error": reason}})
        return Outcome(check.name, reason is None, latency, detail)

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/health", tags=["health"])
        router.add_api_route("/live", self.live)
        router.add_api_route("/ready", self.ready)
        router.add_api_route("/startup", self.startup)
        router.add_api_route("", self.legacy)
        return router

    async def live(self) -> JSONResponse:
        return _answer(200, status="alive")

    async def ready(self) -> JSONResponse:
        if self.draining:
            return _answer(503, status="not_ready", failed_checks=["draining"], checks={})
        outcomes = await self.outcomes()
        failed = [outcome.name for outcome in outcomes if not outcome.ok]
        return _answer(
            503 if failed else 200,
            status="not_ready" if failed else "ready",
            failed_checks=failed,
            checks={outcome.name: _describe(outcome) for outcome in outcomes},
        )

    async def startup(self) -> JSONResponse:
        if self.startup_duration is None:
            return _answer(503, status="starting", reason="the database has not answered yet")
        return _answer(200, status="started", startup_duration=self.startup_duration)

    async def legacy(self) -> JSONResponse:
        healthy = not self.draining and all(outcome.ok for outcome in await self.outcomes())
        return _answer(200 if healthy else 503, status="healthy" if healthy else "unhealthy")


def _describe(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": "ok" if outcome.ok else "failed",
        "latency_ms": outcome.latency_ms,
        "detail": outcome.detail,
    }


def _answer(code: int, **content: Any) -> JSONResponse:
    known = {
        "service": settings.service,
        "version": settings.version,
        "timestamp": datetime.now(UTC).isoformat(),
    }
    return JSONResponse(content | known, code, headers={"Cache-Control": "no-store"})


@contextlib.asynccontextmanager
async def started_in_background(health: Health):
    """The port opens at once; `startup` says when the service has really started."""
    task = asyncio.create_task(health.start())
    yield
    task.cancel()
