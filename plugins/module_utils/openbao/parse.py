# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play's words as a catalogue, and Python format texts as parts."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.errors import InputError
from ..core.schema import Field, check
from .model import FIELDS, NAME, NAME_SHAPE, SECRET, SERVICE, Catalog, Secret, SecretFile, Service

Rows = Sequence[Mapping[str, Any]]


def parse_format(text: str) -> list[tuple[str, str]]:
    """A Python format as (literal, field) pairs; only the last field may be empty.

    >>> parse_format("a{{b}}{x}c")
    [('a{b}', 'x'), ('c', '')]

    :raises ValueError: the text is no such format, or a field is more than a plain name.
    """
    parts: list[tuple[str, str]] = []
    literal = ""
    for before, name, spec, conversion in string.Formatter().parse(text):
        literal += before
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"{{{name}}} is not a plain field")
        parts.append((literal, name))
        literal = ""
    return [*parts, (literal, "")] if literal else parts


def parse_catalog(platform: str, services: Rows, secrets: Rows, external: Mapping[str, Any]) -> Catalog:
    """The catalogue from what a play says; services may have further keys, which are not ours.

    :raises InputError: every defect on its own line; none holds the value of a secret.
    """
    known, defects = _check_rows(secrets, SECRET, "secrets")
    readers, more = _check_rows(services, SERVICE, "services")
    defects += more
    if not re.fullmatch(NAME, platform):
        defects.append(f"platform is {platform!r}, allowed is: {NAME_SHAPE}")
    if not defects:
        kinds = {row["path"]: row["kind"] for row in known}
        defects += [
            *_secret_defects(known, external),
            *_twice(readers, "name", "services"),
            *_file_defects(readers, kinds),
        ]
    if defects:
        raise InputError("\n".join(defects))
    return Catalog(
        platform=platform,
        services=tuple(_service(row) for row in readers),
        secrets=tuple(_secret(row) for row in known),
        external={path: str(value) for path, value in external.items() if value},
    )


def parse_services(services: Rows) -> tuple[Service, ...]:
    """Services alone, where the catalogue is not known: on an application host.

    :raises InputError: as :func:`parse_catalog`.
    """
    readers, defects = _check_rows(services, SERVICE, "services")
    if not defects:
        defects += [*_twice(readers, "name", "services"), *_file_defects(readers, None)]
    if defects:
        raise InputError("\n".join(defects))
    return tuple(_service(row) for row in readers)


def _check_rows(rows: Rows, fields: Mapping[str, Field], place: str) -> tuple[list[Any], list[str]]:
    ours = [{name: row.get(name) for name in fields} for row in rows]
    checked = check(ours, Field("list", items=Field("object", fields=fields)), place)
    return list(checked.value), list(checked.errors)


def _secret_defects(secrets: Rows, external: Mapping[str, Any]) -> Iterator[str]:
    yield from _twice(secrets, "path", "secrets")
    for index, row in enumerate(secrets):
        if row["kind"] == "credentials" and not row["fields"].get("username"):
            yield f"secrets[{index}] ({row['path']}).fields.username is missing"
    wanted = {row["path"] for row in secrets if row["kind"] == "external"}
    for path in sorted(set(external) - wanted):
        yield f"external names {path}, which is no external secret of the catalogue"


def _file_defects(services: Rows, kinds: Mapping[str, str] | None) -> Iterator[str]:
    """Files made of what is not there; which secrets there are is only checked where ``kinds`` is given."""
    for row in services:
        yield from _twice(row["secret_files"], "name", f"services ({row['name']}).secret_files")
        for file in row["secret_files"]:
            place = f"services ({row['name']}).secret_files ({file['name']})"
            try:
                fields = {name for _literal, name in parse_format(file["format"]) if name}
            except ValueError as error:
                yield f"{place}.format is not a text with {{field}} places: {error}"
                continue
            if kinds is None:
                continue
            if file["path"] not in kinds:
                yield f"{place}.path is {file['path']}, which the catalogue does not have"
                continue
            allowed = FIELDS[kinds[file["path"]]]
            for name in sorted(fields.difference(allowed)):
                yield f"{place}.format names {{{name}}}, allowed for {file['path']} is: {', '.join(allowed)}"


def _twice(rows: Rows, key: str, place: str) -> Iterator[str]:
    values = [row[key] for row in rows]
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{place} has {value} {values.count(value)} times, allowed is: once"


def _secret(row: Mapping[str, Any]) -> Secret:
    return Secret(
        row["path"], row["kind"], row["fields"].get("username", ""), row["length"], row["variable"], row["minimum"],
        row["standby"],
    )  # fmt: skip


def _service(row: Mapping[str, Any]) -> Service:
    files = tuple(SecretFile(file["name"], file["path"], file["format"]) for file in row["secret_files"])
    return Service(row["name"], row["uid"], files)
