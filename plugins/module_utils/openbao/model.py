# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OpenBao is to hold, who may read what of it, and how a server and its catalogue are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.schema import Field

# What a secret of a kind always has; the texts of secret files may name nothing else.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "credentials": ("password", "username"),
    "key": ("value",),
    "external": ("value",),
}
ADMIN, BACKUP = "steward-admin", "steward-backup"
SNAPSHOT_PATH = "sys/storage/raft/snapshot"

PATH = r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*"
NAME = r"[a-z][a-z0-9-]*"
NAME_SHAPE = "lower case letters, digits and '-', beginning with a letter"
SECRET = {
    "path": Field("text", required=True, pattern=PATH, shape="lower case words joined by '/'"),
    "kind": Field("text", required=True, choices=tuple(FIELDS)),
    "fields": Field("map", default={}, items=Field("text")),
    "standby": Field("text", default=""),
    "length": Field("integer", default=32, minimum=16, maximum=512),
    "variable": Field("text", default=""),
    "minimum": Field("integer", default=16, minimum=1),
}
SECRET_FILE = {
    "name": Field("text", required=True, pattern=r"[A-Za-z0-9_][A-Za-z0-9._-]*", shape="a file name"),
    "path": Field("text", required=True, pattern=PATH, shape="lower case words joined by '/'"),
    "format": Field("text", default="{value}"),
}
SERVICE = {
    "name": Field("text", required=True, pattern=NAME, shape=NAME_SHAPE),
    "uid": Field("integer", default=0, minimum=0),
    "secret_files": Field("list", default=[], items=Field("object", fields=SECRET_FILE)),
}

# The options of a module that asks a server, and of one that logs in as the administrator.
ACCESS_SPEC: Mapping[str, Mapping[str, Any]] = {
    "address": {"type": "str", "default": "https://127.0.0.1:8200"},
    "ca_file": {"type": "path", "default": "/etc/ssl/steward/ca/ca.pem"},
}
ADMIN_FILE = "/etc/steward/openbao-admin.json"
ADMIN_SPEC: Mapping[str, Mapping[str, Any]] = {
    **ACCESS_SPEC,
    "admin_file": {"type": "path", "default": ADMIN_FILE},
}


@dataclass(frozen=True)
class Secret:
    """One entry of the catalogue: ``credentials`` and ``key`` are generated once, ``external`` ones are given.

    ``standby`` is the user name that takes turns with ``username``; without one the user keeps its name.
    """

    path: str
    kind: str
    username: str = ""
    length: int = 32
    variable: str = ""
    minimum: int = 16
    standby: str = ""


@dataclass(frozen=True)
class SecretFile:
    """A file that the agent renders for a service from one secret; ``format`` is Python's ``{field}`` text."""

    name: str
    path: str
    format: str


@dataclass(frozen=True)
class Service:
    """A reader of secrets: what it gets as files, and the uid that owns them."""

    name: str
    uid: int = 0
    files: tuple[SecretFile, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The secrets it reads, each once, sorted."""
        return tuple(sorted({file.path for file in self.files}))


@dataclass(frozen=True)
class Catalog:
    """All of it for one platform, whose name is the mount's too; ``external`` are the values given from outside."""

    platform: str
    services: tuple[Service, ...] = ()
    secrets: tuple[Secret, ...] = ()
    external: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """A secret as OpenBao has it; ``fields`` is empty and ``deleted`` true when its last version was deleted."""

    fields: Mapping[str, str]
    version: int
    deleted: bool = False


@dataclass(frozen=True)
class CatalogWorld:
    """What OpenBao has of a catalogue; a thing that is not there is not in its mapping."""

    mount: Mapping[str, Any] | None
    policies: Mapping[str, str]
    roles: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, Stored]


@dataclass(frozen=True)
class ServerWorld:
    """A server that answers.

    ``escrow`` is the document of keys, None when it is not (or no longer) on the host; ``admin`` says whether the
    admin AppRole's file is there and accepted: ``works``, ``absent`` or ``refused``, and ``unknown`` while sealed.
    """

    initialized: bool
    sealed: bool
    escrow: Mapping[str, Any] | None = None
    admin: str = "unknown"
    policy: str = ""
    lockout_disabled: bool = False


@dataclass(frozen=True)
class SecretFileState:
    """A rendered file, or the directory of a service, as it is on the host."""

    mode: str
    uid: int
    content: str = ""


def role_name(platform: str, service: str) -> str:
    """The name of a service's policy and AppRole."""
    return f"{platform}-{service}"
