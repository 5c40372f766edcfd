# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of pgBackRest's configuration, and the settings with which PostgreSQL hands over its WAL.

Retention is decided elsewhere, over sets of several engines, and carried out by ``expire`` (plan.py). So pgBackRest
must not expire by itself: ``expire-auto`` is off, and the count of full backups is the highest it takes, without which
each backup would warn that nothing expires. ``archive-push-queue-max`` is never set: when that queue is full, WAL is
dropped and PostgreSQL told that it was archived. A full disk stops the server, which somebody notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.errors import InputError
from .model import ACCOUNT, CONFIGURATION, STANZA, Repository, build_repositories, require, supports

NEVER = 9999999
SPOOL = "/var/spool/pgbackrest"
# On a tmpfs that PostgreSQL's own package makes for the account; the default below /tmp is anybody's.
LOCKS = "/run/postgresql/pgbackrest"
LOGS = "/var/log/pgbackrest"
BACKUP_PROCESSES = 4
RESTORE_PROCESSES = 8
ARCHIVE_TIMEOUT_SECONDS = (30, 300)
# Before WAL goes to any repository, pgBackRest 2.55 tries one that is away for 18 times io-timeout: two files, three
# requests each, each repeated. A backup waits for its WAL as long as archive-timeout, and its turn may come after one
# such round. So the usual 60 seconds for both make a backup on the local disk fail because a bucket is away.
PATIENCE: Mapping[str, int] = {"io-timeout": 10, "archive-timeout": 240}
# A segment of WAL is small, and archive-push is what all others wait for.
PUSH_PATIENCE: Mapping[str, int] = {"io-timeout": 3}
# What a copy of a repository is for.
READING = ("info", "restore", "archive-get", "verify", "repo-ls", "repo-get")


