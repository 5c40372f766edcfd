# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines once a session; services as a test wants them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engines import Certificates, Postgres, RedisServer
from helpers import SOURCES
from services import Process, Web

PACKAGES = {"isp_framework": "dotmac_isp", "management_platform": "mgmt_platform"}


@dataclass
class Stack:
    """Two databases and two Redis instances, as in production."""

    root: Path
    postgres: Postgres
    cache: RedisServer
    queue: RedisServer
    started: list[Process] = field(default_factory=list)

    def secrets(self, service: str) -> dict[str, str]:
        management = service == "management_platform"
        return {
            "DATABASE_URL": self.postgres.url(PACKAGES[service]),
            "CACHE_URL": self.cache.url(3 if management else 0),
            "CELERY_BROKER_URL": self.queue.url(4 if management else 1),
            "CELERY_RESULT_BACKEND": self.queue.url(5 if management else 2),
            "SECRET_KEY": "a" * 40,
            "JWT_SECRET_KEY": "b" * 40,
            "STRIPE_SECRET_KEY": "c" * 40,
            "SENDGRID_API_KEY": "d" * 40,
        }

    def process(self, service: str, module: str, kind: type[Process] = Process) -> Process:
        directory = self.root / f"{module}-{len(self.started)}"
        made = kind(service, module, directory, self.secrets(service))
        self.started.append(made)
        return made

    def alembic(self, service: str, *words: str) -> str:
        command = self.process(service, "alembic")
        done = command.command("alembic", "-c", str(SOURCES / service / "alembic.ini"), *words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    # Not pytest's own directory: PostgreSQL runs as another user and cannot look into it.
    root = Path(tempfile.mkdtemp(prefix="sample-platform-"))
    root.chmod(0o755)
    places = [root / name for name in ("postgres", "cache", "queue")]
    for place in places:
        place.mkdir()
    certificates = Certificates(root)
    postgres = Postgres(places[0], certificates)
    made = Stack(root, postgres, *(RedisServer(place, certificates) for place in places[1:]))
    engines = (made.postgres, made.cache, made.queue)
    try:
        for engine in engines:
            engine.start()
        for service, database in PACKAGES.items():
            postgres.sql(f"CREATE DATABASE {database}")
            made.alembic(service, "upgrade", "head")
        yield made
    finally:
        for process in made.started:
            process.kill()
        for engine in engines:
            engine.stop()
        shutil.rmtree(root)


@pytest.fixture
def healthy(stack: Stack) -> Iterator[Stack]:
    """All engines run, before the test and after it."""
    yield stack
    for engine in (stack.postgres, stack.cache, stack.queue):
        engine.start()


@pytest.fixture
def process(healthy: Stack) -> Iterator[Callable[..., Process]]:
    """Makes processes that end with the test."""
    before = len(healthy.started)
    yield healthy.process
    for made in healthy.started[before:]:
        made.kill()


@pytest.fixture(scope="module")
def webs(stack: Stack) -> Iterator[dict[str, Web]]:
    """Both web services, shared by the tests of one file."""
    made = {name: stack.process(name, "platform_shared.server", Web) for name in PACKAGES}
    for web in made.values():
        web.start()
    for web in made.values():
        web.until_ready()
    yield made
    for web in made.values():
        web.kill()


@pytest.fixture
def isp(webs: dict[str, Web]) -> Web:
    return webs["isp_framework"]


@pytest.fixture
def management(webs: dict[str, Web]) -> Web:
    return webs["management_platform"]
