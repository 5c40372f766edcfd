# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a scratch instance is configured and started: what replay needs of the source, and nothing that reaches out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.errors import InputError, StewardError
from ..core.lsn import parse_lsn
from .model import ACCOUNT, RESTORED, ROLE, Check, Cluster, Scratch

# Replay stops where the source had more of them; what pg_controldata calls each.
REPLAY: Mapping[str, str] = {
    "max_connections": "max_connections setting",
    "max_worker_processes": "max_worker_processes setting",
    "max_wal_senders": "max_wal_senders setting",
    "max_prepared_transactions": "max_prepared_xacts setting",
    "max_locks_per_transaction": "max_locks_per_xact setting",
}
# The only lines of postgresql.auto.conf that a restore may bring; the rest is production's ALTER SYSTEM.
RECOVERY = frozenset(
    ["restore_command", "recovery_target"]
    + [f"recovery_target_{what}" for what in ("time", "xid", "lsn", "name", "inclusive", "timeline")]
)
# What must not stay once it is live; archive_mode=off is how a restore asks that a copy archives nothing.
RESTORE_ONLY = RECOVERY | {"recovery_target_action", "recovery_end_command", "archive_cleanup_command", "archive_mode"}
ISOLATION: Mapping[str, str] = {
    "listen_addresses": "",
    "ssl": "off",
    "archive_mode": "off",
    "archive_command": "",
    "primary_conninfo": "",
    "primary_slot_name": "",
    # Subscriptions in what was restored would take changes from production's publishers.
    "max_logical_replication_workers": "0",
    "autovacuum": "off",
    # Shared memory that outlives a killed server would be nobody's: it lies in the data directory.
    "dynamic_shared_memory_type": "mmap",
    "external_pid_file": "",
    "logging_collector": "off",
    # Its messages are read by us.
    "lc_messages": "C",
    "log_destination": "stderr",
    "restart_after_crash": "off",
    "recovery_target_action": "promote",
    "wal_level": "replica",
    "hot_standby": "on",
}
STARTING = (
    "the database system is starting up",
    "the database system is not yet accepting connections",
    # Of the connection itself: what a server says of a file it misses comes after FATAL.
    "failed: No such file or directory",
    "failed: Connection refused",
)
SHARED_BUFFERS = "64MB"
_SETTING = re.compile(r"\s*([a-z_]+)\s*(?:=|\s)\s*.*")


def parse_control(text: str) -> dict[str, str]:
    """What pg_controldata says of a data directory, name to value.

    >>> parse_control("max_connections setting:              100\\n")
    {'max_connections setting': '100'}
    """
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def parse_clusters(rows: Iterable[Mapping[str, Any]], resolved: Mapping[str, Sequence[str]]) -> tuple[Cluster, ...]:
    """The host's clusters from ``pg_lsclusters --json``.

    :param resolved: of each cluster's data directory all places that belong to it, links followed.
    """
    return tuple(
        Cluster(row["cluster"], str(row["version"]), int(row["port"]), tuple(resolved[row["pgdata"]])) for row in rows
    )


def build_settings(scratch: Scratch, control: Mapping[str, str], source: Mapping[str, Any]) -> dict[str, str]:
    """All settings of the instance.

    :param control: what :func:`parse_control` found in the restored directory.
    :param source: settings the source had later (they may have grown since the backup began) and its
        ``shared_preload_libraries``.
    :raises StewardError: pg_controldata said nothing of a number that replay needs.
    """
    numbers = {}
    for name, label in REPLAY.items():
        if not control.get(label, "").isdigit():
            raise StewardError(f"pg_controldata does not say {label}", f"Look at {scratch.data}.")
        numbers[name] = str(max(int(control[label]), int(source.get(name) or 0)))
    return {
        **ISOLATION,
        **numbers,
        "data_directory": scratch.data,
        "hba_file": f"{scratch.configuration}/pg_hba.conf",
        "ident_file": f"{scratch.configuration}/pg_ident.conf",
        "unix_socket_directories": scratch.sockets,
        "unix_socket_permissions": "0700",
        "port": str(scratch.port),
        "cluster_name": f"steward-scratch-{scratch.name}",
        "shared_buffers": SHARED_BUFFERS,
        "shared_preload_libraries": ",".join(preloaded(source)),
    }


