# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host's restic repository is, and how restic is told without a secret in arguments or environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..core.errors import InputError
from ..core.schema import Field, check

PASSWORD_FILE = "/etc/steward/backup/restic-password"
CREDENTIALS_FILE = "/etc/steward/backup/aws-credentials"
COMPRESSIONS = ("auto", "off", "max")
# Of a snapshot of a set: which set, which part of it, whose.
SET, PART, PLATFORM = "set", "part", "platform"
MANIFEST = "manifest"

_NAME = Field("text", required=True, pattern=r"[a-z0-9][a-z0-9_-]*", shape="lower case letters, digits, '_' and '-'")
_ABSOLUTE = Field("text", required=True, pattern=r"/[^\0\n]*", shape="an absolute path")
_FILE = Field("text", default="", pattern=r"(/\S+)?", shape="an absolute path without blanks")
_HOST = Field("text", required=True, pattern=r"[A-Za-z0-9][A-Za-z0-9.-]*", shape="a host name or IPv4 address")
_COMMON: Mapping[str, Field] = {
    "name": _NAME,
    "type": Field("text", required=True, choices=("posix", "s3", "sftp")),
    "password_file": Field("text", default=PASSWORD_FILE, pattern=r"/.+", shape="an absolute path"),
    "compression": Field("text", default="auto", choices=COMPRESSIONS),
    "limit_upload": Field("integer", default=0, minimum=0),
}
FIELDS: Mapping[str, Mapping[str, Field]] = {
    "posix": {**_COMMON, "path": _ABSOLUTE},
    "s3": {
        **_COMMON,
        "endpoint": Field("text", required=True, pattern=r"[A-Za-z0-9.-]+(:\d+)?", shape="HOST or HOST:PORT"),
        "bucket": Field("text", required=True, pattern=r"[a-z0-9][a-z0-9.-]{2,62}", shape="a bucket's name"),
        "path": Field("text", default="", pattern=r"[A-Za-z0-9._/-]*", shape="letters, digits, '.', '_', '-' and '/'"),
        "region": Field("text", default="us-east-1", pattern=r"[a-z0-9-]+", shape="a region's name"),
        "ca_file": _FILE,
        "credentials_file": Field("text", default=CREDENTIALS_FILE, pattern=r"/.+", shape="an absolute path"),
        "profile": Field("text", default=""),
    },
    "sftp": {
        **_COMMON,
        "host": _HOST,
        "port": Field("integer", default=22, minimum=1, maximum=65535),
        "user": Field("text", required=True, pattern=r"[a-z_][a-z0-9_.-]*", shape="an account's name"),
        "path": _ABSOLUTE,
        "identity_file": _FILE,
        "known_hosts_file": _FILE,
    },
}


@dataclass(frozen=True)
class Repository:
    """One host's repository; ``options`` go to restic before its verb, ``environment`` names files, never secrets.

    ``limit_upload`` is in KiB a second, 0 for none.
    """

    name: str
    url: str
    password_file: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    compression: str = "auto"
    limit_upload: int = 0


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as the repository lists it; ``size`` are bytes of the data, ``added`` those the repository grew by."""

    id: str
    time: datetime
    host: str
    paths: tuple[str, ...]
    tags: tuple[str, ...]
    size: int
    added: int
    files: int

    @property
    def labels(self) -> dict[str, str]:
        """The tags of the form ``name=value``."""
        pairs = (tag.partition("=") for tag in self.tags)
        return {name: value for name, equals, value in pairs if equals}

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id, "time": self.time.isoformat().replace("+00:00", "Z"), "host": self.host,
            "paths": list(self.paths), "tags": list(self.tags), "size": self.size, "added": self.added,
            "files": self.files,
        }  # fmt: skip


def build_repository(description: Mapping[str, Any], *, host: str, place: str = "repository") -> Repository:
    """The repository of ``host`` in the place that ``description`` (posix, s3 or sftp) names.

    >>> build_repository({"name": "main", "type": "posix", "path": "/srv/backup"}, host="web1").url
    '/srv/backup/restic/web1'

    :raises InputError: every defect of the description on its own line.
    """
    wanted = {name: value for name, value in description.items() if value is not None}
    kind = wanted.get("type")
    checked = check(wanted, Field("object", fields=FIELDS.get(str(kind), _COMMON)), place)
    errors = list(checked.errors)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", host):
        errors.append(f"host is {host!r}, allowed is: letters, digits, '.', '_' and '-'")
    if errors:
        raise InputError("\n".join(errors))
    row = checked.value
    url, options, environment = _KINDS[row["type"]](row, f"restic/{host}")
    return Repository(
        row["name"], url, row["password_file"], options, environment, row["compression"], row["limit_upload"]
    )


Located = tuple[str, tuple[str, ...], dict[str, str]]


def _posix(row: Mapping[str, Any], folder: str) -> Located:
    return f"{row['path'].rstrip('/')}/{folder}", (), {}


def _s3(row: Mapping[str, Any], folder: str) -> Located:
    prefix = "/".join(part for part in (row["bucket"], row["path"].strip("/"), folder) if part)
    options = ("-o", f"s3.region={row['region']}", "-o", "s3.bucket-lookup=path")
    trust = ("--cacert", row["ca_file"]) if row["ca_file"] else ()
    environment = {
        "AWS_SHARED_CREDENTIALS_FILE": row["credentials_file"],
        "AWS_PROFILE": row["profile"] or row["name"],
    }
    return f"s3:https://{row['endpoint']}/{prefix}", (*options, *trust), environment


def _sftp(row: Mapping[str, Any], folder: str) -> Located:
    words = ["-o BatchMode=yes", "-o StrictHostKeyChecking=yes"]
    if row["identity_file"]:
        words.append(f"-i {row['identity_file']}")
    if row["known_hosts_file"]:
        words.append(f"-o UserKnownHostsFile={row['known_hosts_file']}")
    # After the port the path begins; its own slash makes it an absolute one.
    url = f"sftp://{row['user']}@{row['host']}:{row['port']}/{row['path'].rstrip('/')}/{folder}"
    return url, ("-o", f"sftp.args={' '.join(words)}"), {}


_KINDS: Mapping[str, Callable[[Mapping[str, Any], str], Located]] = {"posix": _posix, "s3": _s3, "sftp": _sftp}


def _option(wanted: Field) -> dict[str, Any]:
    kind = "int" if wanted.kind == "integer" else "str"
    return {"type": kind, **({"choices": list(wanted.choices)} if wanted.choices else {})}


# The options of every module: defaults are filled in by build_repository, because they differ by type.
SPEC: Mapping[str, Any] = {
    "repository": {
        "type": "dict",
        "required": True,
        "options": {
            **{
                name: {**_option(wanted), "no_log": False}
                for kind in FIELDS.values()
                for name, wanted in kind.items()
                if name not in ("name", "type")
            },
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "required": True, "choices": list(FIELDS)},
        },
    },
    "host": {"type": "str", "required": True},
    "wait": {"type": "int", "default": 60},
}
