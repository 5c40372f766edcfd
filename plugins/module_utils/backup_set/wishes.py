# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the platform's model and the variables of the role ``backup`` to the files of one host."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ..core.errors import InputError
from ..core.schema import unknown_name
from ..health.wishes import OPENBAO_PORT
from ..pgbackrest.model import STANZA
from ..pgbackrest.render import describe_configuration
from ..pki.wishes import FOLDER as AUTHORITY_FOLDER
from ..platform_model.plan import POSTGRESQL_PORT
from ..restic.model import CREDENTIALS_FILE, PASSWORD_FILE
from .client import KEY_FILE
from .configuration import CONFIGURATION_FILE, SCHEMA, find_problems

FOLDER = "/etc/steward/backup"
ESCROW = "/etc/steward/escrow"
AUTHORITIES = f"{AUTHORITY_FOLDER}/repositories"
# What opens the backups, by the name of its secret in OpenBao; pgBackRest has its own in its configuration.
RESTIC, MAC, PGBACKREST = "backup/restic-password", "backup/mac-key", "backup/pgbackrest-cipher"
KEY_FILES = {RESTIC: PASSWORD_FILE, MAC: KEY_FILE}
# In no backup: in there these could not be read when they are needed, and whoever is given one set could open all.
NEVER = (FOLDER, ESCROW, "/etc/pgbackrest", "/etc/openbao/unseal-*.key")
# Fields of a repository that are not pgBackRest's.
_NOT_FOR_PGBACKREST = ("retention", "profile", "replicates", "delete_after_days")

Model = Mapping[str, Any]
Row = dict[str, Any]


def describe_host(
    platform: Model,
    host: str,
    *,
    repositories: Sequence[Mapping[str, Any]],
    configuration: Mapping[str, Sequence[str]],
    application_data: Mapping[str, Sequence[str]] | None = None,
    logs: Mapping[str, Any] | None = None,
    redis: Sequence[str] | None = None,
    retention: Mapping[str, Any] | None = None,
    proof_days: int = 8,
    port: int = POSTGRESQL_PORT,
    **others: Any,
) -> Row:
    """The document :data:`CONFIGURATION_FILE` of a host: the parts of the groups that it is in.

    :param configuration: ``paths`` and ``exclude``, as ``application_data`` and ``logs``, which has ``days`` too.
    :param redis: names of the instances; those that keep something when it is None.
    :param retention: of the repositories that have none of their own.
    :param others: ``schedule``, ``lock_wait`` and ``metrics``, as they stand in the document.
    :raises InputError: the first thing that is wrong.
    """
    groups = platform["hosts"][host]["groups"]
    document: Row = {
        "schema": SCHEMA,
        "platform": platform["name"],
        "host": host,
        "repositories": [_repository(each, retention) for each in repositories],
        "configuration": {**configuration, "exclude": [*configuration.get("exclude", ()), *NEVER]},
        "objectives": {
            # The shortest that jobs of whole minutes can promise.
            "rpo": max(platform["objectives"]["rpo_seconds"], 60),
            "rto": platform["objectives"]["rto_seconds"],
            "proof": proof_days,
        },
        **{name: value for name, value in others.items() if value not in (None, "", {})},
        **_parts(platform, host, application_data if "app" in groups else None, logs, redis, port),
    }
    return _checked(document)


def _checked(document: Row) -> Row:
    errors, _value = find_problems(document, "backup")
    if errors:
        raise InputError(errors[0], "Correct the variables of the role backup.", {"errors": errors})
    return document


def _parts(
    platform: Model,
    host: str,
    application_data: Mapping[str, Any] | None,
    logs: Mapping[str, Any] | None,
    redis: Sequence[str] | None,
    port: int,
) -> Row:
    """What a host has besides its configuration."""
    groups = platform["hosts"][host]["groups"]
    parts: Row = {
        name: {**part, "exclude": [*part.get("exclude", ()), *NEVER]}
        for name, part in (("application_data", application_data), ("logs", logs))
        if part and part["paths"]
    }
    if "database" in groups:
        parts["postgresql"] = {"method": "physical", "stanza": STANZA, "port": port}
    if "cache" in groups and (instances := _instances(platform, redis)):
        parts["redis"] = instances
    # One OpenBao for the platform; its login for backups is accepted from loopback only.
    if host == platform["groups"]["secrets"][0]:
        parts["openbao"] = {"address": f"https://127.0.0.1:{OPENBAO_PORT}"}
    return parts


def _repository(given: Mapping[str, Any], retention: Mapping[str, Any] | None) -> Row:
    row = {name: value for name, value in given.items() if value is not None and name != "ca"}
    # A copy keeps what its original keeps, and longer by a field of its own.
    kept = {"retention": retention} if retention and "replicates" not in row else {}
    trust = {"ca_file": authority_file(row["name"])} if given.get("ca") and "name" in row else {}
    return {**kept, **trust, **row}


def authority_file(repository: str) -> str:
    """Where a host has the certificates that vouch for an S3 server; every engine's account can read it.

    >>> authority_file("second")
    '/etc/ssl/steward/repositories/second.pem'
    """
    return f"{AUTHORITIES}/{repository}.pem"


