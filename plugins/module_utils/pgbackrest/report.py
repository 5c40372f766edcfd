# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is right and wrong with a repository and with what reaches it, as people and programs see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ..core import clock
from ..core.errors import StewardError
from ..core.findings import FAIL, PASS, WARN, Finding
from .model import Backup, RepositoryState
from .parse import CODE_EMPTY, CODE_MISSING, CODE_NO_DATA, CODE_OK, is_wrong_key
from .wal import BREAKING, UNNEEDED, Continuity, Gap

READABLE = (CODE_OK, CODE_EMPTY)
ABSENT = (CODE_MISSING, CODE_NO_DATA)
WRONG_KEY = "cannot be read with the key of its configuration"
WRONG_KEY_HINT = "A repository is encrypted, or is not, from its creation on; give it the passphrase it was made with."


def refuse_unreadable(row: RepositoryState) -> None:
    """:raises StewardError: the repository cannot be read, most often for want of its key."""
    if row.code in READABLE or row.code in ABSENT:
        return
    if is_wrong_key(row.message):
        raise StewardError(
            f"repository {row.key} {WRONG_KEY}",
            WRONG_KEY_HINT,
        )
    raise StewardError(f"repository {row.key} cannot be read: {row.message}")


@dataclass(frozen=True)
class Archiver:
    """What the server says of its archiving: ``defect`` is a setting with which nothing is archived."""

    last_archived: str = ""
    last_archived_at: datetime | None = None
    last_failed: str = ""
    last_failed_at: datetime | None = None
    failed: int = 0
    waiting: int = 0
    defect: str = ""

    @property
    def failing(self) -> bool:
        """Whether the last try was in vain."""
        if self.last_failed_at is None:
            return False
        return self.last_archived_at is None or self.last_failed_at > self.last_archived_at

    def to_dict(self) -> dict[str, Any]:
        moments = {"last_archived_at": self.last_archived_at, "last_failed_at": self.last_failed_at}
        shown = {name: clock.to_text(moment) if moment else None for name, moment in moments.items()}
        return {**asdict(self), **shown, "failing": self.failing}


def build_archiver(row: Mapping[str, Any], stanza: str) -> Archiver:
    """From the server's own view ``pg_stat_archiver`` and its settings.

    >>> build_archiver({"mode": "on", "command": "/bin/false"}, "main").defect
    "archive_command is '/bin/false', which does not push to the stanza main"
    """
    defect = ""
    if row["mode"] not in ("on", "always"):
        defect = f"archive_mode is {row['mode']}, so nothing is archived"
    elif not ("archive-push" in row["command"] and f"--stanza={stanza}" in row["command"].split()):
        defect = f"archive_command is {row['command']!r}, which does not push to the stanza {stanza}"
    return Archiver(
        last_archived=row.get("last_archived_wal") or "",
        last_archived_at=row.get("last_archived_time"),
        last_failed=row.get("last_failed_wal") or "",
        last_failed_at=row.get("last_failed_time"),
        failed=row.get("failed_count") or 0,
        waiting=row.get("waiting") or 0,
        defect=defect,
    )


def judge(row: RepositoryState, continuity: Continuity) -> list[Finding]:
    """What is right and wrong with a repository."""
    name = f"repository-{row.key}"
    if row.code not in READABLE:
        try:
            refuse_unreadable(row)
        except StewardError as error:
            return [Finding(name, FAIL, error.message, error.hint)]
        return [Finding(name, FAIL, f"repository {row.key} has no stanza: {row.message}", "Create the stanza.")]
    found = [_judge_backups(name, row, continuity)]
    found += [_judge_gap(f"{name}-wal", gap) for gap in continuity.gaps if gap.verdict != UNNEEDED]
    return found


def _judge_backups(name: str, row: RepositoryState, continuity: Continuity) -> Finding:
    if continuity.newest is None:
        return Finding(name, FAIL, "no backup can be restored", "Make a full backup.")
    if continuity.unusable:
        labels = ", ".join(continuity.unusable)
        return Finding(name, WARN, f"these backups cannot be relied on: {labels}", "Make a full backup.")
    until = clock.to_text(continuity.newest.moment)
    return Finding(name, PASS, f"{len(row.present)} backups, recovery comes to {until} ({continuity.newest.segment})")


def _judge_gap(name: str, gap: Gap) -> Finding:
    what = f"{gap.count} WAL segments are missing, {gap.first} to {gap.last}"
    since = f" after {clock.to_text(gap.before)}" if gap.before else ""
    if gap.verdict == BREAKING:
        return Finding(name, FAIL, f"{what}: nothing{since} can be recovered", "Make a full backup at once.")
    return Finding(name, WARN, f"{what}: no moment{since} can be recovered until {gap.healed_by} ended")


def judge_archiver(said: Archiver) -> Finding:
    """Whether the server hands over its WAL."""
    hint = "See PostgreSQL's log, and that of archive-push-async in /var/log/pgbackrest."
    if said.defect:
        return Finding("archiver", FAIL, said.defect, "Run the role postgresql with the settings for archiving.")
    if said.failing and said.last_failed_at:
        when = clock.to_text(said.last_failed_at)
        return Finding("archiver", FAIL, f"archiving of {said.last_failed} failed, last at {when}", hint)
    return Finding("archiver", PASS, f"last archived: {said.last_archived or 'nothing yet'}")


def to_dict(backup: Backup) -> dict[str, Any]:
    """What people and programs see of a backup."""
    return {
        "label": backup.label,
        "type": backup.kind,
        "started": clock.to_text(backup.started),
        "finished": clock.to_text(backup.finished),
        "wal_start": backup.wal_start,
        "wal_stop": backup.wal_stop,
        "lsn_start": backup.lsn_start,
        "lsn_stop": backup.lsn_stop,
        "size": backup.size,
        "added": backup.added,
        "references": list(backup.references),
        "damaged_pages": backup.error,
        "annotations": dict(backup.annotations),
    }


def describe_part(
    backup: Backup, *, repository: str, seconds: float, files: int | None, databases: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A backup as the part of a set."""
    return {
        "part": "postgresql",
        "engine": "pgbackrest",
        "version": backup.version,
        "repository": repository,
        "kind": backup.kind,
        "id": backup.label,
        "started": clock.to_text(backup.started),
        "finished": clock.to_text(backup.finished),
        "seconds": round(seconds, 3),
        "size": backup.size,
        "added": backup.added,
        "files": files,
        "details": {
            "lsn_start": backup.lsn_start,
            "lsn_stop": backup.lsn_stop,
            "wal_start": backup.wal_start,
            "wal_stop": backup.wal_stop,
            "timeline": int(backup.wal_stop[:8], 16),
            "references": list(backup.references),
            "damaged_pages": backup.error,
            "databases": [dict(row) for row in databases],
        },
    }


def describe_repository(row: RepositoryState, continuity: Continuity) -> dict[str, Any]:
    """What people and programs see of a repository."""
    newest = continuity.newest
    return {
        "repo": row.key,
        "status": "ok" if row.code == CODE_OK else row.message,
        "cipher": row.cipher,
        "backups": [to_dict(backup) for backup in row.present],
        "unusable": list(continuity.unusable),
        "wal_gaps": [
            {**asdict(gap), "before": clock.to_text(gap.before) if gap.before else None} for gap in continuity.gaps
        ],
        "wal_broken": continuity.broken,
        "newest_restorable": newest and {**asdict(newest), "moment": clock.to_text(newest.moment)},
    }
