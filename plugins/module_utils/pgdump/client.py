# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps and restores databases of any reachable server with PostgreSQL's own programs."""

from __future__ import annotations

import glob
import hashlib
import mmap
import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..core import clock, files, locks, process, sql
from ..core.errors import InputError, StewardError
from ..core.sql import DATABASE_NAMES
from . import command, parse, plan
from .model import LEVEL, Entry, Server, Statements, Tool, check_jobs, check_level
from .statements import scan

PROGRAMS = "/usr/lib/postgresql/*/bin"
# A dump may take hours; what takes longer than a night has lost its server.
SECONDS = 12 * 3600
# A session that only holds a snapshot looks idle.
PATIENT = "-c idle_in_transaction_session_timeout=0 -c statement_timeout=0"


@contextmanager
def session(server: Server, database: str) -> Iterator[sql.Session]:
    """A session with one database of a server.

    :raises StewardError: it cannot be reached, or the password file is open to others.
    """
    _check_passfile(server.passfile)
    with sql.connect(server.account, options=PATIENT, **server.parameters(database)) as opened:
        yield opened


def _check_passfile(path: str) -> None:
    """libpq ignores a file that others can read, and then asks for a password."""
    if not path:
        return
    try:
        status = os.stat(path)
    except OSError as error:
        raise InputError(f"server.passfile is {path!r}, which cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
        raise InputError(f"server.passfile is {path!r}, allowed is: a file with mode 0600 or 0400")


def find_tools() -> list[Tool]:
    """The installed versions of PostgreSQL's client programs."""
    found = []
    for folder in sorted(glob.glob(PROGRAMS)):
        if os.path.exists(f"{folder}/pg_dump") and os.path.exists(f"{folder}/pg_restore"):
            said = process.run([f"{folder}/pg_dump", "--version"], check=False).stdout
            version = parse.parse_version(said)
            found += [Tool(folder, version)] if version else []
    return found


def list_databases(*, server: Server) -> list[str]:
    """The databases of a server that can be dumped: not templates, and open to connections."""
    with session(server, server.maintenance) as opened:
        return [row["name"] for row in opened.query(DATABASE_NAMES)]


def dump_database(*, server: Server, database: str, folder: str, jobs: int = 2, level: str = LEVEL) -> dict[str, Any]:
    """Dump one database, as it is at one moment, into ``folder``, which appears when it is complete.

    :param folder: a new folder that becomes the archive, for ``pg_restore``; its parent must exist.
    :param level: ``none``, or ``zstd``, ``gzip`` or ``lz4`` with a level.
    :returns: the result of a part; ``details.databases`` has ``name``, ``size``, ``dump_size``, ``tables``, ``rows``.
    :raises StewardError: it failed, or has fewer tables than the database; then nothing is there.
    """
    check_jobs(jobs), check_level(level)
    tool, version = _choose(server)
    with _staging(folder, server) as (staged, run):
        rows = [_dump(tool, server, database, staged, "dump", jobs=jobs, level=level)]
        _publish(f"{staged}/dump", folder)
    return _result(run, folder, tool, version, rows, "dump")


def dump_server(
    *, server: Server, folder: str, databases: Sequence[str] | None = None, jobs: int = 2, level: str = LEVEL,
    schema_only: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Dump the databases of a server and its roles (without passwords) into ``folder``, all or nothing.

    Each database is one archive, a folder named as the database, or with ``schema_only`` a file ``NAME.sql``; roles and
    tablespaces are in ``globals.sql``, checksums in ``SHA256SUMS``. The list of databases is taken once, at first.

    :param databases: None means all that can be dumped.
    :returns: as of :func:`dump_database`; ``details.missed`` names databases that came meanwhile.
    """
    check_jobs(jobs), check_level(level)
    tool, version = _choose(server)
    wanted = plan.choose_databases(databases, list_databases(server=server))
    with _staging(folder, server) as (staged, run):
        process.run(command.dump_globals(tool, server, plan.GLOBALS), cwd=staged, timeout=SECONDS)
        rows = []
        for name in wanted:
            target = plan.name_folder(name)
            if schema_only:
                rows.append(_dump_schema(tool, server, name, staged, f"{target}.sql"))
            else:
                rows.append(_dump(tool, server, name, staged, target, jobs=jobs, level=level))
        missed = sorted(set(list_databases(server=server)) - set(wanted)) if databases is None else []
        _publish(staged, folder)
    return _result(run, folder, tool, version, rows, "schema" if schema_only else "dump", missed=missed)


def dump_globals(*, server: Server, path: str) -> None:
    """Write roles and tablespaces of a server as SQL, without passwords, to the file ``path``."""
    tool, _version = _choose(server)
    with _staging(path, server) as (staged, _run):
        process.run(command.dump_globals(tool, server, plan.GLOBALS), cwd=staged, timeout=SECONDS)
        _publish(f"{staged}/{plan.GLOBALS}", path)


def dump_schema(*, server: Server, database: str, path: str) -> dict[str, Any]:
    """Write the definitions of a database as SQL, without its rows, to the file ``path``; its figures."""
    tool, _version = _choose(server)
    with _staging(path, server) as (staged, _run):
        row = _dump_schema(tool, server, database, staged, "schema.sql")
        _publish(f"{staged}/schema.sql", path)
    return row


def _choose(server: Server) -> tuple[Tool, str]:
    with session(server, server.maintenance) as opened:
        version = str(opened.query(command.VERSION)[0]["version"])
    return plan.choose_dump_tool(find_tools(), version), version


@dataclass(frozen=True)
class _Run:
    """When a run began."""

    started: str
    clock: float


@contextmanager
def _staging(target: str, server: Server) -> Iterator[tuple[str, _Run]]:
    """A hidden folder beside the target, which belongs to whom the server knows; in the end it is gone."""
    parent, name = os.path.split(os.path.abspath(target))
    if os.path.lexists(target):
        raise InputError(f"{target} exists, allowed is: a path where nothing is")
    if not os.path.isdir(parent):
        raise InputError(f"{parent} is no folder, allowed is: one that exists")
    with locks.lock(f"{parent}/.pgdump.lock", f"dump of {server.describe()} to {name}"):
        staged = f"{parent}/.{name}.partial"
        # Whoever left it is dead, or the lock would be held.
        shutil.rmtree(staged, ignore_errors=True)
        os.mkdir(staged, 0o700)
        try:
            if server.account:
                shutil.chown(staged, server.account, server.account)
            yield staged, _Run(clock.to_text(clock.now()), time.monotonic())
        finally:
            shutil.rmtree(staged, ignore_errors=True)


def _dump(
    tool: Tool, server: Server, database: str, staged: str, name: str, *, jobs: int, level: str
) -> dict[str, Any]:
    """Dump what a snapshot shows and compare with what it had."""
    with _snapshot(server, database) as (ident, facts):
        argv = command.dump(tool, server, database, name, jobs=jobs, level=level, snapshot=ident)
        process.run(argv, cwd=staged, timeout=SECONDS)
    path = f"{staged}/{name}"
    plan.refuse_hollow(database, plan.count_tables(read_contents(tool, path)), len(facts["tables"]))
    return plan.describe_database(database, facts, size_of(path)[0])


def _dump_schema(tool: Tool, server: Server, database: str, staged: str, name: str) -> dict[str, Any]:
    with _snapshot(server, database) as (ident, facts):
        argv = command.dump_schema(tool, server, database, name, snapshot=ident)
        process.run(argv, cwd=staged, timeout=SECONDS)
    path = f"{staged}/{name}"
    plan.refuse_hollow(database, scan_file(path).tables, len(facts["tables"]))
    return plan.describe_database(database, facts, size_of(path)[0])


@contextmanager
def _snapshot(server: Server, database: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """One moment of a database, held open: its name for pg_dump, and its figures."""
    with session(server, database) as opened:
        opened.execute(command.BEGIN)
        ident = str(opened.query(command.SNAPSHOT)[0]["ident"])
        yield ident, read_facts(opened)


def read_facts(opened: sql.Session) -> dict[str, Any]:
    """A database's tables with their estimated rows, and its size."""
    return {"tables": opened.query(command.TABLES), "bytes": opened.query(command.SIZE)[0]["bytes"]}


def _publish(staged: str, target: str) -> None:
    """Give a dump to root only, with its checksums, write it to the disk, and let it appear."""
    sums = {}
    for folder, _folders, names in os.walk(staged, topdown=False):
        for name in names:
            _take(f"{folder}/{name}", 0o600, os.O_RDONLY)
            sums[os.path.relpath(f"{folder}/{name}", staged)] = digest(f"{folder}/{name}")
        _take(folder, 0o700, os.O_RDONLY | os.O_DIRECTORY)
    if sums:
        # What pg_dump compresses has no checksum, and pg_restore takes a file that is cut off for a short one.
        files.write(f"{staged}/{parse.SUMS}", parse.render_sums(sums), mode="0600")
    else:
        _take(staged, 0o600, os.O_RDONLY)
    os.rename(staged, target)
    handle = os.open(os.path.dirname(os.path.abspath(target)), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _take(path: str, mode: int, flags: int) -> None:
    """The account that wrote it must not get anything else changed by a link."""
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if stat.S_ISREG(status.st_mode) and status.st_nlink != 1:
            raise StewardError(f"{path} has a second name, which pg_dump does not make")
        os.fchown(handle, 0, 0)
        os.fchmod(handle, mode)
        os.fsync(handle)
    finally:
        os.close(handle)


def digest(path: str) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(path: str) -> tuple[int, int]:
    """Bytes and files of a dump."""
    if os.path.isfile(path):
        return os.path.getsize(path), 1
    sizes = [os.path.getsize(f"{folder}/{name}") for folder, _folders, names in os.walk(path) for name in names]
    return sum(sizes), len(sizes)


def _result(
    run: _Run, folder: str, tool: Tool, version: str, rows: list[dict[str, Any]], kind: str, **details: Any
) -> dict[str, Any]:
    size, count = size_of(folder)
    return {
        "part": "postgresql",
        "engine": "pgdump",
        "version": tool.version,
        "repository": None,
        "kind": kind,
        "id": folder,
        "started": run.started,
        "finished": clock.to_text(clock.now()),
        "seconds": round(time.monotonic() - run.clock, 2),
        "size": sum(row["size"] for row in rows),
        "added": size,
        "files": count,
        "details": {"server_version": version, "databases": rows, "warnings": plan.warn_empty(rows), **details},
    }


def scan_file(path: str) -> Statements:
    """What a file of SQL would do."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return Statements()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return scan(data)


def read_contents(tool: Tool, path: str) -> tuple[Entry, ...]:
    """An archive's table of contents."""
    return parse.parse_contents(process.run(command.list_archive(tool, path), timeout=SECONDS).stdout)
