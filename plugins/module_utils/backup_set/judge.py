# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host's backups are as they should be, one finding for each thing that is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from ..core import table
from ..core.findings import FAIL, PASS, WARN, Finding
from . import due
from .catalogue import DAMAGED, REFUSED, UNREAD, Entry
from .model import PARTIAL, PARTS, TYPES, Configuration, part_of
from .schedule import ALWAYS, CONTROLLER, plan_jobs
from .window import Evidence, Wal, age, breaking, disproofs, moments, proofs

# From this level on a set was restored.
RESTORED = 2
DAY = 86400


@dataclass(frozen=True)
class Seen:
    """All that is known on a host: nothing of it is asked of a repository."""

    configuration: Configuration
    entries: Sequence[Entry]
    now: datetime
    zone: tzinfo
    evidence: Evidence = ()
    results: Mapping[str, due.Result] = field(default_factory=dict)
    wal: Wal | None = None
    looked: Mapping[str, str] = field(default_factory=dict)
    replication: Mapping[str, Any] | None = None
    # Lines of the evidence that are no record.
    unreadable: int = 0

    @property
    def since(self) -> datetime | None:
        """Since when this host makes backups; None before its first set."""
        return min((entry.moment for entry in self.entries), default=None)

    @property
    def disproven(self) -> list[Mapping[str, Any]]:
        """What failed its last verification; of a set that is gone nobody has to know any more."""
        there = {entry.id for entry in self.entries}
        return [record for record in disproofs(self.evidence) if record["set"] in there]

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs, judged; but for the figures, which tell themselves when they were written."""
        jobs = [job for job in plan_jobs(self.configuration) if job.name != ALWAYS]
        wait = self.configuration["lock_wait"]
        return due.judge_jobs(jobs, self.results, since=self.since, now=self.now, zone=self.zone, wait=wait)


def judge(seen: Seen) -> list[Finding]:
    """What is wrong; one finding that all is well when nothing is."""
    checks = (_restorable, _archive, _jobs, _sets, _newest, _proven)
    found = [finding for look in checks for finding in look(seen)]
    return found or [Finding("backups", PASS, "each set, each job and the archive are as they should be")]


def _restorable(seen: Seen) -> Iterator[Finding]:
    reached = moments(seen.entries, seen.wal)
    for name in _kept_data(seen):
        if name not in reached:
            yield Finding(f"data {name}", FAIL, "no good set holds it", "Make a full set: steward backup full.")
    lost, allowed = rpo(seen), seen.configuration["objectives"]["rpo"]
    if lost is not None and lost > allowed:
        said = f"{table.duration(lost)} of work would be lost now, the objective is {table.duration(allowed)}"
        yield Finding("recovery point", FAIL, said, "Look at the archive and at the last jobs.")


def expected_data(configuration: Configuration) -> list[str]:
    """The parts of this host that are data, as manifests name them."""
    names: list[str] = []
    for part in ("postgresql", "redis", "openbao", "application_data"):
        if configuration.get(part) is not None:
            names += [f"redis-{each['name']}" for each in configuration[part]] if part == "redis" else [part]
    return names


def _kept_data(seen: Seen) -> list[str]:
    """What of it there is: the newest full set does not want a part of which there was nothing yet."""
    full = next((entry.manifest for entry in seen.entries if entry.type == "full"), None)
    return [
        name
        for name in expected_data(seen.configuration)
        if full is None or name in full["wanted"] or not PARTS[part_of(name)].may_be_empty
    ]


def rpo(seen: Seen) -> float | None:
    """Seconds of work in the database that would be lost now; without a database of what else is data.

    None when there is nothing to come back to, or no data.
    """
    reached = moments(seen.entries, seen.wal)
    expected = _kept_data(seen)
    counted = ["postgresql"] if "postgresql" in expected else expected
    if not counted or any(name not in reached for name in counted):
        return None
    return max(age(reached[name], seen.now) for name in counted)


def _archive(seen: Seen) -> Iterator[Finding]:
    database = seen.configuration.get("postgresql")
    if database is None or database["method"] != "physical":
        return
    if seen.wal is None:
        yield Finding("archive", WARN, "nobody has looked at the WAL archive yet", "Run steward backup full.")
        return
    for gap in breaking(seen.wal):
        segments = gap["first"] if gap["first"] == gap["last"] else f"{gap['first']} to {gap['last']}"
        hint = "Make a full set now: no moment after the gap can be reached before there is one."
        yield Finding("archive gap", FAIL, f"WAL is missing: {segments}", hint)
    if seen.wal["error"]:
        hint = "See the server's log; WAL is kept until it can be archived, or until the disk is full."
        yield Finding("archive", FAIL, f"WAL is not archived: {seen.wal['error']}", hint)


def _jobs(seen: Seen) -> Iterator[Finding]:
    for job in seen.jobs:
        name = f"job {job['name']}"
        if job["overdue"]:
            last = f"last began well {job['success']}" if job["success"] else "has never run well"
            where = "the controller" if job["runs"] == CONTROLLER else f"its timer, steward-backup-{job['name']}.timer"
            status = WARN if job["runs"] == CONTROLLER else FAIL
            yield Finding(name, status, f"is overdue since {job['due']}, {last}", f"It is started by {where}.")
        if job["result"] in (due.FAILED, due.BUSY):
            yield Finding(name, FAIL, f"{job['result']} {job['finished']}: {job['error']}", "Run it again by hand.")
        elif job["result"] == due.WARNINGS:
            yield Finding(name, WARN, f"ended with warnings {job['finished']}: {job['error']}")


def _sets(seen: Seen) -> Iterator[Finding]:
    bad = {
        DAMAGED: (FAIL, "Restore from another set or repository; find out who took it away."),
        REFUSED: (FAIL, "Do not restore from it before you know why."),
        UNREAD: (WARN, "The next cleanup fetches it."),
    }
    for entry in seen.entries:
        if entry.state in bad:
            status, hint = bad[entry.state]
            yield Finding(f"set {entry.id}", status, f"{entry.state}: {'; '.join(entry.missing)}", hint)


def _newest(seen: Seen) -> Iterator[Finding]:
    for set_type in TYPES:
        newest = next((entry for entry in seen.entries if entry.type == set_type), None)
        if newest is not None and newest.manifest is not None and newest.outcome == PARTIAL:
            lacks = "; ".join(f"{each['part']}: {each['error']}" for each in newest.manifest["failures"])
            yield Finding(f"set {newest.id}", WARN, f"the newest {set_type} set is partial: {lacks}")


def _proven(seen: Seen) -> Iterator[Finding]:
    if seen.unreadable:
        yield Finding("evidence", WARN, f"{seen.unreadable} lines of the evidence are no record", "Look at the file.")
    for record in seen.disproven:
        wrong = "; ".join(each["message"] for each in record["checks"] if each["status"] == FAIL)
        said = f"{record['part']} in {record['repository']} failed {record['finished']}: {wrong}"
        yield Finding(f"proof {record['set']}", FAIL, said, "Verify another set, and make a full one.")
    if "postgresql" not in expected_data(seen.configuration):
        return
    proof, days = proofs(seen.evidence).get(RESTORED), seen.configuration["objectives"]["proof"]
    if proof is None:
        yield Finding("proof", WARN, "no set was restored yet, so none is known to be good", "steward backup verify")
    elif age(proof["finished"], seen.now) > days * DAY:
        said = f"the last set that was restored was so {proof['finished']}, the objective is {days} days"
        yield Finding("proof", WARN, said, "steward backup verify")
