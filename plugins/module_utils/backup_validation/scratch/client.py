# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes, starts, stops and removes scratch instances; removes nothing that it did not make."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from glob import glob
from typing import Any

from ...core import clock, files, locks, process, sql
from ...core.errors import InputError, StewardError
from .. import instance
from ..model import ACCOUNT, MARKER, ROLE, SCHEMA, Check, Cluster, Scratch, is_within, link_checks, refuse_live

LOCKS = "/run/lock"
COMMAND_SECONDS = 120
REPLAY_SECONDS = 6 * 3600
POLL_SECONDS = 0.2
LOG_BYTES = 20000
LOG_LINES = 8
# No assertion may hold a verification up for ever.
QUIET = "-c statement_timeout=30min -c lock_timeout=1min"
READ_ONLY = f"{QUIET} -c default_transaction_read_only=on"
MAKE_ROLE = f"CREATE ROLE {ROLE} LOGIN BYPASSRLS IN ROLE pg_read_all_data, pg_monitor"
# Databases may be closed to whoever was not let in.
LET_IN = f"""
SELECT format('GRANT CONNECT ON DATABASE %I TO {ROLE}', datname) AS statement FROM pg_database
WHERE datallowconn AND NOT datistemplate
"""
DROP_ROLE = (f"DROP OWNED BY {ROLE}", f"DROP ROLE {ROLE}")
AUTOMATIC = "postgresql.auto.conf"
SETTINGS = "SELECT name, setting FROM pg_settings"
REPLAYED = """
SELECT pg_is_in_recovery() AS in_recovery, pg_last_wal_replay_lsn()::text AS lsn,
    (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
    to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS commit
"""


@dataclass(frozen=True)
class Source:
    """What is known of the cluster the backup came from, and what its restore command needs here.

    ``settings`` are those of its server, ``databases`` what was recorded with the backup; ``reads``, ``writes`` and
    ``network`` are explained at :func:`~..instance.build_start`.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    databases: Sequence[Mapping[str, Any]] = ()
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    network: bool = False


def observe_clusters() -> tuple[Cluster, ...]:
    """This host's clusters with all places that belong to them."""
    rows = json.loads(process.run(["pg_lsclusters", "--json"], timeout=COMMAND_SECONDS).stdout)
    return instance.parse_clusters(rows, {row["pgdata"]: _places(row) for row in rows})


def _places(row: Mapping[str, Any]) -> list[str]:
    given = [row["pgdata"], row["configdir"], row["socketdir"]]
    return [os.path.realpath(place) for place in given if place] + list(observe_links(row["pgdata"]).values())


def observe_links(data: str) -> dict[str, str]:
    """Where the links of a data directory lead: its WAL and its tablespaces."""
    found = [path for path in [f"{data}/pg_wal", *sorted(glob(f"{data}/pg_tblspc/*"))] if os.path.islink(path)]
    return {path: os.path.realpath(path) for path in found}


@contextmanager
def opened(scratch: Scratch) -> Iterator[tuple[Cluster, ...]]:
    """An empty scratch folder while the block runs, into whose ``data`` a backup can be restored.

    What a killed run left is removed first. Yields the host's clusters.

    :raises InputError: name, port or place are those of a live cluster, or the folder is somebody else's.
    :raises BusyError: another verification uses it.
    """
    with locks.lock(f"{LOCKS}/{scratch.unit}.lock", f"scratch instance {scratch.name}"):
        clusters = observe_clusters()
        refuse_live(scratch, os.path.realpath(scratch.folder), clusters)
        make_root(scratch.root)
        clean(scratch)
        token = _make(scratch)
        try:
            yield clusters
        finally:
            stop(scratch)
            _remove(scratch, token)


def make_root(root: str) -> None:
    """The folder of all scratch instances, which the server's account passes through, whatever our umask is.

    :raises InputError: it is there, and others than root could change what is in it.
    """
    if not os.path.lexists(root):
        os.makedirs(root)
        os.chmod(root, 0o711)
    status = os.lstat(root)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
        raise InputError(f"root is {root!r}, allowed is: a directory that only root can write")


def clean(scratch: Scratch) -> None:
    """Remove what a killed run left.

    :raises InputError: there is something that is not ours.
    """
    stop(scratch)
    for staged in glob(f"{glob_safe(scratch.root)}/.{scratch.name}.*"):
        _remove_marked(scratch, staged)
    if os.path.lexists(scratch.folder):
        _remove_marked(scratch, scratch.folder)


