# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the ledger of erasures, and erases again what a restore brought back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ...core import clock, files, locks, sql
from ...core.errors import StewardError
from ...core.sql import DATABASE_NAMES, local_session
from . import model

LOCK = "/run/lock/steward-erasures.lock"
LEDGER_BYTES = 64 * 1024**2
# The table was not there yet at the moment that was restored, so nobody is in it.
NO_SUCH_TABLE = "42P01"


def read(path: str = model.LEDGER) -> list[dict[str, Any]]:
    """The entries of this host.

    :raises StewardError: the ledger cannot be used whole.
    """
    if not os.path.exists(path):
        return []
    if os.path.getsize(path) > LEDGER_BYTES:
        raise StewardError(f"{path} has more than {LEDGER_BYTES} bytes, it cannot be read whole")
    return model.parse_ledger(files.read_lines(path, LEDGER_BYTES)[0], path)


def erase(document: Any, port: int) -> dict[str, Any]:
    """Record an erasure, then do it: one that is recorded and not done is done by the next replay, never the reverse.

    :returns: the entry, without its values, and how many ``rows`` it took.
    :raises InputError: it is no usable erasure; nothing was recorded.
    """
    with locks.lock(LOCK, "an erasure", wait=30):
        entry = model.build_entry(document, clock.now(), read())
        # A statement that the server refuses must not stop every later restore.
        with local_session(port, entry["database"]) as opened:
            opened.query(f"EXPLAIN {entry['statement']}", entry["values"])
        with files.appending(model.LEDGER, 0o600) as append:
            append(entry)
        replay([entry], port)
    return {name: entry[name] for name in ("id", "erased", "database", "statement")}


def replay(entries: Sequence[Mapping[str, Any]], port: int) -> dict[str, Any]:
    """Erase again; returns how many entries were carried out and those whose table was not there.

    :raises StewardError: one could not be carried out, so somebody may be back.
    """
    with local_session(port) as opened:
        there = [row["name"] for row in opened.query(DATABASE_NAMES)]
    wanted, absent = model.of_database(entries, there), []
    for entry in wanted:
        with local_session(port, entry["database"]) as opened:
            try:
                opened.execute(entry["statement"], entry["values"])
            except sql.SqlError as error:
                if getattr(error.__cause__, "pgcode", "") != NO_SUCH_TABLE:
                    raise StewardError(
                        f"the erasure {entry['id']} in {entry['database']} could not be repeated: {error.message}",
                        "Whoever it erased may be back: correct the database, then resume.",
                    ) from error
                absent.append(entry["id"])
    return {"replayed": len(wanted) - len(absent), "without_table": absent}


def adopt(lines: Sequence[str]) -> int:
    """Take over the entries of a ledger from a backup that this host does not have; returns how many."""
    with locks.lock(LOCK, "erasures of a backup", wait=30):
        present = read()
        merged = model.union(present, model.parse_ledger(lines, "the ledger in the backup"))
        if len(merged) > len(present):
            content = "".join(f"{model.to_line(entry)}\n" for entry in merged)
            files.write(model.LEDGER, content, mode="0600")
    return len(merged) - len(present)
