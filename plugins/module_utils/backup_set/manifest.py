# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a set: what it holds and how it came about, so sealed that a change is noticed."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..core import clock
from ..core.errors import StewardError
from ..core.schema import Field, check
from .model import (
    COMPLETE,
    FAILED,
    IDENTIFIER,
    IDENTIFIER_SHAPE,
    MANIFEST_PART,
    PARTIAL,
    PARTS,
    TIME,
    TYPES,
    PartResult,
    Wanted,
    part_of,
)

# A manifest of a newer schema is refused rather than misread.
SCHEMA = 1
KEY_BYTES = 32
# What the key is used for, so that no other sealed thing can be shown as a manifest.
PURPOSE = b"steward backup set manifest\n"
# A part that lost more than this share of its bytes since the set before is worth a look.
SHRINK = 0.5
# What stands in place of a part when all of them could not be stored somewhere.
ALL_PARTS = "all parts"
FIGURES = ("tables", "rows", "size")

Manifest = dict[str, Any]

_TEXT, _NUMBER = Field("text", required=True), Field("number", required=True, minimum=0)
_TIME = Field("text", required=True, pattern=TIME, shape="a moment, as 2024-12-25T14:30:00Z")
_PART = Field(
    "object",
    fields={
        "part": _TEXT,
        "engine": _TEXT,
        "version": _TEXT,
        "repository": _TEXT,
        "kind": _TEXT,
        "id": _TEXT,
        "started": _TIME,
        "finished": _TIME,
        "seconds": _NUMBER,
        "size": _NUMBER,
        "added": _NUMBER,
        "files": Field("integer", minimum=0),
        "details": Field("map", default={}),
    },
)
_FAILURE = Field("object", fields={"part": _TEXT, "engine": _TEXT, "error": _TEXT})
FIELDS: Mapping[str, Field] = {
    "schema": Field("integer", required=True),
    "id": Field("text", required=True, pattern=IDENTIFIER, shape=IDENTIFIER_SHAPE),
    "type": Field("text", required=True, choices=tuple(TYPES)),
    "platform": _TEXT,
    "host": _TEXT,
    "label": Field("text", default=""),
    "steward": _TEXT,
    "started": _TIME,
    "finished": _TIME,
    "seconds": _NUMBER,
    "keep_until": Field("text", pattern=TIME),
    "repositories": Field("list", required=True, minimum=1, items=_TEXT),
    "wanted": Field("list", required=True, minimum=1, items=_TEXT),
    "parts": Field("list", required=True, items=_PART),
    "failures": Field("list", required=True, items=_FAILURE),
    "versions": Field("map", required=True, items=_TEXT),
    "outcome": Field("text", required=True, choices=(COMPLETE, PARTIAL, FAILED)),
    "warnings": Field("list", required=True, items=_TEXT),
    "envelope": Field("list", required=True, items=Field("map")),
    "mac": _TEXT,
}


@dataclass(frozen=True)
class Head:
    """What is known of a set before its first part is made."""

    id: str
    type: str
    platform: str
    host: str
    steward: str
    started: datetime
    repositories: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    label: str = ""
    retention: int | None = None
    warnings: tuple[str, ...] = field(default=())


def failure(wanted: Wanted, error: StewardError, repository: str = "") -> dict[str, str]:
    """How a part that could not be made stands in the manifest; ``repository`` when others may have it."""
    return _failure(wanted.name, wanted.engine, error, repository)


def _failure(part: str, engine: str, error: StewardError, repository: str) -> dict[str, str]:
    return {"part": part, "engine": engine, "error": f"{repository}: {error}" if repository else str(error)}


def away(repository: str, error: StewardError) -> dict[str, str]:
    """How it stands there that a repository could not be reached at all."""
    return _failure(ALL_PARTS, "s3", error, repository)


def unpublished(made: Manifest, repository: str, error: StewardError) -> Manifest:
    """The manifest of a set whose parts are in a repository that did not take the manifest itself."""
    failures = [*made["failures"], _failure(MANIFEST_PART, "restic", error, repository)]
    return {**made, "failures": failures, "outcome": PARTIAL}


def build(
    head: Head,
    results: Sequence[PartResult],
    failures: Sequence[Mapping[str, str]],
    *,
    finished: datetime,
    previous: Mapping[str, Any] | None = None,
    inventory: Sequence[Mapping[str, Any]] = (),
) -> Manifest:
    """The manifest of a set whose parts have ended, well or not.

    A part of nothing has failed where something must be; one that shrank since the ``previous`` set is a warning.
    ``inventory`` is what the server held when the set was begun, table by table.
    """
    empty = [_empty(result) for result in results if _is_empty(result)]
    parts = [dict(result) for result in results if not _is_empty(result)]
    failed = [*map(dict, failures), *empty]
    keep = None if head.retention is None else clock.to_text(head.started + timedelta(days=head.retention))
    return {
        "schema": SCHEMA,
        "id": head.id,
        "type": head.type,
        "platform": head.platform,
        "host": head.host,
        "label": head.label,
        "steward": head.steward,
        "started": clock.to_text(head.started),
        "finished": clock.to_text(finished),
        "seconds": round((finished - head.started).total_seconds(), 3),
        "keep_until": keep,
        "repositories": list(head.repositories),
        "wanted": [wanted.name for wanted in head.wanted],
        "parts": parts,
        "failures": failed,
        "versions": {part["engine"]: part["version"] for part in parts},
        "outcome": outcome(head, parts),
        "warnings": [*head.warnings, *_dumped(parts), *shrunk(parts, (previous or {}).get("parts", ()))],
        "envelope": [dict(row) for row in inventory] or [row for part in parts for row in envelope(part)],
    }