def glob_safe(path: str) -> str:
    """A path of which no character is a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def _make(scratch: Scratch) -> str:
    """The folder appears whole with its marker, so that every later run knows whose it is."""
    token = secrets.token_hex(16)
    postgres = files.number_of_user(ACCOUNT), files.number_of_group(ACCOUNT)
    staged = tempfile.mkdtemp(prefix=f".{scratch.name}.", dir=scratch.root)
    marker = {"schema": SCHEMA, "name": scratch.name, "folder": scratch.folder, "token": token}
    files.write_json(f"{staged}/{MARKER}", {**marker, "made": clock.to_text(clock.now())}, mode="0600")
    for name in ("data", "sockets", "log"):
        os.mkdir(f"{staged}/{name}", 0o700)
        os.chown(f"{staged}/{name}", *postgres)
    os.mkdir(f"{staged}/configuration")
    os.chown(f"{staged}/configuration", 0, postgres[1])
    # Not by mkdir, from whose mode the umask takes away.
    os.chmod(f"{staged}/configuration", 0o750)
    os.chown(staged, 0, postgres[1])
    os.chmod(staged, 0o710)
    os.rename(staged, scratch.folder)
    return token


def _read_marker(folder: str) -> Mapping[str, Any]:
    """The marker of a folder of ours; nothing when it has none that root wrote."""
    path = f"{folder}/{MARKER}"
    with contextlib.suppress(FileNotFoundError):
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode) and status.st_uid == 0:
            found = files.read_json(path)
            return found if isinstance(found, dict) else {}
    return {}


def _remove_marked(scratch: Scratch, folder: str) -> None:
    """Remove a folder of an earlier run."""
    if os.path.isdir(folder) and not os.path.islink(folder) and not os.listdir(folder):
        # Killed before the marker was written, or after all else was removed.
        os.rmdir(folder)
        return
    marker = _read_marker(folder)
    if marker.get("schema") != SCHEMA or marker.get("folder") != scratch.folder or marker.get("name") != scratch.name:
        raise InputError(
            f"name is {scratch.name!r}, but {folder} is there and no scratch instance of ours",
            "Move it away, or choose another name.",
        )
    _remove(scratch, str(marker["token"]), folder)


def _remove(scratch: Scratch, token: str, folder: str = "") -> None:
    """Remove a folder whose marker has this token; the marker goes last."""
    folder = folder or scratch.folder
    if _read_marker(folder).get("token") != token:
        raise StewardError(f"{folder} is no longer the folder that was made, it is left alone", "Look at it.")
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        inside = [line.split()[4] for line in mounts if is_within(line.split()[4], folder)]
    if inside:
        raise StewardError(f"{inside[0]} is mounted, so {folder} is left alone", "Unmount it.")
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.name != MARKER:
            os.unlink(entry.path)
    os.unlink(f"{folder}/{MARKER}")
    os.rmdir(folder)


def start(scratch: Scratch, clusters: Sequence[Cluster], source: Source) -> list[Check]:
    """Start what was restored and wait for the end of replay; nothing is started when a check fails before.

    :raises StewardError: it does not start or ends while it replays.
    """
    version = files.observe(f"{scratch.data}/PG_VERSION")
    if version is None:
        raise StewardError(f"{scratch.data} holds no PostgreSQL data directory", "The restore made none.")
    instance.refuse_version(scratch, version.content)
    checks = link_checks(scratch, observe_links(scratch.data)) + _installed(scratch, source)
    if any(check.status != "pass" for check in checks):
        return checks
    _configure(scratch, source)
    _start(scratch, clusters, source)
    with session(scratch) as opened_session:
        said = read_settings(opened_session)
        opened_session.execute(MAKE_ROLE)
        for row in opened_session.query(LET_IN):
            opened_session.execute(row["statement"])
    return checks + instance.isolation_checks(scratch, said)


def _start(scratch: Scratch, clusters: Sequence[Cluster], source: Source) -> None:
    argv = instance.build_start(scratch, clusters, reads=source.reads, writes=source.writes, network=source.network)
    process.run(argv, timeout=COMMAND_SECONDS)
    _wait(scratch)


def cut_off(scratch: Scratch, clusters: Sequence[Cluster], source: Source) -> None:
    """Take the network from an instance that needed it to replay: what others run there shall reach nobody."""
    if source.network:
        stop(scratch)
        _start(scratch, clusters, replace(source, network=False))


def read_settings(asked: sql.Session) -> dict[str, str]:
    """All settings of a server, of the scratch instance or of its source."""
    return {row["name"]: row["setting"] for row in asked.query(SETTINGS)}


def _installed(scratch: Scratch, source: Source) -> list[Check]:
    controls = glob(f"/usr/share/postgresql/{scratch.version}/extension/*.control")
    libraries = glob(f"/usr/lib/postgresql/{scratch.version}/lib/*.so")
    return instance.extension_checks(
        source.databases,
        source.settings,
        [os.path.basename(path).removesuffix(".control") for path in controls],
        [os.path.basename(path).removesuffix(".so") for path in libraries],
    )


def _configure(scratch: Scratch, source: Source) -> None:
    control = process.run(instance.build_control(scratch), env={"LC_ALL": "C"}, timeout=COMMAND_SECONDS).stdout
    settings = instance.build_settings(scratch, instance.parse_control(control), source.settings)
    written = {"postgresql.conf": instance.render_configuration(settings), **instance.render_access()}
    _write(scratch, written)
    automatic = files.observe(f"{scratch.data}/{AUTOMATIC}")
    content = automatic.content if automatic else ""
    files.write(f"{scratch.configuration}/{AUTOMATIC}", content, mode="0600")
    kept = instance.keep_recovery(content)
    files.write(f"{scratch.data}/{AUTOMATIC}", kept, mode="0600", owner=ACCOUNT, group=ACCOUNT)


def _write(scratch: Scratch, written: Mapping[str, str]) -> None:
    for name, content in written.items():
        files.write(f"{scratch.configuration}/{name}", content, mode="0640", group=ACCOUNT)


def admit(scratch: Scratch, roles: Sequence[str]) -> str:
    """Let root in as roles of the restored cluster, too; returns the socket's path."""
    _write(scratch, instance.render_access(roles))
    with session(scratch) as asked:
        asked.query("SELECT pg_reload_conf()")
    return f"{scratch.sockets}/.s.PGSQL.{scratch.port}"


