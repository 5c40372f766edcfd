# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories as they are wished for, and stanzas and backups as pgBackRest tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..core import schema
from ..core.errors import InputError

ACCOUNT = "postgres"
STANZA = "main"
CONFIGURATION = "/etc/pgbackrest/pgbackrest.conf"
# Below a repository's path, beside what other engines keep there.
FOLDER = "pgbackrest"
# Strongest first: a full backup is also all that a weaker kind would have been.
KINDS = ("full", "diff", "incr")
PASSPHRASE_MINIMUM = 20
SECRETS = ("cipher_pass", "access_key", "secret_key")
# Since which release each can be relied on, by https://pgbackrest.org/release.html: block incremental was a beta whose
# format did not stay before, and SFTP did not look at the server's key.
FEATURES: Mapping[str, tuple[int, int]] = {
    "bundle": (2, 39),
    "annotation": (2, 41),
    "block": (2, 46),
    "sftp": (2, 48),
    "target_time": (2, 54),
    "verify_set": (2, 55),
}
# The server's own estimates: what autovacuum counts, or what ANALYZE last saw when there are no counts (yet).
TABLES = """
SELECT count(*) AS tables, coalesce(sum(
    coalesce(nullif(pg_stat_get_live_tuples(c.oid), 0), greatest(c.reltuples, 0)::bigint)), 0)::bigint AS rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_VERSION = re.compile(r"(\d+)\.(\d+)")
_NAME = r"[a-z][a-z0-9-]{0,40}"
_ABSOLUTE = r"/[^\s]*"
_PRINTABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_REPOSITORY = schema.Field(
    "object",
    fields={
        "name": schema.Field("text", required=True, pattern=_NAME),
        "type": schema.Field("text", required=True, choices=("posix", "s3", "sftp")),
        "path": schema.Field("text", default="/", pattern=_ABSOLUTE, shape="an absolute path"),
        "encrypted": schema.Field("boolean", default=True),
        "replica": schema.Field("boolean", default=False),
        "endpoint": schema.Field("text", default="", pattern=r"[^\s/]*", shape="<host> or <host>:<port>"),
        "bucket": schema.Field("text", default="", pattern=r"[a-z0-9.-]*"),
        "region": schema.Field("text", default="us-east-1", pattern=r"[a-z0-9-]+"),
        "uri_style": schema.Field("text", default="host", choices=("host", "path")),
        "ca_file": schema.Field("text", default="", pattern=f"(?:{_ABSOLUTE})?", shape="an absolute path"),
        "host": schema.Field("text", default="", pattern=r"\S*"),
        "port": schema.Field("integer", default=22, minimum=1, maximum=65535),
        "user": schema.Field("text", default="", pattern=r"\S*"),
        "key_file": schema.Field("text", default="", pattern=f"(?:{_ABSOLUTE})?", shape="an absolute path"),
        "known_hosts_file": schema.Field("text", default="", pattern=f"(?:{_ABSOLUTE})?", shape="an absolute path"),
    },
)
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "posix": ("path",),
    "s3": ("endpoint", "bucket", "access_key", "secret_key"),
    "sftp": ("host", "user", "key_file", "known_hosts_file", "path"),
}


@dataclass(frozen=True)
class Repository:
    """Where backups go; ``path`` is what it shares with other engines, pgBackRest's part lies in a folder below.

    A ``replica`` is copied by somebody else, so pgBackRest only reads there.

    ``values`` are the further fields of its type, ``secrets`` those of :data:`SECRETS` that it has.
    """

    name: str
    type: str
    path: str
    encrypted: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def replica(self) -> bool:
        return bool(self.values.get("replica"))

    @property
    def folder(self) -> str:
        return f"{self.path.rstrip('/')}/{FOLDER}"


@dataclass(frozen=True)
class Backup:
    """A backup in a repository; ``references`` are the backups whose files it needs, ``added`` is what it takes there.

    ``kind`` is one of :data:`KINDS`, ``database`` the number of the cluster it is of (it changes with an upgrade),
    ``error`` says that pages were found damaged while it was made.
    """

    label: str
    kind: str
    started: datetime
    finished: datetime
    wal_start: str
    wal_stop: str
    lsn_start: str
    lsn_stop: str
    size: int
    added: int
    database: int
    references: tuple[str, ...] = ()
    error: bool = False
    version: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RepositoryState:
    """A repository of a stanza as it was seen; ``code`` is pgBackRest's (see plan.py), ``systems`` its clusters.

    ``systems`` gives each cluster's number its system identifier and major version, ``archives`` each cluster's number
    the name of its folder of WAL.
    """

    key: int
    code: int
    message: str
    cipher: str
    systems: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    archives: Mapping[int, str] = field(default_factory=dict)
    backups: tuple[Backup, ...] = ()

    @property
    def database(self) -> int:
        """The number of the present cluster, 0 when there is none yet."""
        return max(self.systems, default=0)

    @property
    def archive_id(self) -> str:
        """The folder of the present cluster's WAL, or nothing."""
        return self.archives.get(self.database, "")

    @property
    def present(self) -> tuple[Backup, ...]:
        """The backups of the present cluster, oldest first."""
        return tuple(backup for backup in self.backups if backup.database == self.database)


