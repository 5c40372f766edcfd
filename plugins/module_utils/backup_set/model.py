# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup set is: its type, the parts of that type on a host, and what may be asked for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import InputError
from ..core.schema import Field, check

IDENTIFIER = r"\d{8}_\d{6}"
IDENTIFIER_SHAPE = "a set's id, as 20241225_143000"
# As core's clock writes moments.
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
REPOSITORY_NAME = r"[a-z][a-z0-9-]{0,30}"
MANIFEST_PART = "manifest"

COMPLETE, PARTIAL, FAILED = "complete", "partial", "failed"

Configuration = Mapping[str, Any]
PartResult = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """What is backed up: by which engine, whether it is data that nothing else could make again, and may be empty."""

    about: str
    engine: str
    data: bool = False
    may_be_empty: bool = False


# The engine of what WAL is replayed onto.
PHYSICAL = "pgbackrest"
PARTS: Mapping[str, Part] = {
    "postgresql": Part("the whole database server", PHYSICAL, data=True),
    "redis": Part("each Redis instance that keeps something", "restic", data=True),
    "openbao": Part("the secrets", "restic", data=True),
    "configuration": Part("configuration files", "restic"),
    "application_data": Part("files that services keep", "restic", data=True, may_be_empty=True),
    "logs": Part("recent logs", "restic", may_be_empty=True),
    "schema": Part("the schema of each database and the roles, without passwords", "pgdump"),
}


@dataclass(frozen=True)
class SetType:
    """A type of set: the kind of each part, in the order in which they are made.

    Without one of the ``essential`` parts that a host has, the set has failed: a database backup without the database
    is none.
    """

    about: str
    parts: Mapping[str, str]
    essential: tuple[str, ...]


TYPES: Mapping[str, SetType] = {
    "full": SetType(
        "databases, cache, secrets, configuration, application data and logs",
        {
            "postgresql": "full",
            "redis": "snapshot",
            "openbao": "snapshot",
            "configuration": "snapshot",
            "application_data": "snapshot",
            "logs": "snapshot",
        },
        ("postgresql", "application_data"),
    ),
    "incremental": SetType(
        "what changed in the databases, with cache, configuration and recent logs",
        {"postgresql": "incr", "redis": "snapshot", "configuration": "snapshot", "logs": "snapshot"},
        ("postgresql",),
    ),
    "config": SetType("configuration", {"configuration": "snapshot"}, ("configuration",)),
    "emergency": SetType(
        "databases, cache, configuration and secrets, as quickly as possible",
        {"postgresql": "incr", "redis": "snapshot", "configuration": "snapshot", "openbao": "snapshot"},
        ("postgresql",),
    ),
    "schema": SetType("schemas of the databases without their rows", {"schema": "dump"}, ("schema",)),
    # The seeds' word for the databases alone. A type of its own, so that it never stands for a full set.
    "database": SetType("the databases alone", {"postgresql": "full"}, ("postgresql",)),
}

# What may be said for one set, as options of the command or extra variables.
OPTIONS: Mapping[str, Field] = {
    "type": Field("text", "What the set holds.", default="full", choices=tuple(TYPES)),
    "label": Field(
        "text",
        "A name for people, kept in the manifest.",
        default="",
        pattern=r"([A-Za-z0-9][A-Za-z0-9 ._-]{0,63})?",
        shape="at most 64 letters, digits, blanks and . _ -, the first no sign",
    ),
    "verify": Field(
        "boolean", "Verify checksums and continuity of what was made before the job ends well.", default=False
    ),
    "compress": Field(
        "integer",
        "How hard logical dumps and files are compressed: 0 not at all, 9 as far as possible. "
        "Physical backups of PostgreSQL are compressed as their repository says.",
        default=3,
        minimum=0,
        maximum=9,
    ),
    "remote": Field(
        "list",
        "Names of further repositories that get the set at once, instead of at the next replication.",
        default=(),
        items=Field("text", pattern=REPOSITORY_NAME, shape="the name of a repository"),
    ),
    "repository": Field(
        "text",
        "Name of the repository that the set is made in, by default the main one.",
        pattern=REPOSITORY_NAME,
        shape="the name of a repository",
    ),
    "retention": Field(
        "integer",
        "Keep the set at least so many days, whatever the retention of its repository says.",
        minimum=1,
        maximum=36500,
    ),
    "encrypted": Field(
        "boolean", "Refuse to make the set when one of its repositories is not encrypted; a repository is or is not."
    ),
}


