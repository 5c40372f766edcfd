# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each service has what it is configured with: by name and kind, never showing a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..core.findings import FAIL, PASS, WARN, Finding
from ..openbao.parse import parse_format
from ..platform_model.model import account, standby
from ..preflight.plan import PLACEHOLDERS, value_defects
from .model import Row

Service = Mapping[str, Any]

CHECK = "environment"
# What OpenBao generates has at least so many characters (platform_model: SECRET, CREDENTIALS_LENGTH).
GENERATED_MINIMUM = 32
# The record of an older release does not say of which kind a secret is.
UNKNOWN_MINIMUM = 16
# Three letters of a template's word stand in every thousandth random key, eight in none.
SHORTEST_WORD_IN_GENERATED = 7
SECRET_MODE = "0400"
AGAIN = "Render it again by restarting the unit <platform>-secrets; what is wrong is in its journal."


@dataclass(frozen=True)
class SecretFile:
    """A file in a service's secrets folder; ``owner`` is the account's name or number."""

    content: str
    mode: str
    owner: str


Folder = Mapping[str, SecretFile]


def validate(
    services: Sequence[Service], secrets: Sequence[Mapping[str, Any]], folders: Mapping[str, Folder | None]
) -> Iterator[Row]:
    """All rows of the check.

    :param secrets: the model's secrets, by which external ones have their own minimum.
    :param folders: of each service the files in its secrets folder, None where there is no folder.
    """
    known = {secret["path"]: secret for secret in secrets}
    shared = _reused(services, folders)
    for service in services:
        found = [*_secrets(service, folders[service["name"]], known, shared), *_variables(service)]
        if not found:
            count = f"{len(service['secret_files'])} secret files and {len(service['environment'])} variables"
            found = [Finding("environment", PASS, f"{count} are there and agree")]
        yield from (Row(CHECK, service["name"], finding) for finding in found)


def _secrets(
    service: Service, folder: Folder | None, known: Mapping[str, Any], shared: Mapping[str, set[str]]
) -> Iterator[Finding]:
    if folder is None:
        if service["secret_files"]:
            yield Finding("secrets", FAIL, "the folder of its secrets is not there", AGAIN)
        return
    for wanted in service["secret_files"]:
        name, seen = wanted["name"], folder.get(wanted["name"])
        if seen is None:
            yield Finding(name, FAIL, "the secret file is missing", AGAIN)
        else:
            said = _file_defects(wanted, seen, service, known.get(wanted["path"], {}), shared)
            yield from (Finding(name, FAIL, f"the secret file {defect}", AGAIN) for defect in said)
    for name in sorted(folder.keys() - {wanted["name"] for wanted in service["secret_files"]}):
        yield Finding(name, WARN, "is in its secrets folder and in no model", "Remove it, or name it in the model.")


def _file_defects(
    wanted: Mapping[str, str], seen: SecretFile, service: Service, secret: Mapping[str, Any],
    shared: Mapping[str, set[str]],
) -> Iterator[str]:  # fmt: skip
    if (seen.mode, seen.owner) != (SECRET_MODE, str(service["uid"])):
        yield f"has mode {seen.mode} and owner {seen.owner}, expected are {SECRET_MODE} and {service['uid']}"
    if not seen.content:
        yield "is empty"
        return
    fields = read_fields(wanted["format"], seen.content)
    if fields is None:
        yield from _url_defects(wanted["format"], seen.content)
        return
    for field, value in fields.items():
        if field == "username":
            # The two take turns when a password is rotated.
            if value not in (account(service["name"]), standby(service["name"])):
                yield f"names another account than {account(service['name'])} and {standby(service['name'])}"
            continue
        yield from value_defects(value, _minimum(secret), shortest_word=_shortest_word(secret))
        others = sorted(shared.get(value, set()) - {wanted["path"]})
        if others:
            yield f"holds the value of {wanted['path']}, which {', '.join(others)} has too"


def _minimum(secret: Mapping[str, Any]) -> int:
    if secret.get("kind") == "external":
        return int(secret["minimum"])
    return GENERATED_MINIMUM if secret else UNKNOWN_MINIMUM


def _shortest_word(secret: Mapping[str, Any]) -> int:
    return 0 if secret.get("kind") == "external" else SHORTEST_WORD_IN_GENERATED


def read_fields(text: str, value: str) -> dict[str, str] | None:
    """The fields that made a value of a format, or None when the format cannot have made it.

    >>> read_fields("redis://{username}:{password}@db:1/0", "redis://api:geheim@db:1/0")
    {'username': 'api', 'password': 'geheim'}
    """
    parts, fields, rest = parse_format(text), {}, value
    for index, (literal, name) in enumerate(parts):
        if not rest.startswith(literal):
            return None
        rest = rest.removeprefix(literal)
        if name:
            following = parts[index + 1][0] if index + 1 < len(parts) else ""
            end = rest.find(following) if following else len(rest)
            if end < 1:
                return None
            fields[name], rest = rest[:end], rest[end:]
    return None if rest else fields


def hide(text: str, secrets: Iterable[str]) -> str:
    """A text without the secrets in it: each whole value, and the password of one that is a URL.

    >>> hide("cannot connect as api:geheim", ["redis://api:geheim@db:1/0"])
    'cannot connect as api:***'
    """
    known = {part for value in secrets for part in (value, (_split(value) or urlsplit("")).password) if part}
    for value in sorted(known, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def _url_defects(text: str, value: str) -> Iterator[str]:
    """In which part a URL is not the one the model says; what is found instead may be a secret and is not shown."""
    if "://" not in text:
        yield "is not made from its format"
        return
    wanted, found = _split(text), _split(value)
    if wanted is None or found is None or not found.scheme or not found.netloc:
        yield "is no URL"
        return
    defects = [
        f"names another {what} than {expected}"
        for what, expected, present in (
            ("scheme", wanted.scheme, found.scheme),
            ("host", wanted.hostname, found.hostname),
            ("port", wanted.port, _port(found)),
            ("database", wanted.path.lstrip("/"), found.path.lstrip("/")),
            ("set of parameters", wanted.query, found.query),
        )
        if expected != present
    ]
    yield from defects or ["names no account, or no password"]


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return None


def _reused(services: Sequence[Service], folders: Mapping[str, Folder | None]) -> dict[str, set[str]]:
    """Of each value the paths of the secrets that have it."""
    paths: dict[str, set[str]] = {}
    for service in services:
        folder = folders[service["name"]] or {}
        for wanted in service["secret_files"]:
            seen = folder.get(wanted["name"])
            fields = read_fields(wanted["format"], seen.content) if seen and seen.content else None
            for field, value in (fields or {}).items():
                if field != "username":
                    paths.setdefault(value, set()).add(wanted["path"])
    return paths


def _variables(service: Service) -> Iterator[Finding]:
    for name, value in sorted(service["environment"].items()):
        if not value.strip():
            yield Finding(name, WARN, "the variable is empty", "Leave it out, or give it a value.")
        elif PLACEHOLDERS.search(value):
            yield Finding(name, WARN, "the variable looks like a placeholder", "Is this the value it is to have?")
        elif "://" in value and ((url := _split(value)) is None or not url.netloc):
            yield Finding(name, FAIL, "the variable is no URL", "Correct it in the service's environment.")
