# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a restored database waits, how far it has to have come, and what it must hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ...backup_validation.model import Check, Scratch, build_scratch
from ...core.errors import StewardError
from ...postgresql.command import drop_password, let_in, set_verifier
from ..model import LATEST

SCRATCH = "recovery"
# In the file system of the live directory, because a rename puts the replacement in its place.
FOLDER = "steward-recovery"
PORT = 5498

Place = Mapping[str, Any]


def scratch_of(place: Place, taken: Collection[int]) -> Scratch:
    """The isolated instance of a recovery; its port is only the number in its socket's name."""
    port = next(number for number in range(PORT, PORT - len(taken) - 1, -1) if number not in taken)
    root = str(PurePosixPath(place["data"]).with_name(FOLDER))
    return build_scratch(SCRATCH, root, port, place["version"])


def replacement_of(data: str, name: str) -> str:
    """Where the restored directory waits.

    >>> replacement_of("/var/lib/postgresql/17/main", "20261128_120000")
    '/var/lib/postgresql/17/main.replacement-20261128_120000'
    """
    return f"{data}.replacement-{name}"


def unit_of(place: Place) -> str:
    """The unit of the live cluster."""
    return f"postgresql@{place['version']}-{place['name']}.service"


def restore_command(place: Place) -> str:
    """How the former directory, when it is live again, sees which timelines there are in the archive."""
    return f'pgbackrest --stanza={place["stanza"]} archive-get %f "%p"'


def timeline_of(wish: Mapping[str, Any]) -> str:
    """The timeline as pgBackRest takes it; nothing for the newest."""
    return str(wish["timeline"]) if wish["timeline"] else ""


def expected_lsn(wish: Mapping[str, Any], marked: Mapping[str, Any]) -> str:
    """The place that replay has to reach: PostgreSQL itself misses any target but the end of the WAL."""
    if wish["target_type"] != LATEST or wish["timeline"]:
        return ""
    return str(marked.get("point", {}).get("lsn", ""))


def refuse_failed(checks: Iterable[Check]) -> None:
    """:raises StewardError: the restored instance is not what it must be."""
    bad = [f"{check.name}: {check.message}" for check in checks if check.status == "fail"]
    if bad:
        raise StewardError(f"the restored database is not good: {'; '.join(bad)}", "Nothing was stopped.")


def figures_of(database: Mapping[str, Any]) -> dict[str, Any]:
    """What a journal keeps of a database: its name and size, and how many tables and rows (as estimated)."""
    return {
        "name": database["name"],
        "size": database["size"],
        "tables": len(database["tables"]),
        "rows": database["rows"],
    }


def role_statements(roles: Iterable[Mapping[str, Any]], there: Collection[str]) -> list[str]:
    """Let each role in, or not, with the password of now: since the restored moment they may have been rotated.

    :param roles: of the live server before the switch: ``name``, ``login`` and ``secret`` (a verifier, or None).
    :param there: the roles of the restored one.
    """
    found = []
    for role in roles:
        if role["name"] in there:
            found.append(let_in(role["name"], login=role["login"]))
            found.append(set_verifier(role["name"], role["secret"]) if role["secret"] else drop_password(role["name"]))
    return found


def role_warnings(roles: Iterable[Mapping[str, Any]], there: Collection[str]) -> list[str]:
    """Who can log in now and is not there: the role postgresql makes them."""
    missing = sorted(role["name"] for role in roles if role["login"] and role["name"] not in there)
    return [f"these roles were not there yet: {', '.join(missing)}; run the role postgresql"] if missing else []


def refuse_missing(expected: Sequence[Mapping[str, Any]], there: Collection[str]) -> None:
    """:raises StewardError: a database of the replacement is not in the live server."""
    missing = sorted({row["name"] for row in expected} - set(there))
    if missing:
        raise StewardError(f"the database {', '.join(missing)} is missing", "Take it back with steward restore undo.")