@dataclass(frozen=True)
class Wanted:
    """One part of a set on a host: its name in the manifest, what it is, by which engine and of which kind."""

    name: str
    part: str
    engine: str
    kind: str


def part_of(name: str) -> str:
    """What a part in a manifest is: of ``redis-cache`` it is ``redis``."""
    return "redis" if name.startswith("redis-") else name


def holds_data(name: str) -> bool:
    """Whether a part is data that nothing could make again."""
    known = PARTS.get(part_of(name))
    return known is not None and known.data


def wanted_parts(set_type: str, configuration: Configuration) -> list[Wanted]:
    """The parts that a set of this type has on this host, in the order in which they are made.

    :raises InputError: this host has nothing of that type.
    """
    wanted = parts_here(set_type, configuration)
    if not wanted:
        raise InputError(nothing_here(set_type))
    return wanted


def nothing_here(set_type: str) -> str:
    """Why there can be no set of this type."""
    return f"this host has nothing that a set of type {set_type} holds: {TYPES[set_type].about}"


def parts_here(set_type: str, configuration: Configuration) -> list[Wanted]:
    """The parts, in the order in which they are made; none when the host has nothing of that type.

    A host has what its configuration names. Where PostgreSQL cannot be copied physically it is dumped.
    """
    wanted: list[Wanted] = []
    for part, kind in TYPES[set_type].parts.items():
        source = configuration.get("postgresql" if part == "schema" else part)
        if source is None:
            continue
        if part == "redis":
            wanted += [Wanted(f"redis-{each['name']}", part, PARTS[part].engine, kind) for each in source]
        elif part == "postgresql" and source["method"] == "logical":
            wanted.append(Wanted(part, part, "pgdump", "dump"))
        else:
            wanted.append(Wanted(part, part, PARTS[part].engine, kind))
    return wanted


def choose_kind(wanted: Wanted, *, has_base: bool, gap: bool) -> str:
    """The kind to ask of the engine: without a usable base, or with a gap in the WAL, a full one is made at once."""
    return "full" if wanted.kind == "incr" and (gap or not has_base) else wanted.kind


def parse_options(given: Mapping[str, Any], configuration: Configuration) -> dict[str, Any]:
    """What is asked for one set, with defaults filled in and the repositories it goes to.

    :raises InputError: the first thing that is wrong.
    """
    checked = check(dict(given), Field("object", fields=OPTIONS), "backup")
    if checked.errors:
        raise InputError(checked.errors[0])
    options: dict[str, Any] = checked.value
    known = [each["name"] for each in configuration["repositories"] if each["replicates"] is None]
    main = options["repository"] or known[0]
    if main not in known:
        raise InputError(f"backup.repository is {main!r}, allowed is one of: {', '.join(known)}")
    others = [name for name in known if name != main]
    for name in options["remote"]:
        if name not in others:
            allowed = ", ".join(others) or "nothing, there is one repository that sets are made in"
            raise InputError(f"backup.remote is {name!r}, allowed is: {allowed}")
    chosen = [main, *dict.fromkeys(options["remote"])]
    _refuse_encryption(options["encrypted"], chosen, configuration)
    return {**options, "repositories": chosen}


def _refuse_encryption(encrypted: bool | None, chosen: list[str], configuration: Configuration) -> None:
    for repository in configuration["repositories"]:
        if encrypted is not None and repository["name"] in chosen and repository["encrypted"] is not encrypted:
            is_so = "is encrypted" if repository["encrypted"] else "is not encrypted"
            raise InputError(
                f"backup.encrypted is {encrypted}, but the repository {repository['name']} {is_so}",
                "Encryption is chosen when a repository is made, and cannot be changed afterwards.",
            )


def compression(level: int) -> dict[str, Any]:
    """What the level means to restic and, as zstd's level, to a dump.

    >>> compression(3)
    {'restic': 'auto', 'zstd': 3}
    """
    return {"restic": "off" if level == 0 else "auto" if level < 7 else "max", "zstd": level}
