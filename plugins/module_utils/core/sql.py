# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to PostgreSQL."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .errors import StewardError

ACCOUNT, SOCKETS = "postgres", "/var/run/postgresql"
# A verifier is not a password, but it has no place in the log either.
QUIET = "-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic"
# All databases that can be connected to but templates: by name, and with their size in bytes.
DATABASE_NAMES = "SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname"
DATABASE_SIZES = """
SELECT datname AS name, pg_database_size(oid) AS size FROM pg_database
WHERE datallowconn AND NOT datistemplate ORDER BY datname
"""


class SqlError(StewardError):
    """The server could not be reached or refused a statement."""


class Session:
    """One connection that commits each statement by itself."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def query(self, statement: Any, values: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a statement, each as a dictionary; no rows for one that returns none."""
        return self._execute(statement, values)

    def execute(self, statement: Any, values: Sequence[Any] | None = None) -> None:
        """Run a statement for its effect. Identifiers and passwords are composed, never formatted in."""
        self._execute(statement, values)

    def _execute(self, statement: Any, values: Sequence[Any] | None) -> list[dict[str, Any]]:
        import psycopg2

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values)
                if cursor.description is None:
                    return []
                names = [column.name for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except psycopg2.Error as error:
            # Not the statement: it may hold a password.
            raise SqlError(f"PostgreSQL refused a statement: {str(error).strip().splitlines()[0]}") from error


@contextmanager
def connect(account: str = "", **parameters: Any) -> Iterator[Session]:
    """A session with libpq's connection parameters (``dbname``, ``host``, ``user``, ``connect_timeout`` …).

    :param account: whom a server that knows people by their process's account shall see, when we are root.
    :raises SqlError: as described there; the message holds no password.
    """
    try:
        import psycopg2
    except ImportError as error:
        raise SqlError("python3-psycopg2 is not installed", "Run the role postgresql first.") from error
    try:
        with _acting_as(account):
            connection = psycopg2.connect(**parameters)
    except psycopg2.Error as error:
        raise SqlError(f"PostgreSQL cannot be reached: {' '.join(str(error).split())}") from error
    connection.autocommit = True
    try:
        yield Session(connection)
    finally:
        connection.close()


@contextmanager
def local_session(port: int, database: str = "postgres") -> Iterator[Session]:
    """A session as the superuser at a server of this host, which knows that account by its process."""
    with connect(
        ACCOUNT,
        host=SOCKETS,
        port=port,
        dbname=database,
        user=ACCOUNT,
        options=QUIET,
        connect_timeout=10,
        application_name="steward",
    ) as opened:
        yield opened


@contextmanager
def _acting_as(account: str) -> Iterator[None]:
    """Act as an account while the block runs; only root can, and only root needs it."""
    if not account or os.geteuid() != 0:
        yield
        return
    try:
        number = pwd.getpwnam(account).pw_uid
    except KeyError as error:
        raise SqlError(f"the account {account} does not exist", "Run the role postgresql first.") from error
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)
