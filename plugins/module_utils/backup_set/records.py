# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers: evidence, results of jobs, and the last look at repositories and archive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ..core.errors import StewardError
from ..core.findings import ORDER
from ..core.schema import Field, check
from .catalogue import Stored
from .model import IDENTIFIER, TIME

# Of each of these documents; a newer one is refused rather than misread.
SCHEMA = 1

_TEXT = Field("text", required=True)
_TIME = Field("text", required=True, pattern=TIME)
# What is read here of a record of the domain backup_validation, which has more.
EVIDENCE = Field(
    "object",
    required=True,
    fields={
        "schema": Field("integer", required=True, maximum=SCHEMA),
        "set": Field("text", required=True, pattern=IDENTIFIER),
        "part": _TEXT,
        "repository": _TEXT,
        "wanted": Field("integer", required=True),
        "level": Field("integer", required=True),
        "result": Field("text", required=True, choices=ORDER),
        "finished": _TIME,
        "rto_seconds": Field("number", minimum=0),
        "rpo_seconds": Field("number"),
        "size": Field("integer", default=0, minimum=0),
        "seconds": Field("map", default={}, items=Field("number", minimum=0)),
        **{name: Field("list", default=(), items=Field("map")) for name in ("checks", "databases")},
    },
)
_RESULT = {
    **dict.fromkeys(("job", "result"), _TEXT),
    **dict.fromkeys(("started", "finished"), _TIME),
    **{name: Field("text", default="") for name in ("invocation", "error")},
    "success": Field("text", pattern=TIME),
    "set": Field("text"),
    **{name: Field("number", required=True, minimum=0) for name in ("seconds", "size", "added")},
}
_ROW = {
    **dict.fromkeys(("repository", "id", "time"), _TEXT),
    **{name: Field("text", default="") for name in ("set", "part")},
    "needs": Field("list", default=(), items=Field("text")),
}
_GAP = {"first": _TEXT, "last": _TEXT, "verdict": _TEXT, "healed_by": Field("text", default="")}
# Of a further repository what is read here; ``folders`` say more to people.
_COPY = {
    **dict.fromkeys(("repository", "how"), _TEXT),
    "set": Field("text"),
    "folders": Field("list", required=True, items=Field("map")),
    "warnings": Field("list", required=True, items=Field("text")),
    "error": Field("text", default=""),
    "success": Field("text", pattern=TIME),
    **{name: Field("number", minimum=0) for name in ("objects", "bytes", "lag_seconds")},
}
DOCUMENTS: Mapping[str, Mapping[str, Field]] = {
    "result": _RESULT,
    "look": {
        "looked": Field("map", required=True, items=_TEXT),
        "rows": Field("list", required=True, items=Field("object", fields=_ROW)),
    },
    "replication": {
        **dict.fromkeys(("platform", "host", "mode"), _TEXT),
        **dict.fromkeys(("started", "finished"), _TIME),
        "seconds": Field("number", required=True, minimum=0),
        "repositories": Field("list", required=True, items=Field("object", fields=_COPY)),
    },
    "wal": {
        "checked": _TIME,
        "newest": Field("text", pattern=TIME),
        "caught_up": Field("boolean", required=True),
        "gaps": Field("list", required=True, items=Field("object", fields=_GAP)),
        "unusable": Field("list", default=(), items=_TEXT),
        "error": Field("text", default=""),
    },
}


def read(document: Any, kind: str, path: str) -> dict[str, Any] | None:
    """One of the documents, or None when there is none.

    :raises StewardError: it is of a newer schema or broken.
    """
    if document is None:
        return None
    fields = {"schema": Field("integer", required=True, maximum=SCHEMA), **DOCUMENTS[kind]}
    checked = check(document, Field("object", required=True, fields=fields), path)
    if checked.errors:
        raise StewardError(checked.errors[0], "A newer steward wrote it, or it was damaged; remove it in that case.")
    value: dict[str, Any] = checked.value
    return value


def parse_evidence(lines: Iterable[str]) -> tuple[list[dict[str, Any]], int]:
    """The records, and how many lines are none: one that was torn must not hide the others."""
    found, bad = [], 0
    for line in lines:
        try:
            document = json.loads(line)
        except ValueError:
            document = None
        known = {name: document.get(name) for name in EVIDENCE.fields} if isinstance(document, dict) else None
        checked = check(known, EVIDENCE, "evidence")
        if checked.errors:
            bad += 1
        else:
            found.append(checked.value)
    return found, bad


def stored_rows(look: Mapping[str, Any] | None) -> list[Stored]:
    """What the repositories listed when they were last asked."""
    rows = look["rows"] if look else ()
    names = ("repository", "id", "set", "part", "time")
    return [Stored(**{name: row[name] for name in names}, needs=tuple(row["needs"])) for row in rows]


def build_look(
    before: Mapping[str, Any] | None, repository: str, rows: Iterable[Stored], *, looked: str
) -> dict[str, Any]:
    """The last look at all repositories, with a new one at one of them."""
    others = [asdict(row) for row in stored_rows(before) if row.repository != repository]
    known = dict(before["looked"]) if before else {}
    return {
        "schema": SCHEMA,
        "looked": {**known, repository: looked},
        "rows": [*others, *(asdict(row) for row in rows)],
    }
