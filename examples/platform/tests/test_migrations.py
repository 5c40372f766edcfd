# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration commands as a release runs them."""

from collections.abc import Iterator

import pytest

from conftest import PACKAGES, Stack
from helpers import SOURCES
from services import Process

SCHEMA_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture(params=PACKAGES)
def migration(request: pytest.FixtureRequest, healthy: Stack) -> Iterator[Process]:
    """A process of the service with an empty database of its own."""
    healthy.postgres.sql("CREATE DATABASE scratch")
    made = healthy.process(request.param, "alembic")
    made.set_secret("DATABASE_URL", healthy.postgres.url("scratch"))
    yield made
    healthy.postgres.sql("DROP DATABASE scratch WITH (FORCE)")


def alembic(process: Process, *words: str) -> str:
    ini = SOURCES / process.environment["SERVICE"] / "alembic.ini"
    done = process.command("alembic", "-c", str(ini), *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_up_down_and_up_again(healthy: Stack, migration: Process):
    assert alembic(migration, "current") == ""
    assert alembic(migration, "heads") == "0002 (head)\n"
    alembic(migration, "upgrade", "head")
    assert alembic(migration, "current") == "0002 (head)\n"
    alembic(migration, "downgrade", "base")
    assert healthy.postgres.sql(SCHEMA_TABLES, "scratch") == "1"  # alembic_version
    alembic(migration, "upgrade", "head")
    # The models and the migrations say the same.
    assert "No new upgrade operations" in alembic(migration, "check")


def test_the_statements_can_be_read_beforehand(migration: Process):
    assert "CREATE TABLE" in alembic(migration, "upgrade", "head", "--sql")


def test_a_lock_timeout_from_outside_is_honoured(healthy: Stack, migration: Process):
    """PGOPTIONS reaches the server, so a migration never waits for a lock for ever."""
    alembic(migration, "upgrade", "0001")
    migration.environment["PGOPTIONS"] = "-c lock_timeout=300ms"
    ini = str(SOURCES / migration.environment["SERVICE"] / "alembic.ini")
    with healthy.postgres.locked("alembic_version", "scratch"):
        done = migration.command("alembic", "-c", ini, "upgrade", "head")
    assert done.returncode != 0
    assert "lock timeout" in done.stderr
    assert alembic(migration, "current") == "0001\n"
