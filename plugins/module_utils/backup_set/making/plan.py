# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engines are told when a set is made, and what they list afterwards in the catalogue's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ...core import clock
from ...core.plan import Change, Plan
from ...pgbackrest.model import Backup
from ...pgbackrest.report import Archiver
from ...pgbackrest.wal import Continuity
from ...restic.model import CREDENTIALS_FILE, PART, PLATFORM, SET, Repository, Snapshot
from ...restic.plan import plan_repository
from ..catalogue import Stored
from ..manifest import Head, Manifest
from ..model import PARTS, PartResult, Wanted

# The annotation of pgBackRest by which a backup is found without us.
ANNOTATION = "steward-set"
# What restic calls otherwise than the configuration of a repository.
RESTIC_NAMES: Mapping[str, str] = {"key_file": "identity_file"}
# Fields of a configured repository that are not restic's: it always encrypts, and finds any bucket by its path.
NOT_FOR_RESTIC = ("encrypted", "retention", "uri_style", "replicates", "delete_after_days")


def restic_description(row: Mapping[str, Any]) -> dict[str, Any]:
    """A configured repository in the words of the domain ``restic``."""
    return {RESTIC_NAMES.get(name, name): value for name, value in row.items() if name not in NOT_FOR_RESTIC}


def s3_description(row: Mapping[str, Any]) -> dict[str, Any]:
    """A configured bucket in the words of the domain ``s3``; its prefix is what the engines share."""
    return {
        "endpoint": f"https://{row['endpoint']}",
        "region": row["region"],
        "bucket": row["bucket"],
        "prefix": row["path"].strip("/"),
        "credentials_file": CREDENTIALS_FILE,
        "profile": row["profile"] or row["name"],
        "ca_file": row["ca_file"],
    }


def tags(head: Head, part: str) -> dict[str, str]:
    """What marks a snapshot as part of a set."""
    return {SET: head.id, PART: part, PLATFORM: head.platform}


def may_lack(wanted: Wanted, known: Iterable[Manifest]) -> bool:
    """Whether a set is whole although nothing was found of a part.

    A service need not have kept any file yet. Where an earlier set has some, a volume is not mounted or they are lost.
    """
    had = {part["part"] for each in known for part in each["parts"]}
    return PARTS[wanted.part].may_be_empty and wanted.name not in had


def without(head: Head, nothing: Sequence[Wanted]) -> Head:
    """The set without the parts of which there is nothing yet; it says so, as a path may be written wrongly."""
    left = tuple(each for each in head.wanted if each not in nothing)
    said = tuple(f"{each.name}: nothing is there yet at any of its paths" for each in nothing)
    return replace(head, wanted=left, warnings=(*head.warnings, *said))


def of_engine(stored: PartResult, made: PartResult) -> dict[str, Any]:
    """The result of a part that another engine made and restic keeps: how it came about from the one, where it is from
    the other."""
    kept = ("engine", "version", "kind", "started")
    return {
        **stored,
        **{name: made[name] for name in kept},
        "seconds": round(made["seconds"] + stored["seconds"], 3),
        "details": {**stored["details"], **made["details"]},
    }


def engine_warnings(results: Iterable[PartResult]) -> list[str]:
    """What engines could not read, one line each with the part it was for."""
    return [f"{result['part']}: {said}" for result in results for said in result["details"].get("warnings", ())]


def stored_snapshots(repository: str, snapshots: Iterable[Snapshot]) -> list[Stored]:
    """restic's snapshots as the catalogue sees them."""
    return [
        Stored(repository, each.id, each.labels.get(SET, ""), each.labels.get(PART, ""), clock.to_text(each.time))
        for each in snapshots
    ]


def stored_backups(repository: str, backups: Iterable[Backup]) -> list[Stored]:
    """pgBackRest's backups as the catalogue sees them."""
    return [
        Stored(
            repository,
            each.label,
            str(each.annotations.get(ANNOTATION, "")),
            "postgresql",
            clock.to_text(each.finished),
            tuple(each.references),
        )
        for each in backups
    ]


def wal_state(continuity: Continuity, archiver: Archiver, *, idle: bool, now: datetime) -> dict[str, Any]:
    """How the archive of the main repository is, in the words of :mod:`..records`.

    :param idle: nothing was written since the newest archived segment ended.
    """
    newest = continuity.newest
    error = archiver.defect or (f"{archiver.last_failed} could not be archived" if archiver.failing else "")
    return {
        "checked": clock.to_text(now),
        "newest": clock.to_text(newest.moment) if newest else None,
        "caught_up": idle and not archiver.waiting and newest is not None and newest.segment == archiver.last_archived,
        "gaps": [
            {"first": gap.first, "last": gap.last, "verdict": gap.verdict, "healed_by": gap.healed_by}
            for gap in continuity.gaps
        ],
        "unusable": list(continuity.unusable),
        "error": error,
    }


def plan_repositories(seen: Sequence[tuple[Repository, bool]]) -> Plan:
    """Make the repositories that are missing; of each it is said whether it is there."""
    plans = [plan_repository(repository, exists=exists) for repository, exists in seen]
    changes = tuple(
        Change(change.action, change.subject, change.before, change.after, {"repository": repository.name})
        for (repository, _exists), plan in zip(seen, plans, strict=True)
        for change in plan.changes
    )
    return Plan(changes, {"repositories": {repository.name: repository.url for repository, _exists in seen}})