def _wait(scratch: Scratch) -> None:
    deadline = time.monotonic() + REPLAY_SECONDS
    while time.monotonic() < deadline:
        if process.run(["systemctl", "is-active", "--quiet", scratch.unit], check=False).returncode != 0:
            raise StewardError(f"the scratch instance {scratch.name} ended: {log_end(scratch)}", "See its log.")
        if not _is_replaying(scratch):
            return
        time.sleep(POLL_SECONDS)
    raise StewardError(f"replay did not end within {REPLAY_SECONDS} s: {log_end(scratch)}")


def _is_replaying(scratch: Scratch) -> bool:
    try:
        return bool(read_replay(scratch)["in_recovery"])
    except sql.SqlError as error:
        if instance.is_starting(error.message):
            return True
        raise


def log_end(scratch: Scratch) -> str:
    """The last lines of the instance's log that tell of trouble, else the last ones."""
    lines = [line.strip() for line in files.read_lines(scratch.log, LOG_BYTES)[0]]
    bad = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "ERROR"))]
    return " | ".join((bad or lines)[-LOG_LINES:])


def read_replay(scratch: Scratch) -> dict[str, Any]:
    """How far it was replayed."""
    with session(scratch) as asked:
        return asked.query(REPLAYED)[0]


@contextmanager
def session(scratch: Scratch, database: str = "postgres", user: str = ACCOUNT) -> Iterator[sql.Session]:
    """A session over the instance's own socket; that of the role for assertions can only read."""
    options = READ_ONLY if user == ROLE else QUIET
    with sql.connect(
        host=scratch.sockets, port=scratch.port, dbname=database, user=user, options=options, connect_timeout=10,
        application_name="steward",
    ) as connected:  # fmt: skip
        yield connected


def hand_over(scratch: Scratch, target: str) -> None:
    """Stop an instance that was found good and move its data directory out, fit to become a live one.

    What was added for the verification is taken out again, production's own ALTER SYSTEM settings come back, and the
    file that names the new timeline is marked for the archive: without it nobody could replay onto that timeline.
    """
    if os.path.lexists(target):
        raise InputError(f"target is {target!r}, which is there already")
    links = observe_links(scratch.data)
    if links:
        # They lead into the scratch instance's folder, which goes.
        raise InputError(f"{min(links)} is a link, and only a data directory without one can be handed over",
                         "Restore into the live data directory instead.")  # fmt: skip
    timeline = int(read_replay(scratch)["timeline"])
    with session(scratch) as asked:
        for statement in DROP_ROLE:
            asked.execute(statement)
    stop(scratch)
    kept = files.observe(f"{scratch.configuration}/{AUTOMATIC}")
    content = instance.drop_recovery(kept.content if kept else "")
    files.write(f"{scratch.data}/{AUTOMATIC}", content, mode="0600", owner=ACCOUNT, group=ACCOUNT)
    history = f"{timeline:08X}.history"
    if os.path.exists(f"{scratch.data}/pg_wal/{history}"):
        ready = f"{scratch.data}/pg_wal/archive_status/{history}.ready"
        files.write(ready, "", mode="0600", owner=ACCOUNT, group=ACCOUNT)
    os.rename(scratch.data, target)


def stop(scratch: Scratch) -> None:
    """Stop the instance; one that does not run is fine."""
    process.run(["systemctl", "stop", scratch.unit], check=False, timeout=COMMAND_SECONDS)
    process.run(["systemctl", "reset-failed", scratch.unit], check=False, timeout=COMMAND_SECONDS)
    shown = process.run(["systemctl", "show", "--value", "--property=ActiveState", scratch.unit])
    if shown.stdout.strip() not in ("inactive", "failed"):
        raise StewardError(f"{scratch.unit} does not stop, it is {shown.stdout.strip()}", "Its folder is left alone.")