def preloaded(source: Mapping[str, Any]) -> list[str]:
    """The libraries the source loads at its start.

    >>> preloaded({"shared_preload_libraries": "pg_stat_statements, auto_explain"})
    ['pg_stat_statements', 'auto_explain']
    """
    names = str(source.get("shared_preload_libraries") or "").split(",")
    return [name.strip().strip('"') for name in names if name.strip()]


def render_configuration(settings: Mapping[str, str]) -> str:
    """postgresql.conf of the instance."""
    quoted = {name: value.replace("'", "''") for name, value in settings.items()}
    return "".join(f"{name} = '{value}'\n" for name, value in sorted(quoted.items()))


def render_access(roles: Iterable[str] = ()) -> dict[str, str]:
    """Who gets in: root alone, over the socket, as the superuser or as the role for assertions.

    :param roles: of those in the restored cluster, the ones that root may also come in as.

    >>> render_access(["shop"])["pg_ident.conf"].splitlines()[-1]
    'scratch root "shop"'
    """
    # In quotes a name is never a keyword such as all.
    names = [ACCOUNT, ROLE, *('"' + role.replace('"', '""') + '"' for role in roles)]
    return {
        "pg_hba.conf": f"local all {','.join(names)} peer map=scratch\n",
        "pg_ident.conf": "".join(f"scratch root {name}\n" for name in names),
    }


def keep_recovery(automatic: str) -> str:
    """postgresql.auto.conf with what the restore wrote for replay, and without production's own settings.

    >>> keep_recovery("port = '5432'\\nrestore_command = 'cp /wal/%f %p'\\n")
    "restore_command = 'cp /wal/%f %p'\\n"
    """
    return "".join(f"{line}\n" for name, line in _settings(automatic) if name in RECOVERY)


def drop_recovery(automatic: str) -> str:
    """The opposite: production's own settings, without what only a restore needs.

    >>> drop_recovery("work_mem = '8MB'\\narchive_mode = 'off'\\nrestore_command = 'cp /wal/%f %p'\\n")
    "work_mem = '8MB'\\n"
    """
    return "".join(f"{line}\n" for name, line in _settings(automatic) if name not in RESTORE_ONLY)


def _settings(automatic: str) -> list[tuple[str, str]]:
    found = ((line, _SETTING.fullmatch(line)) for line in automatic.splitlines())
    return [(setting[1], line) for line, setting in found if setting]


def build_start(
    scratch: Scratch, clusters: Sequence[Cluster], *, reads: Sequence[str] = (), writes: Sequence[str] = (),
    network: bool = False,
) -> list[str]:  # fmt: skip
    """Start the instance as a unit of its own, for which production's files and sockets are not there.

    A unit ends whole, whatever became of who started it, and takes its shared memory with it.

    :param reads: places of a live cluster's that must be seen nevertheless: its WAL archive.
    :param writes: places outside where the restore command writes (its spool and locks).
    :param network: whether the restore command needs it (S3, SFTP).
    """
    hidden = dict.fromkeys(place for cluster in clusters for place in cluster.places)
    properties = {
        "User": ACCOUNT,
        "Group": ACCOUNT,
        "Type": "exec",
        "KillSignal": "SIGINT",
        "TimeoutStopSec": "60",
        "StandardOutput": f"append:{scratch.log}",
        "StandardError": f"append:{scratch.log}",
        "WorkingDirectory": "/",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateIPC": "yes",
        "PrivateNetwork": "no" if network else "yes",
        "InaccessiblePaths": " ".join(f"-{place}" for place in hidden if place not in reads),
        "ReadWritePaths": " ".join([scratch.folder, *(f"-{place}" for place in writes)]),
        "Nice": "10",
        "UMask": "0077",
    }
    argv = ["systemd-run", "--quiet", "--collect", f"--unit={scratch.unit}"]
    argv += [f"--property={name}={value}" for name, value in properties.items() if value]
    program = f"/usr/lib/postgresql/{scratch.version}/bin/postgres"
    return [*argv, "--", program, "-D", scratch.data, "-c", f"config_file={scratch.configuration}/postgresql.conf"]


