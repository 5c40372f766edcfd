# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts every web service has, put around what is its own."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from prometheus_client import REGISTRY
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from platform_shared import metrics, migrations
from platform_shared.database import check_database
from platform_shared.health import Check, Health, started_in_background
from platform_shared.middleware import RequestObserver
from platform_shared.redis_client import check_write
from platform_shared.secret_files import SecretError, read_secret
from platform_shared.settings import settings

log = logging.getLogger(__name__)

# These mean "a dependency is away", not "the code is wrong": 503, and the caller may try again.
UNAVAILABLE = (DBAPIError, PoolTimeout, RedisError, SecretError)


@dataclass(frozen=True)
class Service:
    """What one web service brings along."""

    title: str
    package: str
    secrets: tuple[str, ...]
    routers: tuple[APIRouter, ...]
    collectors: tuple[Collector, ...]
    checks: tuple[Check, ...] = ()


def check_secrets(names: tuple[str, ...]) -> str:
    for name in names:
        read_secret(name)
    return f"{len(names)} present"


@asynccontextmanager
async def _lifespan(health: Health) -> AsyncIterator[None]:
    # A thread for each connection: what comes on top waits its turn before it has a thread, however
    # long that takes. With more threads they would wait for connections, and some of them in vain.
    limiter = to_thread.current_default_thread_limiter()
    limiter.total_tokens = settings.pool_size + settings.pool_overflow
    async with started_in_background(health):
        yield


def create_app(service: Service) -> RequestObserver:
    health = Health(
        (
            Check("database", check_database),
            Check("cache", partial(check_write, "CACHE_URL")),
            *service.checks,
            Check("migration", partial(migrations.check_revision, service.package)),
            Check("secrets", partial(check_secrets, service.secrets)),
        )
    )
    api = FastAPI(
        title=service.title,
        version=settings.version,
        lifespan=lambda _: _lifespan(health),
        docs_url=None,  # the pages would load scripts from elsewhere; /openapi.json is what tools need
        redoc_url=None,
    )
    for router in (health.router(), metrics.router, _version_router(service), *service.routers):
        api.include_router(router)
    for error in UNAVAILABLE:
        api.add_exception_handler(error, _unavailable)
    for collector in service.collectors:
        REGISTRY.register(collector)
    return RequestObserver(api, health)


def _version_router(service: Service) -> APIRouter:
    router = APIRouter(tags=["version"])

    @router.get("/version")
    def version() -> dict[str, str]:
        return {
            "service": settings.service,
            "version": settings.version,
            "revision": migrations.head(service.package),
        }

    return router


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    log.error("a dependency is not available", exc_info=error)
    return JSONResponse(
        {"detail": "a dependency is not available, see /health/ready"},
        503,
        headers={"Retry-After": "1"},
    )
