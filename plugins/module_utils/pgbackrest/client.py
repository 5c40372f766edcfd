# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs pgBackRest for a cluster of this host, as its account and with the keys of its configuration file."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ..core import clock, files, locks, process, sql, streams
from ..core.errors import BusyError, InputError, StewardError
from ..core.plan import Plan
from ..core.sql import DATABASE_SIZES, local_session
from . import command, parse, plan, report, wal
from .model import ACCOUNT, CONFIGURATION, STANZA, TABLES, RepositoryState, StanzaState, require

LOCK = "/run/lock/steward-pgbackrest.lock"
FOLDER = "/"  # Wherever we are called from, the account may not be allowed to be there.
POINT_SECONDS, POLL_SECONDS, LOCK_POLL_SECONDS = 60.0, 0.2, 1.0
SCHEMA = 1
_SERVER = "SELECT system_identifier FROM pg_control_system()"
_SEGMENT_BYTES = "SELECT setting::bigint AS bytes FROM pg_settings WHERE name = 'wal_segment_size'"
_ARCHIVER = """
SELECT a.*, current_setting('archive_mode') AS mode, current_setting('archive_command') AS command,
    (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting
FROM pg_stat_archiver a
"""
# A commit, so that who comes back to the point can tell that nothing before it was lost.
_COMMIT = "SELECT pg_current_xact_id()::text"
_POINT = "SELECT pg_create_restore_point(%s)::text AS lsn"
_FILE = "SELECT pg_walfile_name(%s::pg_lsn) AS wal, clock_timestamp() AS moment"
_WAITING = "SELECT 1 FROM pg_ls_archive_statusdir() WHERE name = %s"


def version() -> str:
    """The installed release, as ``2.55.1``."""
    return parse.parse_version(_run(command.version()))


def info(*, stanza: str = STANZA, repo: int | None = None, at: str = "") -> StanzaState:
    """The stanza with its backups, in one repository, or all that pgBackRest writes.

    :param at: a moment with its zone; a versioned repository is read as it was then.
    """
    _require_past(at, repo)
    seen = parse.parse_info(_run(command.info(stanza=stanza, repo=repo, at=at)), stanza)
    return seen if repo else parse.without_copies(seen, _configured())


def _configured() -> str:
    state = files.observe(CONFIGURATION)
    return state.content if state else ""


def _require_past(at: str, repo: int | None) -> None:
    if at:
        parse.require_past(at, repo, version(), _configured())