def outcome(head: Head, parts: Sequence[PartResult]) -> str:
    """Complete with every wanted part in every repository, failed without an essential one, otherwise partial."""
    made = {(part["part"], part["repository"]) for part in parts}
    missing = {each.part for each in head.wanted for name in head.repositories if (each.name, name) not in made}
    if not missing:
        return COMPLETE
    main = head.repositories[0]
    absent = [each.part for each in head.wanted if (each.name, main) not in made]
    return FAILED if len(absent) == len(head.wanted) or set(absent) & set(TYPES[head.type].essential) else PARTIAL


def warnings_of(made: Mapping[str, Any]) -> list[str]:
    """What somebody should know of a set: what failed of it, and what was strange."""
    return [*(f"{each['part']}: {each['error']}" for each in made["failures"]), *made["warnings"]]


def _is_empty(result: PartResult) -> bool:
    known = PARTS.get(part_of(result["part"]))
    return not result["size"] and not (known is not None and known.may_be_empty)


def _empty(result: PartResult) -> dict[str, str]:
    return {"part": result["part"], "engine": result["engine"], "error": f"{result['engine']} backed up 0 bytes"}


def _dumped(parts: Sequence[PartResult]) -> list[str]:
    return [
        "postgresql was dumped logically: this set is restored as a whole, no moment after it can be reached"
        for part in parts
        if (part["part"], part["engine"]) == ("postgresql", "pgdump")
    ]


def shrunk(parts: Sequence[PartResult], before: Sequence[PartResult]) -> list[str]:
    """One line for each part that lost much, and for each database that went or lost all its tables."""
    said = []
    for part in parts:
        for old in before:
            if (old["part"], old["repository"]) != (part["part"], part["repository"]):
                continue
            if part["size"] < old["size"] * SHRINK:
                said.append(f"{part['part']} shrank from {old['size']} to {part['size']} bytes")
            now = {row["name"]: row for row in envelope(part)}
            for row in envelope(old):
                if row["name"] not in now:
                    said.append(f"the database {row['name']} is no longer there")
                elif row["tables"] and not now[row["name"]]["tables"]:
                    said.append(f"the database {row['name']} has no table any more, it had {row['tables']}")
    return said


def envelope(part: PartResult) -> list[dict[str, Any]]:
    """What a restored database is compared with: for each its tables, rows and bytes when it was backed up."""
    # Redis calls its keyspaces databases, too.
    rows = part.get("details", {}).get("databases", ()) if part["part"] == "postgresql" else ()
    return [{"name": row["name"], **{figure: row.get(figure) for figure in FIGURES}} for row in rows]


def canonical(manifest: Mapping[str, Any]) -> bytes:
    """The one spelling of a manifest without its seal, from which the seal is made."""
    content = {name: value for name, value in manifest.items() if name != "mac"}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def seal(manifest: Mapping[str, Any], key: bytes) -> Manifest:
    """The manifest with its seal.

    :raises StewardError: the key is too short to be one, or the manifest is none.
    """
    sealed = {**manifest, "mac": _mac(manifest, key)}
    errors = _problems(sealed, str(sealed.get("id")))
    if errors:
        raise StewardError(errors[0])
    return sealed


def _problems(document: Any, named: str) -> tuple[str, ...]:
    return check(document, Field("object", required=True, fields=FIELDS), f"the manifest of the set {named}").errors


def _mac(manifest: Mapping[str, Any], key: bytes) -> str:
    if len(key) < KEY_BYTES:
        raise StewardError(f"the key of the manifests has {len(key)} bytes, it needs at least {KEY_BYTES}")
    return hmac.new(key, PURPOSE + canonical(manifest), hashlib.sha256).hexdigest()


def to_text(sealed: Mapping[str, Any]) -> str:
    """The file of a manifest."""
    return json.dumps(sealed, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read(document: Any, key: bytes, *, named: str) -> Manifest:
    """A manifest whose seal is whole; of a set that is ``named`` so.

    :raises StewardError: it is of a newer schema, was changed, belongs to another set, or is none.
    """
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise StewardError(
            f"the manifest of the set {named} has schema {schema}, this steward reads up to {SCHEMA}",
            "Use the newer steward that wrote it.",
        )
    # What has a good seal was looked at when it was sealed.
    if not _is_sealed(document, key):
        raise _refusal(document, named)
    if document["id"] != named:
        raise StewardError(f"the manifest of the set {named} is the one of {document['id']}")
    return dict(document)


def _is_sealed(document: Any, key: bytes) -> bool:
    said = document.get("mac") if isinstance(document, dict) else None
    # In constant time, so that a seal cannot be guessed by how long a refusal takes.
    return isinstance(said, str) and hmac.compare_digest(_mac(document, key).encode(), said.encode())


def _refusal(document: Any, named: str) -> StewardError:
    errors = _problems(document, named)
    if errors:
        return StewardError(errors[0], "It is not what steward wrote; do not restore from this set.")
    return StewardError(
        f"the manifest of the set {named} was changed, or sealed with another key",
        "Do not restore from this set before you know which.",
    )


def parse(text: str, key: bytes, *, named: str) -> Manifest:
    """:func:`read` from a file's text.

    :raises StewardError: as there, or it is no JSON.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise StewardError(f"the manifest of the set {named} is not JSON: {error}") from error
    return read(document, key, named=named)


def _refuse_constant(name: str) -> None:
    """Python would read what JSON does not have, and then find no spelling for it."""
    raise ValueError(f"{name} is no number")


def is_identifier(name: str) -> bool:
    """Whether a name is a set's id, and so a moment."""
    try:
        clock.parse_identifier(name)
    except ValueError:
        return False
    return re.fullmatch(IDENTIFIER, name) is not None
