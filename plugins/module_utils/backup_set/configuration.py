# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/etc/steward/backup.json``: where a host's backups go, what they hold, when, and how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import PurePosixPath
from typing import Any

from ..core.errors import InputError, StewardError
from ..core.schema import Field, check
from . import retention, schedule
from .model import REPOSITORY_NAME, Configuration

CONFIGURATION_FILE = "/etc/steward/backup.json"
SCHEMA = 1

# What each kind of repository needs, and what it may have besides.
PLACES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "posix": ((), ()),
    "s3": (("endpoint", "bucket", "region"), ("profile", "ca_file", "uri_style")),
    "sftp": (("host", "user", "key_file", "known_hosts_file"), ("port",)),
}
PLACE_FIELDS = tuple(dict.fromkeys(name for both in PLACES.values() for names in both for name in names))
# What can be copied object by object.
ORIGINALS = ("posix", "s3")
# Nothing there is a file one could restore; and a repository in these would be lost, or in the way of the system.
NOT_TO_BACK_UP = ("/proc", "/sys", "/dev", "/run")
NOT_FOR_REPOSITORIES = (*NOT_TO_BACK_UP, "/tmp", "/etc", "/usr", "/boot", "/root")

_FILE = r"(?:/(?!\.{1,2}(?:/|$))[^/\x00-\x1f]+)+"
_PATH = Field("text", pattern=_FILE, shape="an absolute path without . and .., and no / at its end", required=True)
_OPTIONAL_PATH = Field("text", pattern=_FILE, shape=_PATH.shape)
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_WORD_SHAPE = "letters, digits and . _ -, the first no sign"
_PATTERN = Field("text", pattern=r"[^-\x00-\x1f][^\x00-\x1f]*", shape="a pattern that does not begin with -")
_PORT = Field("integer", minimum=1, maximum=65535)
_REPOSITORY = Field(
    "object",
    fields={
        "name": Field("text", "Its name.", required=True, pattern=REPOSITORY_NAME, shape="small letters, digits and -"),
        "type": Field("text", "How it is reached.", required=True, choices=tuple(PLACES)),
        "path": _PATH,
        "encrypted": Field("boolean", "Whether it was made encrypted; it stays what it was made.", default=True),
        "endpoint": Field(
            "text",
            "The S3 server, always spoken to by TLS.",
            pattern=r"[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*",
            shape="HOST or HOST:PORT",
        ),
        "bucket": Field("text", "The bucket.", pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", shape="a bucket's name"),
        "region": Field("text", "The region.", pattern=_WORD, shape=_WORD_SHAPE),
        "profile": Field("text", "Which credentials of the file.", pattern=_WORD, shape=_WORD_SHAPE),
        "ca_file": _OPTIONAL_PATH,
        "uri_style": Field("text", "Where the bucket's name stands in a URL.", choices=("path", "host")),
        "host": Field("text", "The SFTP server.", pattern=r"[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*", shape="a host"),
        "port": _PORT,
        "user": Field("text", "The account there.", pattern=r"[a-z_][a-z0-9_-]{0,31}", shape="an account's name"),
        "key_file": _OPTIONAL_PATH,
        "known_hosts_file": _OPTIONAL_PATH,
        "retention": retention.RETENTION,
        "replicates": Field(
            "text",
            "The repository of which this one is a copy; nothing else is written there.",
            pattern=REPOSITORY_NAME,
            shape="the name of a repository",
        ),
        "delete_after_days": Field(
            "integer",
            "Days after which a copy goes whose original is gone; without it never.",
            minimum=1,
            maximum=36500,
        ),
    },
)
_FILES = {
    "paths": Field("list", required=True, minimum=1, items=_PATH),
    "exclude": Field("list", default=(), items=_PATTERN),
}
_INSTANCE = Field(
    "object",
    fields={
        "name": Field("text", required=True, pattern=r"[a-z][a-z0-9-]{0,30}", shape="small letters, digits and -"),
        "port": Field("integer", required=True, minimum=1, maximum=65535),
    },
)

FIELDS: Mapping[str, Field] = {
    "schema": Field("integer", required=True),
    "platform": Field("text", required=True, pattern=_WORD, shape=_WORD_SHAPE),
    "host": Field("text", required=True, pattern=_WORD, shape=_WORD_SHAPE),
    "repositories": Field("list", "The first is the main one.", required=True, minimum=1, items=_REPOSITORY),
    "postgresql": Field(
        "object",
        fields={
            "method": Field("text", "Logical where the data directory cannot be read.", default="physical",
                            choices=("physical", "logical")),
            "stanza": Field("text", "pgBackRest's name of it.", default="main", pattern=_WORD, shape=_WORD_SHAPE),
            "port": Field("integer", required=True, minimum=1, maximum=65535),
        },
    ),
    "redis": Field("list", minimum=1, items=_INSTANCE),
    "openbao": Field("object", fields={"address": Field("text", required=True, pattern=r"https://\S+", shape="https://…")}),
    "configuration": Field("object", required=True, fields=_FILES),
    "application_data": Field("object", fields=_FILES),
    "logs": Field(
        "object",
        fields={**_FILES, "days": Field("integer", "Older ones are left out.", default=7, minimum=1, maximum=366)},
    ),
    "schedule": schedule.SCHEDULE,
    "lock_wait": Field(
        "integer", "Seconds a job waits for another one of this host.", default=1800, minimum=0, maximum=86400
    ),
    "objectives": Field(
        "object",
        default={},
        fields={
            "rpo": Field("integer", "Seconds of work that may be lost.", default=3600, minimum=60),
            "rto": Field("integer", "Seconds in which all is there again.", default=14400, minimum=60),
            "proof": Field("integer", "Days after which a set must have been restored.", default=8, minimum=1),
        },
    ),
    "metrics": Field("text", "Where node_exporter reads.", pattern=_FILE, shape=_PATH.shape),
}  # fmt: skip


def parse_configuration(document: Any, path: str = CONFIGURATION_FILE) -> Configuration:
    """The configuration with its defaults, when it can be used.

    :raises InputError: the first thing that is wrong, of all in ``data["errors"]``.
    :raises StewardError: there is none, or a newer version wrote it.
    """
    if document is None:
        raise StewardError(f"there is no {path}, so this host makes no backups", "Run the role backup on this host.")
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise StewardError(
            f"{path} has schema {schema}, this steward reads up to {SCHEMA}", "Install the newer steward that wrote it."
        )
    errors, value = find_problems(document, path)
    if errors:
        raise InputError(errors[0], "Correct the variables of the role backup and run it again.", {"errors": errors})
    return value


def find_problems(document: Any, path: str) -> tuple[list[str], dict[str, Any]]:
    """Everything that is wrong, one line each, and the value with its defaults."""
    checked = check(document, Field("object", required=True, fields=FIELDS), path)
    if checked.errors:
        return list(checked.errors), {}
    value: dict[str, Any] = checked.value
    errors = [line for look in CHECKS for line in look(value)]
    return [f"{path}.{line}" for line in errors], value


def _repository_problems(value: Configuration) -> Iterator[str]:
    for place, repository in _repositories(value):
        needs, may = PLACES[repository["type"]]
        for name in PLACE_FIELDS:
            if name in needs and repository[name] is None:
                yield f"{place}.{name} is missing, {repository['type']} needs it"
            elif name not in (*needs, *may) and repository[name] is not None:
                yield f"{place}.{name} is given, but {repository['type']} has none"
        yield from retention.problems(repository["retention"], f"{place}.retention")
        if repository["type"] == "posix" and (bad := _below(repository["path"], NOT_FOR_REPOSITORIES)):
            yield f"{place}.path is {repository['path']!r}, allowed is: not in {bad}"


def _twice_problems(value: Configuration) -> Iterator[str]:
    for (_first, one), (place, other) in combinations(_repositories(value), 2):
        if one["name"] == other["name"]:
            yield f"{place}.name is {other['name']!r} twice, each may occur once"
        if _where(one) == _where(other) and (
            _below(one["path"], [other["path"]]) or _below(other["path"], [one["path"]])
        ):
            yield f"{place}.path is {other['path']!r}, which is not apart from {one['path']} of {one['name']}"
    names = [each["name"] for each in value["redis"] or ()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"redis has {name!r} twice, each may occur once"


def _replica_problems(value: Configuration) -> Iterator[str]:
    """A copy is one of objects, so it is of something that is none itself, and in a bucket."""
    known = {each["name"]: each for each in own_repositories(value) if each["type"] in ORIGINALS}
    for number, (place, repository) in enumerate(_repositories(value)):
        name = repository["replicates"]
        if name is None:
            if repository["delete_after_days"] is not None:
                yield f"{place}.delete_after_days is given, but {place}.replicates is not"
        elif number == 0:
            yield f"{place}.replicates is given, but the first repository is the main one, which is no copy"
        elif name not in known:
            yield f"{place}.replicates is {name!r}, allowed is one of: {', '.join(known) or 'none'}"
        elif repository["type"] != "s3":
            yield f"{place}.type is {repository['type']!r}, allowed is: s3, because it is a copy"
        elif repository["encrypted"] != known[name]["encrypted"]:
            yield f"{place}.encrypted is {repository['encrypted']}, allowed is: as {name} is"


def _where(repository: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(repository[name] for name in ("type", "endpoint", "bucket", "host", "port"))


def _source_problems(value: Configuration) -> Iterator[str]:
    """A repository that is backed up into itself grows with every set."""
    stores = [each["path"] for _place, each in _repositories(value) if each["type"] == "posix"]
    for part in ("configuration", "application_data", "logs"):
        for path in (value[part] or {}).get("paths", ()):
            if bad := _below(path, NOT_TO_BACK_UP):
                yield f"{part}.paths has {path!r}, allowed is: not in {bad}"
            for store in stores:
                if _below(path, [store]) or _below(store, [path]):
                    yield f"{part}.paths has {path!r}, allowed is: apart from the repository {store}"


def _schedule_problems(value: Configuration) -> Iterator[str]:
    yield from schedule.problems(value["schedule"], "schedule")


CHECKS = (_repository_problems, _twice_problems, _replica_problems, _source_problems, _schedule_problems)


def _repositories(value: Configuration) -> list[tuple[str, Mapping[str, Any]]]:
    rows = value["repositories"]
    return [(f"repositories[{number}] ({row['name']})", row) for number, row in enumerate(rows)]


def _below(path: str, folders: Sequence[str]) -> str:
    """The folder that a path is, or is in; nothing when in none."""
    return next((folder for folder in folders if PurePosixPath(path).is_relative_to(folder)), "")


def main_repository(configuration: Configuration) -> Mapping[str, Any]:
    """The repository that each set goes to first."""
    first: Mapping[str, Any] = configuration["repositories"][0]
    return first


def own_repositories(configuration: Configuration) -> list[Mapping[str, Any]]:
    """The repositories that sets are made in and pruned from: all but copies of others."""
    return [each for each in configuration["repositories"] if each["replicates"] is None]


def number_of(configuration: Configuration, name: str) -> int:
    """A repository's number in pgBackRest's configuration."""
    return [str(each["name"]) for each in configuration["repositories"]].index(name) + 1


def find_repository(configuration: Configuration, name: str) -> Mapping[str, Any]:
    """A repository by its name.

    :raises InputError: there is no such repository.
    """
    for repository in configuration["repositories"]:
        if repository["name"] == name:
            found: Mapping[str, Any] = repository
            return found
    known = ", ".join(each["name"] for each in configuration["repositories"])
    raise InputError(f"the repository {name!r} is unknown, allowed is one of: {known}")