def build_control(scratch: Scratch) -> list[str]:
    return [f"/usr/lib/postgresql/{scratch.version}/bin/pg_controldata", "-D", scratch.data]


def is_starting(message: str) -> bool:
    """Whether what a connection was told only means that replay goes on.

    >>> is_starting("FATAL:  the database system is starting up")
    True
    """
    return any(words in message for words in STARTING)


def refuse_version(scratch: Scratch, found: str) -> None:
    """:raises InputError: what was restored is of another major version than the program that shall start it."""
    if found.strip() != scratch.version:
        raise InputError(f"version is {scratch.version!r}, but {scratch.data} is of version {found.strip()!r}")


def extension_checks(
    databases: Iterable[Mapping[str, Any]],
    source: Mapping[str, Any],
    extensions: Iterable[str],
    libraries: Iterable[str],
) -> list[Check]:
    """Whether this host has what the databases need, asked before the start that would fail.

    :param databases: as recorded with the backup; ``extensions`` of each are names.
    :param extensions: names for which there is a control file; likewise ``libraries``.
    """
    needed = {name for database in databases for name in database.get("extensions") or ()}
    missing = sorted(needed - set(extensions))
    missing += [f"the library {name}" for name in preloaded(source) if name not in set(libraries)]
    figures = {"needed": len(needed) + len(preloaded(source)), "missing": missing}
    if missing:
        return [Check(RESTORED, "extensions", "fail", f"not installed here: {', '.join(missing)}", figures)]
    return [Check(RESTORED, "extensions", "pass", "all needed extensions are installed", figures)]


def isolation_checks(scratch: Scratch, said: Mapping[str, str]) -> list[Check]:
    """What the running instance says of its settings, against what was wanted."""
    wanted = {name: ISOLATION[name] for name in ("listen_addresses", "archive_mode", "ssl", "primary_conninfo")}
    wanted |= {"data_directory": scratch.data, "unix_socket_directories": scratch.sockets}
    wrong = [f"{name} is {said.get(name)!r}" for name, value in wanted.items() if said.get(name) != value]
    if wrong:
        return [Check(RESTORED, "isolation", "fail", "; ".join(wrong), {"wrong": wrong})]
    return [Check(RESTORED, "isolation", "pass", "it is reached over its own socket only", {})]


def replay_checks(state: Mapping[str, Any], expected_lsn: str) -> list[Check]:
    """Whether replay came as far as it had to: PostgreSQL opens a database at a gap without a word.

    :param state: ``in_recovery``, ``lsn`` (up to which was replayed) and ``commit`` (moment of the last one).
    :param expected_lsn: a place known to be in the archive; empty when there is none.
    """
    reached, figures = str(state.get("lsn") or ""), {"expected_lsn": expected_lsn, **state}
    if state.get("in_recovery"):
        return [Check(RESTORED, "replay", "fail", "it is still in recovery", figures)]
    if expected_lsn and (not reached or parse_lsn(reached) < parse_lsn(expected_lsn)):
        message = f"replay ended at {reached or 'an unknown place'}, before {expected_lsn}"
        return [Check(RESTORED, "replay", "fail", message, figures)]
    return [Check(RESTORED, "replay", "pass", f"replayed up to {reached or 'the end of the backup'}", figures)]
