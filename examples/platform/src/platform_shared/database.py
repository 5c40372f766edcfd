# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to the service's own database.

The connection budget of one web container is DB_POOL_SIZE + DB_POOL_OVERFLOW for requests
and 2 for health and metrics; a worker needs one a process. Health has its own pool: a busy
service whose request pool is used up is slow, but it must not look broken and lose its traffic.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from platform_shared.secret_files import read_secret
from platform_shared.settings import settings

# Options are libpq's own. PGOPTIONS stays free for the operator (lock_timeout of a migration).
CONNECT_OPTIONS = {
    "application_name": settings.service,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 30,
}


# Seconds. A request rather waits for a busy server than fails; a probe is to say soon that a server is away.
REQUEST_CONNECT_TIMEOUT, PROBE_CONNECT_TIMEOUT = 10, 2


def _connect(timeout: int) -> psycopg.Connection[Any]:
    """Every new connection reads the secret again, so a rotated password is picked up."""
    arguments, options = psycopg_dialect().create_connect_args(make_url(read_secret("DATABASE_URL")))
    return psycopg.connect(*arguments, **(CONNECT_OPTIONS | {"connect_timeout": timeout} | options))


def _engine(timeout: int = REQUEST_CONNECT_TIMEOUT, **pool: Any) -> Engine:
    return create_engine("postgresql+psycopg://", creator=partial(_connect, timeout), **pool)


@cache
def engine() -> Engine:
    return _engine(
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        pool_timeout=5,
        pool_pre_ping=True,
        pool_recycle=300,
    )


@cache
def _probe_engine() -> Engine:
    # Recycled often: a new login proves that the secret of today still opens the door.
    return _engine(
        PROBE_CONNECT_TIMEOUT, pool_size=2, max_overflow=0, pool_timeout=1, pool_pre_ping=True, pool_recycle=15
    )


def migration_engine() -> Engine:
    return _engine(poolclass=NullPool)


def session() -> Session:
    """For one request, in a `with` inside the endpoint that also makes the answer.

    As a dependency with `yield` it would keep its connection until another thread is free to close
    it, and under load all threads wait for just those connections.
    """
    # What the database fills in comes back with the INSERT: a row need not be read again after its commit.
    return Session(engine(), expire_on_commit=False)


@contextmanager
def probe() -> Iterator[Connection]:
    """A connection for health and metrics whose statements cannot hang."""
    with _probe_engine().begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '1s'"))
        yield connection


def check_database() -> str:
    """Answer what the database says of itself; a standby that refuses writes is a failure."""
    with probe() as connection:
        read_only = connection.scalar(text("SELECT current_setting('transaction_read_only')"))
    if read_only == "on":
        raise RuntimeError("the database is read-only")
    return "read-write"
