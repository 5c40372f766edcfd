# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of erased subjects: what was erased is erased again after every restore, so that nobody comes back.

An entry is one statement with its values, in one database. It names a subject by the application's own number, not by
name or address: the ledger outlives the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...core import clock
from ...core.errors import InputError, StewardError
from ...core.table import render

SCHEMA = 1
LEDGER = "/var/lib/steward/erasures.jsonl"
FIELDS = ("database", "statement", "values")
_VERBS = re.compile(r"\s*(delete\s+from|update)\s", re.IGNORECASE)
_CONDITION = re.compile(r"\swhere\s", re.IGNORECASE)

Entry = Mapping[str, Any]


def build_entry(document: Any, now: datetime, known: Sequence[Entry]) -> dict[str, Any]:
    """An entry from what somebody asks for: ``database``, ``statement`` and ``values``.

    >>> build_entry({"database": "shop", "statement": "DELETE FROM customers WHERE id = %s", "values": [42]},
    ...             datetime(2026, 11, 28, tzinfo=UTC), [])["id"]
    '20261128_000000-1'

    :raises InputError: it is no single DELETE or UPDATE with a condition.
    """
    if not isinstance(document, dict) or set(document) - set(FIELDS) or not document.get("database"):
        raise InputError(f"the erasure is not usable, allowed is: an object with {', '.join(FIELDS)}")
    statement, values = document.get("statement"), document.get("values", [])
    if not isinstance(statement, str) or not _VERBS.match(statement) or not _CONDITION.search(statement):
        raise InputError("statement is not usable, allowed is: one DELETE or UPDATE with WHERE and %s for each value")
    if ";" in statement:
        raise InputError("statement has a semicolon, allowed is: one statement without one")
    if not isinstance(values, list) or not all(isinstance(value, (str, int)) for value in values):
        raise InputError("values is not usable, allowed is: a list of texts and whole numbers")
    if statement.replace("%%", "").count("%s") != len(values):
        raise InputError(f"values has {len(values)}, allowed is: as many as the statement has %s")
    moment = clock.to_identifier(now)
    number = sum(str(entry["id"]).startswith(moment) for entry in known) + 1
    return {
        "schema": SCHEMA,
        "id": f"{moment}-{number}",
        "erased": clock.to_text(now),
        "database": str(document["database"]),
        "statement": statement.strip(),
        "values": values,
    }


def parse_ledger(lines: Iterable[str], path: str = LEDGER) -> list[dict[str, Any]]:
    """The entries, in the order in which they were erased.

    :raises StewardError: a line is none, or a newer version wrote it: leaving it out would bring somebody back.
    """
    found = []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise StewardError(f"{path} line {number} is not JSON", "Correct it first.") from error
        if not isinstance(entry, dict) or entry.get("schema") != SCHEMA:
            raise StewardError(f"{path} line {number} has another schema than {SCHEMA}", "Update steward first.")
        found.append(entry)
    return found


def union(present: Sequence[Entry], other: Sequence[Entry]) -> list[Entry]:
    """All entries of both, each once, in the order in which they were erased."""
    by_id = {str(entry["id"]): entry for entry in (*other, *present)}
    return [by_id[name] for name in sorted(by_id, key=lambda name: (by_id[name]["erased"], name))]


def to_line(entry: Entry) -> str:
    """An entry as it stands in the ledger."""
    return json.dumps(dict(entry), sort_keys=True)


def of_database(entries: Iterable[Entry], databases: Iterable[str]) -> list[Entry]:
    """Those that can be replayed here; of a database that is not there, nobody came back."""
    there = set(databases)
    return [entry for entry in entries if entry["database"] in there]


def render_ledger(entries: Sequence[Entry]) -> str:
    """The ledger for people, without the values."""
    rows = [(entry["id"], entry["database"], entry["statement"]) for entry in entries]
    return render(("ID", "DATABASE", "STATEMENT"), rows)