@dataclass(frozen=True)
class StanzaState:
    """A stanza in all its repositories; ``busy`` says that a backup is being made."""

    name: str
    busy: bool = False
    repositories: tuple[RepositoryState, ...] = ()

    def repository(self, key: int) -> RepositoryState:
        """The repository with this number.

        :raises InputError: there is none.
        """
        for row in self.repositories:
            if row.key == key:
                return row
        known = ", ".join(str(row.key) for row in self.repositories)
        raise InputError(f"repo is {key}, allowed is one of: {known or 'none, because none is configured'}")


def parse_version(text: str) -> tuple[int, int]:
    """Major and minor number of a release.

    >>> parse_version("pgBackRest 2.55.1")
    (2, 55)

    :raises InputError: there is none in it.
    """
    found = _VERSION.search(text)
    if found is None:
        raise InputError(f"the version of pgBackRest is {text!r}, allowed is: <major>.<minor>, as 2.55")
    return int(found[1]), int(found[2])


def supports(version: str, feature: str) -> bool:
    """Whether this release has a feature of :data:`FEATURES`."""
    return parse_version(version) >= FEATURES[feature]


def require(version: str, feature: str, what: str) -> None:
    """:raises InputError: this release lacks the feature that ``what`` needs."""
    if not supports(version, feature):
        least = ".".join(str(number) for number in FEATURES[feature])
        raise InputError(f"{what} needs pgBackRest {least}, installed is {version}")


def build_repositories(rows: Iterable[Mapping[str, Any]]) -> tuple[Repository, ...]:
    """The wished repositories, the main one first.

    :raises InputError: the first defect, naming option, value (never a secret) and what is allowed.
    """
    repositories = tuple(_repository(row, f"repositories[{index}]") for index, row in enumerate(rows))
    if not repositories:
        raise InputError("repositories is empty, allowed is: at least one")
    seen: set[str] = set()
    for repository in repositories:
        if repository.name in seen:
            raise InputError(f"repositories has {repository.name} twice, allowed is once")
        seen.add(repository.name)
    return repositories


def _repository(row: Mapping[str, Any], place: str) -> Repository:
    checked = schema.check({name: value for name, value in row.items() if name not in SECRETS}, _REPOSITORY, place)
    if checked.errors:
        raise InputError(checked.errors[0])
    values = checked.value
    secrets = {name: _secret(row[name], f"{place}.{name}") for name in SECRETS if row.get(name)}
    kind = values["type"]
    for name in _NEEDED[kind]:
        if not (secrets.get(name) or values.get(name)):
            raise InputError(f"{place}.{name} is missing, a repository of type {kind} needs it")
    if kind != "s3" and values["path"] == "/":
        raise InputError(f"{place}.path is '/', allowed is: a directory below it")
    _check_encryption(values["encrypted"], secrets, place)
    return Repository(values["name"], kind, values["path"], values["encrypted"], values, secrets)


def _secret(value: Any, place: str) -> str:
    # Blanks at its ends, or a line end, would not come back from the file.
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise InputError(
            f"{place} is no usable secret, allowed are: printable ASCII characters without blanks at the ends"
        )
    return value


def _check_encryption(encrypted: bool, secrets: Mapping[str, str], place: str) -> None:
    passphrase = secrets.get("cipher_pass", "")
    if not encrypted and passphrase:
        raise InputError(f"{place}.cipher_pass is given, but {place}.encrypted is false; allowed is one of both")
    if encrypted and len(passphrase) < PASSPHRASE_MINIMUM:
        said = "too short" if passphrase else "missing"
        raise InputError(f"{place}.cipher_pass is {said}, allowed are: {PASSPHRASE_MINIMUM} or more characters")