def processes(cpus: int) -> dict[str, int]:
    """How many processes each command may have on so many CPUs.

    A backup leaves the server room to work, a restore has the host for itself; beyond these bounds disks and networks
    are what is waited for.

    >>> processes(8)
    {'backup': 2, 'restore': 8, 'archive-push': 2, 'archive-get': 2}
    """
    if cpus < 1:
        raise InputError(f"cpus is {cpus}, allowed is: at least 1")
    return {
        "backup": min(max(cpus // 4, 2), BACKUP_PROCESSES, cpus),
        "restore": min(cpus, RESTORE_PROCESSES),
        "archive-push": min(cpus, 2),
        "archive-get": min(cpus, 2),
    }


def configuration(
    repositories: Sequence[Repository],
    *,
    version: str,
    cpus: int,
    data_directory: str,
    port: int = 5432,
    stanza: str = STANZA,
    compress_level: int = 3,
) -> str:
    """The text of :data:`CONFIGURATION`; it holds secrets.

    :raises InputError: the release lacks what a repository needs; what it can do without is left out.
    """
    counts, remote = processes(cpus), any(repository.type != "posix" for repository in repositories)
    written, read = (_repositories(repositories, version, replica=replica) for replica in (False, True))
    settings: dict[str, Any] = {
        **written,
        **(PATIENCE if remote else {}),
        "compress-type": "zst",
        "compress-level": compress_level,
        "process-max": counts["backup"],
        "start-fast": "y",
        "archive-async": "y",
        "archive-check": "y",
        "expire-auto": "n",
        "spool-path": SPOOL,
        "lock-path": LOCKS,
        "log-path": LOGS,
        "log-level-file": "info",
        # Who calls decides what it wants to read; warnings of archive-push belong into the server's log.
        "log-level-console": "off",
        "log-level-stderr": "warn",
    }
    sections = {
        "global": settings,
        **_commands(read, counts, PUSH_PATIENCE if remote else {}),
        stanza: {"pg1-path": data_directory, "pg1-port": port},
    }
    return "\n".join(_section(name, values) for name, values in sections.items())


def _commands(read: Mapping[str, Any], counts: Mapping[str, int], push: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """What is different for single commands: patience, processes, and copies, of which only those know that read.

    All others would write there, or want WAL of it that comes only later.
    """
    special: dict[str, dict[str, Any]] = {command: dict(read) for command in (READING if read else ())}
    special["archive-push"] = dict(push)
    for command, number in counts.items():
        if command != "backup":
            special.setdefault(command, {})["process-max"] = number
    return {f"global:{command}": values for command, values in special.items()}


def _repositories(repositories: Sequence[Repository], version: str, *, replica: bool) -> dict[str, Any]:
    return {
        f"repo{number}-{name}": value
        for number, repository in enumerate(repositories, start=1)
        if repository.replica is replica
        for name, value in _repository(repository, version).items()
    }


def _section(name: str, values: Mapping[str, Any]) -> str:
    return f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in values.items())


def _repository(repository: Repository, version: str) -> dict[str, Any]:
    require(version, "bundle", f"repository {repository.name}")
    rows: dict[str, Any] = {"type": repository.type, "path": repository.folder}
    rows |= TYPES[repository.type](repository, version)
    if repository.encrypted:
        rows |= {"cipher-type": "aes-256-cbc", "cipher-pass": repository.secrets["cipher_pass"]}
    if repository.replica:
        # What follows says how to write, which commands that only read would warn of.
        return rows
    rows["bundle"] = "y"
    if supports(version, "block"):
        rows["block"] = "y"
    return {**rows, "retention-full": NEVER}


def _posix(repository: Repository, version: str) -> dict[str, Any]:
    return {}


def _s3(repository: Repository, version: str) -> dict[str, Any]:
    values = repository.values
    authority = {"storage-ca-file": values["ca_file"]} if values["ca_file"] else {}
    return {
        "s3-endpoint": values["endpoint"],
        "s3-bucket": values["bucket"],
        "s3-region": values["region"],
        "s3-uri-style": values["uri_style"],
        "s3-key": repository.secrets["access_key"],
        "s3-key-secret": repository.secrets["secret_key"],
        **authority,
    }


def _sftp(repository: Repository, version: str) -> dict[str, Any]:
    require(version, "sftp", f"repository {repository.name} of type sftp")
    values = repository.values
    return {
        "sftp-host": values["host"],
        "sftp-host-port": values["port"],
        "sftp-host-user": values["user"],
        "sftp-private-key-file": values["key_file"],
        "sftp-host-key-hash-type": "sha256",
        "sftp-host-key-check-type": "strict",
        "sftp-known-host": values["known_hosts_file"],
    }


TYPES = {"posix": _posix, "s3": _s3, "sftp": _sftp}


def describe_configuration(
    repositories: Iterable[Mapping[str, Any]], *, version: str, cpus: int, data_directory: str, **options: Any
) -> dict[str, list[dict[str, Any]]]:
    """The directories and the file as ``config_set`` takes them; ``options`` are further ones of ``configuration``.

    Only the account of the server reads the file, and only root writes it. Of a local repository just pgBackRest's own
    folder is named: what lies around it is shared with other engines.

    :raises InputError: the first defect.
    """
    wanted = build_repositories(repositories)
    text = configuration(wanted, version=version, cpus=cpus, data_directory=data_directory, **options)
    local = [
        {"path": repository.folder, "mode": "0750", "owner": ACCOUNT, "group": ACCOUNT}
        for repository in wanted
        if repository.type == "posix"
    ]
    folder = {"path": CONFIGURATION.rpartition("/")[0], "mode": "0750", "group": ACCOUNT}
    file = {"path": CONFIGURATION, "secret_content": text, "mode": "0640", "group": ACCOUNT}
    return {"directories": [folder, *local], "files": [file]}


def describe_settings(rpo_seconds: int, *, stanza: str = STANZA) -> dict[str, str]:
    """The settings of a server whose WAL goes to the repositories.

    ``archive_timeout`` is half of how much may be lost: the other half is for the way to the repositories and for a
    second try. A nearly empty segment takes less than a kilobyte there, so it is never longer than five minutes. Below
    a minute archiving alone cannot keep an objective, and a segment every few seconds would not change that.

    >>> describe_settings(300)["archive_timeout"]
    '150s'
    """
    if rpo_seconds < 0:
        raise InputError(f"rpo_seconds is {rpo_seconds}, allowed is: at least 0")
    least, most = ARCHIVE_TIMEOUT_SECONDS
    return {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_command": f"pgbackrest --stanza={stanza} archive-push %p",
        "archive_timeout": f"{min(max(rpo_seconds // 2, least), most)}s",
    }
