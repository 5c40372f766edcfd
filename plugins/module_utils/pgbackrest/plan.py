# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done with a stanza: created, backed up, expired, restored."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..core import clock
from ..core.errors import InputError, StewardError
from ..core.plan import Change, Plan
from .command import check_point_name
from .model import KINDS, Backup, RepositoryState, StanzaState
from .report import ABSENT, refuse_unreadable, to_dict

CREATE, UPGRADE, BACKUP, RESTORE = "create", "upgrade", "back up", "restore"


@dataclass(frozen=True)
class Server:
    """The cluster that is backed up: its identifier and major version."""

    system: int
    version: str


def plan_stanza(state: StanzaState, server: Server) -> Plan:
    """Create the stanza where it is missing, and tell it of another cluster than it knows.

    :raises StewardError: a repository cannot be read, or none is configured.
    """
    if not state.repositories:
        raise StewardError(f"no repository is configured for {state.name}", "Write pgBackRest's configuration first.")
    changes = []
    for row in state.repositories:
        refuse_unreadable(row)
        subject, known = f"{state.name} in repository {row.key}", row.systems.get(row.database)
        if row.code in ABSENT:
            changes.append(Change(CREATE, subject, "", f"cluster {server.system}, PostgreSQL {server.version}"))
        elif known != (server.system, server.version):
            before = f"cluster {known[0]}, PostgreSQL {known[1]}" if known else ""
            changes.append(Change(UPGRADE, subject, before, f"cluster {server.system}, PostgreSQL {server.version}"))
    keys = [row.key for row in state.repositories]
    return Plan(tuple(changes), facts={"stanza": state.name, "repositories": keys})


def plan_backup(
    row: RepositoryState, kind: str, *, now: datetime, max_age: int | None = None, force: bool = False
) -> Plan:
    """Make a backup, unless one that is as good is younger than ``max_age`` seconds.

    :raises StewardError: the repository cannot be read, or has no stanza.
    """
    if max_age is not None and max_age < 0:
        raise InputError(f"max_age is {max_age}, allowed is: at least 0")
    refuse_unreadable(row)
    if row.code in ABSENT:
        raise StewardError(f"repository {row.key} has no stanza: {row.message}", "Create the stanza first.")
    newest = newest_of(row.present, kind)
    young = newest is not None and max_age is not None and now - newest.finished <= timedelta(seconds=max_age)
    facts = {"backup": to_dict(newest) if newest else None}
    if young and not force:
        return Plan(facts=facts)
    # Without a full one to begin with, pgBackRest makes that.
    made = kind if newest_of(row.present, "full") else "full"
    before = f"newest: {newest.label}, {clock.to_text(newest.finished)}" if newest else ""
    change = Change(BACKUP, f"repository {row.key}", before, f"a new {made} backup", data={"kind": made})
    return Plan((change,), facts=facts)


def plan_point(name: str) -> Plan:
    """Name this moment.

    :raises InputError: the name cannot be one.
    """
    return Plan(
        (Change("name", f"restore point {check_point_name(name, 'name')}", "", "this moment"),), {"point": None}
    )


def newest_of(backups: Iterable[Backup], kind: str) -> Backup | None:
    """The newest backup that is at least of this kind and without damaged pages.

    :raises InputError: there is no such kind.
    """
    if kind not in KINDS:
        raise InputError(f"type is {kind!r}, allowed is one of: {', '.join(KINDS)}")
    enough = KINDS[: KINDS.index(kind) + 1]
    return max(
        (backup for backup in backups if backup.kind in enough and not backup.error),
        key=lambda backup: backup.finished,
        default=None,
    )


@dataclass(frozen=True)
class Expiry:
    """Which backups go, and which stay though nobody asked for them, each with what needs it.

    ``commands`` are the labels to name, because pgBackRest takes those that need them along; ``remaining`` is how many
    stay, whose WAL stays too.
    """

    commands: tuple[str, ...]
    removed: tuple[str, ...]
    kept_for: Mapping[str, str]
    remaining: int


def plan_expiry(backups: Sequence[Backup], keep: Collection[str]) -> Expiry:
    """Remove all but the given backups and those that they, or the engine, cannot do without.

    The newest full backup always stays: pgBackRest refuses to remove it, and the next incremental one needs it.

    :param backups: all of a repository, also those of former clusters.
    :raises InputError: none of the given ones is there; so nothing is removed by an empty or foreign list.
    """
    by_label = {backup.label: backup for backup in backups}
    wanted = [label for label in by_label if label in keep]
    if backups and not wanted:
        raise InputError("keep names none of the backups that there are, allowed is: at least one of them")
    kept_for: dict[str, str] = {}
    for label in wanted:
        for needed in by_label[label].references:
            if needed not in keep:
                kept_for.setdefault(needed, label)
    newest = max((row for row in backups if row.kind == "full"), key=lambda row: row.finished, default=None)
    if newest and newest.label not in keep:
        kept_for.setdefault(newest.label, "the next incremental backup")
    removed = tuple(label for label in by_label if label not in keep and label not in kept_for)
    commands = tuple(label for label in removed if not set(by_label[label].references) & set(removed))
    return Expiry(commands, removed, kept_for, len(by_label) - len(removed))


def plan_restore(
    path: str, *, held: bool, running: bool, delta: bool, confirm: str, clusters: Mapping[str, bool], stanza: str
) -> Plan:
    """Restore into a directory, or refuse what would destroy something nobody asked to destroy.

    :param held: the directory has something in it.
    :param running: a server runs in it.
    :param clusters: the data directories of this host's clusters, and whether each runs.
    """
    if not path.startswith("/") or posixpath.normpath(path) != path or path == "/":
        raise InputError(f"path is {path!r}, allowed is: an absolute path without a trailing slash")
    for directory in clusters:
        if path != directory and (_within(path, directory) or _within(directory, path)):
            raise InputError(f"path is {path!r}, allowed is: none in or around the data directory {directory}")
    if running or clusters.get(path):
        raise InputError(
            f"path is {path!r}, in which a server runs; allowed is: another one", "Stop that server first."
        )
    if held and not delta:
        raise InputError(f"path is {path!r}, which is not empty; allowed is: an empty one, or delta")
    if held and confirm != path:
        raise InputError(
            f"confirm is {confirm!r}, allowed is: {path}", "What is in there is overwritten and cannot be brought back."
        )
    before = "what it holds now" if held else ""
    return Plan((Change(RESTORE, path, before, f"the cluster {stanza} from its backups"),))


def _within(inner: str, outer: str) -> bool:
    return inner.startswith(f"{outer}/")
