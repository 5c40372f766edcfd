# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks this host's server what operators want to know, shows its log, and opens a shell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ...core import clock, files, process
from ...core.errors import InputError
from ...core.sql import SOCKETS, local_session
from .. import command
from ..client import status
from ..model import ACCOUNT
from . import logs

# Of each file, from its end.
LOG_BYTES = 64 * 1024 * 1024

Row = dict[str, Any]


def sizes(port: int, databases: Sequence[str], tables: int) -> tuple[list[Row], list[Row]]:
    """The size of databases, and their biggest tables together.

    :param databases: all of them when empty.
    """
    known = status(port)["databases"]
    chosen = [find_database(known, name) for name in databases] or list(known)
    found: list[Row] = []
    for name in chosen:
        with local_session(port, name) as inside:
            found += inside.query(command.TABLES, (tables,))
    biggest = sorted(found, key=lambda row: -row["bytes"])[:tables]
    return [{"name": name, "bytes": known[name]} for name in chosen], biggest


def find_database(known: Sequence[str] | dict[str, Any], name: str) -> str:
    """:raises InputError: the server has no such database."""
    if name not in known:
        raise InputError(f"DATABASE is {name!r}, allowed is: {', '.join(known)}")
    return name


def activity(port: int, longer: float) -> list[Row]:
    """Sessions whose statement or transaction goes on for so many seconds."""
    with local_session(port) as opened:
        return opened.query(command.ACTIVITY, (longer,))


def blocked(port: int) -> list[Row]:
    """Sessions that wait for others, and those."""
    with local_session(port) as opened:
        return opened.query(command.BLOCKED)


def shell(port: int, database: str) -> int:
    """Run psql on our terminal as the server's account, whom it knows without a password; returns its exit code."""
    find_database(status(port)["databases"], database)
    return process.interact(["psql", f"--host={SOCKETS}", f"--port={port}", f"--dbname={database}"], account=ACCOUNT)


def log(port: int, since: datetime | None, limit: int | None) -> tuple[list[str], str, int]:
    """The chosen lines, the file they end in, and how far it was read."""
    path = logs.find_log(process.run(["pg_lsclusters", "--json"]).stdout, port)
    local = clock.local_zone()
    earlier: list[str] = []
    lines, end = files.read_lines(path, LOG_BYTES)
    if not lines or (since is not None and (logs.moment_of(lines[0], local) or since) > since):
        # The log was rotated meanwhile; the one before is not compressed yet.
        earlier, _end = files.read_lines(f"{path}.1", LOG_BYTES)
    return logs.select_lines([*earlier, *lines], since, limit, local), path, end


def follow(path: str, end: int) -> int:
    """Show what is written to a log from there on, also after it was rotated, until somebody interrupts."""
    return process.interact(["tail", f"--bytes=+{end + 1}", "--follow=name", "--retry", path])