def read_server(port: int = 5432) -> plan.Server:
    """Which cluster it is that runs on this port."""
    with local_session(port) as opened:
        row = opened.query(_SERVER)[0]
        number = int(opened.query("SHOW server_version_num")[0]["server_version_num"])
        return plan.Server(row["system_identifier"], str(number // 10000))


def databases(*, port: int = 5432) -> list[dict[str, Any]]:
    """The databases with ``name``, ``size`` in bytes, number of ``tables``, and ``rows`` as the server guesses them."""
    with local_session(port) as main:
        found = main.query(DATABASE_SIZES)
    result = []
    for row in found:
        with local_session(port, row["name"]) as inside:
            result.append({**row, **inside.query(TABLES)[0]})
    return result


def apply_stanza(changes: Plan, *, stanza: str = STANZA) -> None:
    """Create or upgrade the stanza, then push a segment and see that it comes to all repositories."""
    for verb in dict.fromkeys(change.action for change in changes.changes):
        # A server without stanza, which archives in vain, holds the lock for a moment.
        _when_free(partial(_run, command.stanza(verb, stanza=stanza)), POINT_SECONDS)
    check(stanza=stanza)


def _when_free(run: Callable[[], str], wait: float) -> str:
    """Run it again while another pgBackRest has its lock, for so many seconds."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return run()
        except BusyError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(LOCK_POLL_SECONDS)


def check(*, stanza: str = STANZA) -> None:
    """Switch to a new segment of WAL and wait until the old one is in all repositories.

    :raises StewardError: it did not come there, or the configuration is wrong.
    """
    _run(command.check(stanza=stanza))


def backup(
    *,
    kind: str = "incr",
    repo: int = 1,
    repository: str = "",
    stanza: str = STANZA,
    annotations: Mapping[str, object] | None = None,
    port: int = 5432,
    progress: Callable[[float], None] | None = None,
    wait: float = 0.0,
) -> dict[str, Any]:
    """Make a backup, a full one when there is none to begin with; returns it as the part of a set.

    :param kind: ``full``, ``diff`` or ``incr``.
    :param repo: number of the repository in the configuration; a backup goes to one, WAL to all.
    :param repository: its name, for the result.
    :param annotations: stay with the backup, so that it can be found without us.
    :param progress: is told the percentage done, again and again.
    :param wait: seconds to wait for another backup or expiry, whoever began it.
    :raises BusyError: it is still going on.
    :raises StewardError: nothing is archived, so that no backup could be restored; or pgBackRest's own reason.
    """
    defect = read_archiver(stanza=stanza, port=port)[0].defect
    if defect:
        raise StewardError(defect, "Run the role postgresql.")
    argv = command.backup(kind=kind, repo=repo, stanza=stanza, annotations=annotations)
    with locks.lock(LOCK, f"backup of {stanza}", wait=wait):
        held = databases(port=port)
        begun = time.monotonic()
        # That of a steward that was killed lives on for a while.
        said = _when_free(partial(_follow, argv, progress), wait)
        seconds = time.monotonic() - begun
    label, number = parse.parse_made(said)
    rows = info(stanza=stanza, repo=repo).repository(repo).backups
    made = next((row for row in rows if row.label == label), None)
    if made is None:
        raise StewardError(f"pgbackrest made {label}, but repository {repo} does not list it")
    name = repository or f"repo{repo}"
    return report.describe_part(made, repository=name, seconds=seconds, files=number, databases=held)


def verify(*, repo: int = 1, stanza: str = STANZA, label: str = "") -> parse.Verification:
    """Compare what lies in a repository with its checksums; of WAL that is missing this knows nothing.

    :param label: only this backup and the WAL it needs.
    """
    if label:
        require(version(), "verify_set", f"the verification of {label} alone")
    return parse.parse_verification(_run(command.verify(repo=repo, stanza=stanza, label=label)))


def read_archive(
    row: RepositoryState, *, stanza: str = STANZA, size: int = wal.SEGMENT_BYTES, at: str = ""
) -> wal.Archive:
    """The WAL of the present cluster in a repository."""
    if not row.archive_id:
        return wal.Archive()
    where: dict[str, Any] = {"repo": row.key, "archive_id": row.archive_id, "stanza": stanza, "at": at}
    segments, timelines = parse.parse_archive(_run(command.list_archive(**where)), size)
    # Each history names all ancestors, so that of the newest timeline says everything.
    texts = {line: _run(command.read_history(timeline=line, **where)) for line in timelines[-1:]}
    return wal.Archive(segments, {line: wal.parse_history(text) for line, text in texts.items()})


def read_continuity(
    row: RepositoryState, *, stanza: str = STANZA, size: int = wal.SEGMENT_BYTES, pushed: str = "", at: str = ""
) -> wal.Continuity:
    """Whether a repository's WAL leads from its backups to the present; see :func:`wal.check`."""
    if row.code not in report.READABLE:
        return wal.Continuity()
    archive = read_archive(row, stanza=stanza, size=size, at=at)
    return wal.check(row.present, archive, size=size, pushed=pushed)


def read_archiver(*, stanza: str = STANZA, port: int = 5432) -> tuple[report.Archiver, int]:
    """What the server says of its archiving, and how many bytes its segments of WAL have."""
    with local_session(port) as opened:
        size = int(opened.query(_SEGMENT_BYTES)[0]["bytes"])
        return report.build_archiver(opened.query(_ARCHIVER)[0], stanza), size


def read_report(*, stanza: str = STANZA, repo: int | None = None, port: int = 5432, at: str = "") -> dict[str, Any]:
    """Backups, gaps in the WAL and the newest moment to which recovery comes, and a judgement of each.

    Works without the server, too; then nothing is said of its archiving. The server is asked before the repositories,
    so that what it believes archived must be there.
    """
    archiver, size, unknown = None, wal.SEGMENT_BYTES, ""
    try:
        archiver, size = read_archiver(stanza=stanza, port=port)
    except sql.SqlError as error:
        unknown = error.message
    pushed = archiver.last_archived if archiver and not at else ""
    rows = info(stanza=stanza, repo=repo, at=at).repositories
    seen = [(row, read_continuity(row, stanza=stanza, size=size, pushed=pushed, at=at)) for row in rows]
    findings = [finding for row, continuity in seen for finding in report.judge(row, continuity)]
    findings += [report.judge_archiver(archiver)] if archiver else []
    return {
        "schema": SCHEMA,
        "stanza": stanza,
        "version": version(),
        "repositories": [report.describe_repository(row, continuity) for row, continuity in seen],
        "archiver": archiver.to_dict() if archiver else {"unknown": unknown},
        "findings": [finding.to_dict() for finding in findings],
    }


def expire(*, keep: Collection[str], repo: int = 1, stanza: str = STANZA, wait: float = 0.0) -> dict[str, Any]:
    """Remove all backups of a repository but the given ones and those they need, and the WAL older than these.

    Returns ``removed`` labels, and ``kept_for``: what stayed though it was not given, with what needs it.

    :raises InputError: none of the given ones is there.
    :param wait: seconds to wait for another backup or expiry of ours.
    :raises BusyError: it is still going on, or one that is not ours.
    """
    with locks.lock(LOCK, f"expiry of {stanza}", wait=wait):
        row = info(stanza=stanza, repo=repo).repository(repo)
        report.refuse_unreadable(row)
        wanted = plan.plan_expiry(row.backups, keep)
        for label in wanted.commands:
            _run(command.expire(repo=repo, label=label, stanza=stanza))
        if wanted.remaining:
            _run(command.expire_archive(repo=repo, backups=wanted.remaining, stanza=stanza))
    return {"removed": list(wanted.removed), "kept_for": dict(wanted.kept_for)}


def observe_target(path: str) -> dict[str, Any]:
    """What a restore has to know of a directory: whether it holds anything, whether a server runs in it, and in which
    directories the clusters of this host are, each with whether it runs."""
    said = json.loads(process.run(["pg_lsclusters", "--json"]).stdout)
    held = os.path.isdir(path) and bool(os.listdir(path))
    clusters = {row["pgdata"]: bool(row["running"]) for row in said}
    return {"held": held, "running": _is_running(path), "clusters": clusters}


def restore(
    *,
    path: str,
    stanza: str = STANZA,
    repo: int | None = None,
    label: str = "",
    target_type: str = "latest",
    target: str = "",
    target_action: str = "promote",
    target_timeline: str = "",
    delta: bool = False,
    confirm: str = "",
    archive_mode: str = "off",
    processes: int | None = None,
    at: str = "",
) -> dict[str, Any]:
    """Bring the cluster's files into a directory, so that a server which is started there recovers to the target.

    Tablespaces and fetched WAL of a copy lie beside it. A directory that holds something, a stopped cluster's own too,
    needs ``delta``, and the path as ``confirm``. Returns what was restored and where;
    ``paths`` is all that goes with the copy.

    :param label: the backup to begin with; needed for a target of type name or xid that lies before the newest one.
    :param archive_mode: ``off`` for a copy that must archive nothing, ``preserve`` for the cluster that goes on.
    :raises InputError: something would be destroyed that was not asked for, or a value is not allowed.
    """
    _require_past(at, repo)
    wanted = command.build_target(kind=target_type, value=target, action=target_action, timeline=target_timeline)
    seen = observe_target(path)
    plan.plan_restore(path, **seen, delta=delta, confirm=confirm, stanza=stanza)
    in_place = path in seen["clusters"]
    argv = command.restore(
        path=path, target=wanted, stanza=stanza, repo=repo, label=label, delta=delta, archive_mode=archive_mode,
        in_place=in_place, processes=processes, at=at,
    )  # fmt: skip
    beside = [] if in_place else [command.tablespaces_of(path), command.spool_of(path)]
    begun = time.monotonic()
    with _prepared(path, beside):
        said = parse.parse_restore(_run(argv))
    return {**said, "seconds": round(time.monotonic() - begun, 3), "path": path, "paths": [path, *beside]}


@contextlib.contextmanager
def _prepared(path: str, beside: Sequence[str]) -> Iterator[None]:
    """Have the folders while the block fills them; when it fails, those that are still empty go again."""
    if not os.path.isdir(os.path.dirname(path)):
        raise InputError(f"path is {path!r}, allowed is: a path in a directory that exists")
    account = pwd.getpwnam(ACCOUNT)
    made = [folder for folder in (path, *beside) if not os.path.isdir(folder)]
    for folder in made:
        os.mkdir(folder, 0o700)
        os.chown(folder, account.pw_uid, account.pw_gid)
    if beside:
        # WAL that an earlier copy fetched may be of another history.
        shutil.rmtree(f"{command.spool_of(path)}/archive", ignore_errors=True)
    # Nobody runs there, as was seen before; a server that was killed leaves it.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{path}/postmaster.pid")
    try:
        yield
    except StewardError:
        for folder in made:
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        raise


def _is_running(path: str) -> bool:
    """Whether the process that a data directory names is a PostgreSQL server."""
    try:
        with open(f"{path}/postmaster.pid", encoding="utf-8") as file:
            number = file.readline().strip()
        return os.path.basename(os.readlink(f"/proc/{int(number)}/exe")).startswith("postgres")
    except (FileNotFoundError, ValueError):
        return False


def create_restore_point(
    *, name: str, stanza: str = STANZA, port: int = 5432, wait: float = POINT_SECONDS
) -> dict[str, Any]:
    """Name this moment in the WAL, and see that the WAL until there is archived.

    Returns ``name``, ``lsn``, ``wal`` (the segment), ``timeline`` and ``moment``. The same name given twice is two
    points, of which recovery takes the first: use one that is new.

    :param wait: seconds until the segment must be in the repositories.
    :raises StewardError: nothing is archived, or it was not there in time; then the point is made all the same.
    """
    command.check_point_name(name, "name")
    with local_session(port) as opened:
        defect = report.build_archiver(opened.query(_ARCHIVER)[0], stanza).defect
        if defect:
            raise StewardError(f"the restore point {name} would be of no use: {defect}", "Run the role postgresql.")
        opened.query(_COMMIT)
        lsn = opened.query(_POINT, (name,))[0]["lsn"]
        row = opened.query(_FILE, (lsn,))[0]
        opened.query("SELECT pg_switch_wal()")
        deadline = time.monotonic() + wait
        while opened.query(_WAITING, (f"{row['wal']}.ready",)):
            if time.monotonic() > deadline:
                raise StewardError(
                    f"the restore point {name} is made, but {row['wal']} was not archived within {wait:g} s",
                    "See PostgreSQL's log and /var/log/pgbackrest.",
                )
            time.sleep(POLL_SECONDS)
    timeline = int(row["wal"][:8], 16)
    moment = clock.to_text(row["moment"])
    return {"name": name, "lsn": lsn, "wal": row["wal"], "timeline": timeline, "moment": moment}


def _run(argv: Sequence[str]) -> str:
    """What a command prints on its standard output.

    :raises BusyError: pgBackRest itself says that another one is going on.
    """
    return _refuse_failed(process.run(argv, cwd=FOLDER, check=False))


def _follow(argv: Sequence[str], progress: Callable[[float], None] | None) -> str:
    """The last lines of a command whose progress is told."""

    def tell(line: str) -> None:
        if progress and (percent := parse.parse_percent(line)) is not None:
            progress(percent)

    return _refuse_failed(streams.follow(argv, on_line=tell, cwd=FOLDER, ending=streams.TERMINATE))


def _refuse_failed(done: process.Completed) -> str:
    if done.returncode == 0:
        return done.stdout
    verb = done.argv[len(command.AS_ACCOUNT)]
    said = f"{done.stderr}\n{done.stdout}"
    message = f"pgbackrest {verb} ended with {done.returncode}: {parse.parse_error(said)}"
    if done.returncode == parse.EXIT_LOCKED:
        raise BusyError(message, "Wait for it to end, then try again.")
    if parse.is_wrong_key(said):
        # Not what it said: that quotes what it could not decrypt.
        raise StewardError(f"pgbackrest {verb}: a repository {report.WRONG_KEY}", report.WRONG_KEY_HINT)
    raise StewardError(message, "See the logs in /var/log/pgbackrest.")
