# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found on the lower levels, as checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...backup_validation.model import CHECKSUMS, LISTED, RESTORED, Check
from ...core.table import size
from ...pgbackrest.parse import Verification
from ...pgbackrest.wal import BREAKING, UNNEEDED, Continuity
from .plan import Located

SHOWN = 20
# Names for one file count once or twice, and what grew while it was read counts as it was at first.
SLACK = 0.05


def listed_check(located: Located, repository: str, there: Collection[tuple[str, str]]) -> Check:
    """Whether the repository lists the part and the backups that it needs."""
    gone = [name for name in (located.id, *located.needs) if (repository, name) not in there]
    figures = {"id": located.id, "needs": list(located.needs)}
    if gone:
        return Check(LISTED, "listed", "fail", f"not in the repository {repository}: {', '.join(gone)}", figures)
    return Check(LISTED, "listed", "pass", f"{located.id} is in the repository {repository}", figures)


def backup_checks(found: Mapping[str, Verification], skipped: Collection[str]) -> Check:
    """Whether the checksums of backups are right.

    :param found: of each label what pgBackRest said; ``skipped`` are those that were read not long ago.
    """
    problems = [line for verification in found.values() for line in verification.problems]
    figures = {"read": sorted(found), "remembered": sorted(skipped), "problems": problems[:SHOWN]}
    if problems:
        return Check(CHECKSUMS, "checksums", "fail", "; ".join(problems[:3]), figures)
    count = sum(verification.files for verification in found.values())
    return Check(CHECKSUMS, "checksums", "pass", f"{count} files were read and are whole", figures)


def archive_check(continuity: Continuity, label: str) -> Check:
    """Whether the WAL leads from the backup to the present."""
    gaps = [gap for gap in continuity.gaps if gap.verdict != UNNEEDED]
    figures = {
        "newest": continuity.newest.segment if continuity.newest else None,
        "gaps": [{"first": gap.first, "last": gap.last, "verdict": gap.verdict} for gap in gaps],
    }
    said = ", ".join(gap.first if gap.first == gap.last else f"{gap.first} to {gap.last}" for gap in gaps)
    if continuity.newest is None or label in continuity.unusable or any(gap.verdict == BREAKING for gap in gaps):
        message = f"WAL is missing: {said}" if said else "the archive leads nowhere from this backup"
        return Check(CHECKSUMS, "wal", "fail", message, figures)
    if gaps:
        return Check(CHECKSUMS, "wal", "warn", f"WAL is missing, and a newer backup heals it: {said}", figures)
    return Check(CHECKSUMS, "wal", "pass", f"no WAL is missing up to {continuity.newest.segment}", figures)


def repository_check(found: Mapping[str, Any] | None, subset: str, identifier: str) -> Check:
    """What restic's own check found; nothing when all of it was read not long ago."""
    if found is None:
        figures: dict[str, Any] = {"read": [], "remembered": [identifier]}
        return Check(CHECKSUMS, "checksums", "pass", "was read not long ago and was whole", figures)
    # Only who read everything can say later that this snapshot was read.
    whole = subset == "100%"
    figures = {"read": [identifier] if whole else [], "subset": subset, "problems": found["errors"][:SHOWN]}
    if not found["sound"]:
        message = "; ".join(found["errors"][:3]) or f"{found['errors_total']} errors"
        return Check(CHECKSUMS, "checksums", "fail", f"the repository is damaged: {message}", figures)
    message = "all data was read and is whole" if whole else f"the part {subset} of the data was read and is whole"
    return Check(CHECKSUMS, "checksums", "pass", message, figures)


def files_check(located: Located, done: Mapping[str, int]) -> Check:
    """Whether as much came back as was stored; that each file is as it was, restic has seen itself."""
    figures = {"stored": {"files": located.files, "size": located.size}, "restored": dict(done)}
    if abs(done["size"] - located.size) > located.size * SLACK:
        message = f"{size(done['size'])} came back instead of {size(located.size)}"
        return Check(RESTORED, "files", "fail", message, figures)
    return Check(RESTORED, "files", "pass", f"{done['files']} files, {size(done['size'])}: each as it was", figures)


def keys_check(found: Mapping[str, Any], recorded: Mapping[str, Any]) -> Check:
    """Whether a snapshot has what was recorded when it was made: Redis' keys, the place in OpenBao's log."""
    wrong = [f"{name} is {found.get(name)} instead of {value}" for name, value in recorded.items()
             if name in found and found[name] != value]  # fmt: skip
    figures = {"found": dict(found)}
    if wrong:
        return Check(RESTORED, "content", "fail", "; ".join(wrong), figures)
    said = ", ".join(f"{name} {value}" for name, value in found.items())
    return Check(RESTORED, "content", "pass", f"it opens and has what was recorded: {said}", figures)


def schema_check(found: Sequence[Mapping[str, Any]]) -> Check:
    """Whether schemas are whole; of a database without tables that is nothing."""
    problems = [f"{row['path']}: {row['problem']}" for row in found if row["problem"]]
    tables = sum(row["tables"] for row in found)
    figures = {"databases": len(found), "tables": tables}
    if problems or not tables:
        return Check(RESTORED, "content", "fail", "; ".join(problems) or "there is no table in any schema", figures)
    return Check(RESTORED, "content", "pass", f"{tables} tables in {len(found)} databases", figures)


def dump_check(found: Mapping[str, Any]) -> Check:
    """Whether a dump is one that can be restored and has anything in it.

    :param found: as ``pgdump`` describes a dump.
    """
    figures = {name: found[name] for name in ("kind", "packing", "size", "tables", "databases")}
    if found["problem"]:
        return Check(CHECKSUMS, "dump", "fail", found["problem"], figures)
    if not found["tables"]:
        return Check(CHECKSUMS, "dump", "fail", f"the dump ({found['kind']}) has no table", figures)
    return Check(CHECKSUMS, "dump", "pass", f"a dump ({found['kind']}) of {found['tables']} tables", figures)