def _instances(platform: Model, wanted: Sequence[str] | None) -> list[Row]:
    known = {each["name"]: each for each in platform["redis"]}
    names = [name for name, each in known.items() if each["persistent"]] if wanted is None else wanted
    for name in names:
        if name not in known:
            raise InputError(unknown_name(name, known, f"backup_redis_instances: {name}"))
    return [{"name": name, "port": known[name]["port"]} for name in names]


def describe_files(
    document: Mapping[str, Any],
    secrets: Mapping[str, Mapping[str, str]],
    *,
    credentials: Mapping[str, Mapping[str, str]],
    escrow: bool,
    authorities: Mapping[str, str] | None = None,
    **pgbackrest: Any,
) -> dict[str, list[Any]]:
    """All directories and files of a host's backups, as ``config_set`` takes them.

    :param secrets: what OpenBao has at :data:`RESTIC`, :data:`MAC` and :data:`PGBACKREST`.
    :param credentials: ``access_key`` and ``secret_key`` of each S3 repository by its name.
    :param escrow: whether copies of the keys lie on this host.
    :param authorities: certificates that vouch for S3 servers, by the repository's name.
    :param pgbackrest: ``version``, ``cpus`` and ``data_directory`` of :func:`describe_configuration`.
    :raises InputError: an S3 repository has no credentials.
    """
    keys = {path: secrets[path]["value"] for path in (RESTIC, MAC, PGBACKREST)}
    directories = _directories(document)
    files = [
        {"path": CONFIGURATION_FILE, "content": json.dumps(document, indent=2) + "\n", "mode": "0600"},
        *(_secret(path, keys[name]) for name, path in KEY_FILES.items()),
    ]
    shared = _credentials(document, credentials)
    files += [_secret(CREDENTIALS_FILE, shared)] if shared else []
    if "postgresql" in document:
        rows = [_for_pgbackrest(each, keys[PGBACKREST], credentials) for each in document["repositories"]]
        server = {name: document["postgresql"][name] for name in ("port", "stanza")}
        described = describe_configuration(rows, **server, **pgbackrest)
        directories += described["directories"]
        files += described["files"]
    if authorities:
        directories += [{"path": path} for path in (AUTHORITY_FOLDER, AUTHORITIES)]
        files += [{"path": authority_file(name), "content": text} for name, text in authorities.items()]
    if escrow:
        directories.append({"path": ESCROW, "mode": "0700"})
        files += [_secret(f"{ESCROW}/{name.replace('/', '-')}", value) for name, value in keys.items()]
    return {"directories": directories, "files": files, "absent": [] if shared else [CREDENTIALS_FILE]}


def _directories(document: Mapping[str, Any]) -> list[Row]:
    places = [each["path"] for each in document["repositories"] if each["type"] == "posix"]
    return [
        {"path": "/etc/steward", "mode": "0750"},
        {"path": FOLDER, "mode": "0700"},
        # Each engine's own folder is closed; that of PostgreSQL's account is below, so it must get through.
        *({"path": path, "mode": "0711"} for place in places for path in _with_parents(place)),
        *({"path": path} for path in _with_parents(document.get("metrics", ""))),
    ]


def _secret(path: str, text: str) -> Row:
    return {"path": path, "secret_content": text if text.endswith("\n") else f"{text}\n", "mode": "0400"}


# Debian's, with modes of their own.
_THERE = ("/", "/var", "/var/backups", "/var/lib", "/srv", "/mnt", "/opt", "/home", "/data")


def _with_parents(path: str) -> list[str]:
    """A directory and those around it that Debian does not have, outermost first.

    >>> _with_parents("/var/lib/prometheus/node-exporter")
    ['/var/lib/prometheus', '/var/lib/prometheus/node-exporter']
    """
    if not path:
        return []
    around = [str(each) for each in (PurePosixPath(path), *PurePosixPath(path).parents)]
    return [each for each in reversed(around) if each not in _THERE]


def _credentials(document: Mapping[str, Any], credentials: Mapping[str, Mapping[str, str]]) -> str:
    """The text of the file as the AWS programs read it, without S3 repositories nothing."""
    sections = [
        f"[{row.get('profile', row['name'])}]\n"
        f"aws_access_key_id = {access['access_key']}\naws_secret_access_key = {access['secret_key']}\n"
        for row, access in _accesses(document, credentials)
    ]
    return "\n".join(sections)


def _accesses(
    document: Mapping[str, Any], credentials: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
    for row in document["repositories"]:
        if row["type"] == "s3":
            access = credentials.get(row["name"], {})
            for name in ("access_key", "secret_key"):
                if not access.get(name):
                    raise InputError(f"backup_credentials.{row['name']}.{name} is missing, an S3 repository needs it")
            yield row, access


def _for_pgbackrest(row: Mapping[str, Any], cipher: str, credentials: Mapping[str, Mapping[str, str]]) -> Row:
    known = {name: value for name, value in row.items() if name not in _NOT_FOR_PGBACKREST}
    encryption = {"cipher_pass": cipher} if row.get("encrypted", True) else {}
    access = dict(credentials[row["name"]]) if row["type"] == "s3" else {}
    return {**known, "replica": "replicates" in row, **encryption, **access}
