# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server to dump from or restore into, and what dumps are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import InputError

ACCOUNT = "postgres"
SOCKETS = "/var/run/postgresql"
PORT = 5432
MAINTENANCE = "postgres"
# Weakest first. Only the last two say who the server is.
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# zstd's ordinary level: three times smaller than none at the speed of the disk.
LEVEL = "zstd:3"
_LEVEL = re.compile(r"(none|0|(zstd|gzip|lz4)(:\d{1,2})?)")

CUSTOM, DIRECTORY, TAR = "custom", "directory", "tar"
SQL, CLUSTER_SQL, UNKNOWN = "sql", "cluster_sql", "unknown"
# How a module asks for a server.
SERVER: Mapping[str, Any] = {
    "host": {"type": "str", "default": ""},
    "port": {"type": "int", "default": PORT},
    "user": {"type": "str", "default": ACCOUNT},
    # A path is no secret.
    "passfile": {"type": "path", "default": "", "no_log": False},
    "sslmode": {"type": "str", "choices": list(SSL_MODES), "default": "verify-full"},
    "sslrootcert": {"type": "path", "default": ""},
    "maintenance": {"type": "str", "default": MAINTENANCE},
}
ARCHIVES = (CUSTOM, DIRECTORY, TAR)


@dataclass(frozen=True)
class Server:
    """Where a server is and who asks. An empty ``host`` is the local socket, used as the account ``postgres``.

    ``passfile`` is a file in libpq's format (host:port:database:user:password) that only root can read.
    """

    host: str = ""
    port: int = PORT
    user: str = ACCOUNT
    passfile: str = ""
    sslmode: str = "verify-full"
    sslrootcert: str = ""
    maintenance: str = MAINTENANCE

    @property
    def is_local(self) -> bool:
        return not self.host

    @property
    def account(self) -> str:
        """The account that programs run as, so that the local server knows them; empty is our own."""
        return ACCOUNT if self.is_local else ""

    def parameters(self, database: str) -> dict[str, str]:
        """libpq's connection parameters; none is a secret."""
        known = {"host": self.host or SOCKETS, "port": str(self.port), "user": self.user, "dbname": database}
        if not self.is_local:
            known["sslmode"] = self.sslmode
            # Without a file psql would look into ~/.pgpass of whoever runs it.
            known["passfile"] = self.passfile or "/dev/null"
        if self.sslrootcert and not self.is_local:
            known["sslrootcert"] = self.sslrootcert
        return {**known, "connect_timeout": "10", "application_name": "steward"}

    def describe(self) -> str:
        return f"the local server on port {self.port}" if self.is_local else f"{self.host} port {self.port}"


def build_server(given: Mapping[str, Any] | None) -> Server:
    """The server from a module's options or a configuration; nothing given is the local one.

    :raises InputError: the first defect.
    """
    known = {name: value for name, value in (given or {}).items() if value is not None}
    server = Server(**known)
    if server.sslmode not in SSL_MODES:
        raise InputError(f"server.sslmode is {server.sslmode!r}, allowed is one of: {', '.join(SSL_MODES)}")
    if not 0 < server.port < 65536:
        raise InputError(f"server.port is {server.port}, allowed is: 1 to 65535")
    if server.sslmode.startswith("verify") and not server.is_local and not server.sslrootcert:
        raise InputError(
            f"server.sslrootcert is missing, server.sslmode {server.sslmode} needs it",
            "Give the CA of the server's certificate.",
        )
    if server.is_local and server.passfile:
        raise InputError("server.passfile is given, allowed is: only with server.host", "The socket needs no password.")
    return server


def check_level(level: str) -> str:
    """A compression as pg_dump takes it.

    :raises InputError: it is none.
    """
    if not _LEVEL.fullmatch(level):
        raise InputError(f"level is {level!r}, allowed is: none, or zstd, gzip or lz4 with a level as {LEVEL}")
    return level


def check_jobs(jobs: int) -> int:
    """How many connections work at once.

    :raises InputError: none, or more than any server should be asked for.
    """
    if not 1 <= jobs <= 64:
        raise InputError(f"jobs is {jobs}, allowed is: 1 to 64")
    return jobs


@dataclass(frozen=True)
class Header:
    """The beginning of an archive that pg_dump wrote."""

    archive: str
    format: str
    compression: str = ""
    database: str = ""
    server_version: str = ""
    dump_version: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of an archive's table of contents: what it is and what it needs."""

    ident: int
    kind: str
    schema: str
    name: str
    owner: str
    needs: tuple[int, ...] = ()
    line: str = field(default="", compare=False)

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Statements:
    """What a file of SQL would do, statement by statement.

    ``dangerous`` has a line number and the words of each statement that reaches beyond one database; ``unfinished``
    says in the midst of what the file ends; ``alone`` those that cannot run within a transaction.
    """

    tables: int = 0
    statements: int = 0
    databases: tuple[str, ...] = ()
    dangerous: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    unfinished: str = ""


@dataclass(frozen=True)
class Tool:
    """One installed version of PostgreSQL's client programs."""

    folder: str
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])
