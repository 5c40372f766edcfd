# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``steward backup list`` and ``status`` say, as documents and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core import clock, table
from ..core.findings import worst
from .catalogue import Entry
from .judge import Seen, judge, rpo
from .window import LEVELS, Evidence, age, moments, proof_of, proofs, window

SCHEMA = 1
NOTHING = "-"
LIST_TITLES = ("ID", "TYPE", "STATE", "OUTCOME", "TOOK", "SIZE", "ADDED", "WHERE", "PROVEN", "LABEL")
JOB_TITLES = ("JOB", "LAST SUCCESS", "RESULT", "TOOK", "OVERDUE", "CALENDAR")
PART_TITLES = ("DATA", "NEWEST MOMENT", "AGO")
PROOF_TITLES = ("LEVEL", "MEANS", "LAST PASSED", "SET", "REPOSITORY")
FINDING_TITLES = ("STATUS", "WHAT", "FOUND")

# How a further repository was last brought up to the main one.
BROUGHT = ("how", "success", "error", "objects", "bytes", "lag_seconds")

Document = Mapping[str, Any]


def _head(seen: Seen) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "taken": clock.to_text(seen.now),
        "platform": seen.configuration["platform"],
        "host": seen.configuration["host"],
    }


def build_list(seen: Seen, entries: Sequence[Entry]) -> dict[str, Any]:
    """The document of the sets, newest first, and when which repository was last asked."""
    return {**_head(seen), "looked": dict(seen.looked), "sets": [describe(entry, seen.evidence) for entry in entries]}


def describe(entry: Entry, evidence: Evidence) -> dict[str, Any]:
    """One set."""
    said = entry.manifest or {}
    parts = said.get("parts", ())
    proof = proof_of(entry.id, evidence)
    kept = ("part", "engine", "kind", "repository", "id", "size", "added")
    return {
        "id": entry.id,
        "type": entry.type,
        "state": entry.state,
        "outcome": entry.outcome,
        "label": said.get("label", ""),
        "started": said.get("started"),
        "finished": said.get("finished"),
        "seconds": said.get("seconds"),
        "size": sum(part["size"] for part in parts),
        "added": sum(part["added"] for part in parts),
        "parts": [{name: part[name] for name in kept} for part in parts],
        "failures": list(said.get("failures", ())),
        "warnings": list(said.get("warnings", ())),
        "complete_in": list(entry.complete_in),
        "missing": list(entry.missing),
        "keep_until": said.get("keep_until"),
        "proven": {name: proof[name] for name in ("level", "finished", "repository")} if proof else None,
    }


def build_status(seen: Seen) -> dict[str, Any]:
    """The document of the status: to which moment one can go back, what was proven, what is overdue, what is wrong."""
    reached, findings = moments(seen.entries, seen.wal), judge(seen)
    kept = ("finished", "set", "part", "repository", "level", "rto_seconds", "rpo_seconds")
    return {
        **_head(seen),
        "verdict": worst(findings),
        "rpo_seconds": rpo(seen),
        "objectives": dict(seen.configuration["objectives"]),
        "window": window(seen.entries, seen.wal),
        "moments": {name: {"newest": moment, "age_seconds": age(moment, seen.now)} for name, moment in reached.items()},
        "wal": dict(seen.wal) if seen.wal else None,
        "last": {entry.type: describe(entry, seen.evidence) for entry in reversed(seen.entries) if entry.manifest},
        "proven": {
            str(level): {name: record[name] for name in kept} for level, record in proofs(seen.evidence).items()
        },
        "disproven": len(seen.disproven),
        "jobs": seen.jobs,
        "repositories": [_repository(each, seen) for each in seen.configuration["repositories"]],
        "findings": [finding.to_dict() for finding in findings],
    }


def _repository(repository: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    whole = [entry.id for entry in seen.entries if repository["name"] in entry.complete_in]
    copies = seen.replication["repositories"] if seen.replication else ()
    brought = next((row for row in copies if row["repository"] == repository["name"]), None)
    return {
        **{name: repository[name] for name in ("name", "type", "encrypted", "replicates")},
        "brought_up": {name: brought[name] for name in BROUGHT} if brought else None,
        "looked": seen.looked.get(repository["name"]),
        "sets": len(whole),
        "newest": max(whole, default=None),
    }


def render_list(document: Document) -> str:
    """The sets for people, with what is missing under those that are not whole."""
    if not document["sets"]:
        return "There is no set yet.\n"
    lines = table.align([LIST_TITLES, *(_list_cells(row) for row in document["sets"])])
    shown = [lines[0]]
    for row, line in zip(document["sets"], lines[1:], strict=True):
        failed = [f"{each['part']}: {each['error']}" for each in row["failures"]]
        shown += [line, *(f"    {said}" for said in (*row["missing"], *failed, *row["warnings"]))]
    return "\n".join(shown) + "\n"


def _list_cells(row: Document) -> tuple[str, ...]:
    proven = f"level {row['proven']['level']} {row['proven']['finished']}" if row["proven"] else NOTHING
    figures = (table.size(row["size"]), table.size(row["added"])) if row["parts"] else (NOTHING, NOTHING)
    return (
        row["id"],
        row["type"] or NOTHING,
        row["state"],
        row["outcome"] or NOTHING,
        _took(row["seconds"]),
        *figures,
        ",".join(row["complete_in"]) or NOTHING,
        proven,
        row["label"] or NOTHING,
    )


def _took(seconds: float | None) -> str:
    return NOTHING if seconds is None else table.duration(seconds)


def render_status(document: Document) -> str:
    """The status for people, what is wrong first."""
    sections = [
        f"{document['platform']} on {document['host']}: {document['verdict']}\n{_recovery_line(document)}\n",
        _findings(document),
        table.render(PART_TITLES, [_moment_cells(*row) for row in document["moments"].items()] or [(NOTHING,) * 3]),
        table.render(PROOF_TITLES, [_proof_cells(level, document["proven"]) for level in map(str, LEVELS)]),
        table.render(JOB_TITLES, [_job_cells(job) for job in document["jobs"]]),
    ]
    return "\n".join(sections)


def _recovery_line(document: Document) -> str:
    lost, reached = document["rpo_seconds"], document["window"]
    if lost is None:
        return "There is data that no good set holds."
    said = (
        f"{table.duration(lost)} of work would be lost now (objective {table.duration(document['objectives']['rpo'])})."
    )
    if reached is None:
        return said
    how = "any moment" if reached["by"] == "wal" else "the moments of its sets"
    return f"{said} PostgreSQL goes back to {how} from {reached['oldest']} to {reached['newest']}."


def _findings(document: Document) -> str:
    rows = [(each["status"], each["name"], each["message"]) for each in document["findings"]]
    first, *lines = table.align([FINDING_TITLES, *rows])
    shown = [first]
    for each, line in zip(document["findings"], lines, strict=True):
        shown += [line, *([f"    {each['hint']}"] if each["hint"] else [])]
    return "\n".join(shown) + "\n"


def _moment_cells(name: str, row: Document) -> tuple[str, ...]:
    return name, row["newest"], table.duration(row["age_seconds"])


def _proof_cells(level: str, proven: Document) -> tuple[str, ...]:
    row = proven.get(level)
    said = (row["finished"], row["set"], row["repository"]) if row else (NOTHING,) * 3
    return level, LEVELS[int(level)], *said


def _job_cells(job: Document) -> tuple[str, ...]:
    overdue = f"since {job['due']}" if job["overdue"] else NOTHING
    return (
        job["name"],
        job["success"] or "never",
        job["result"] or NOTHING,
        _took(job["seconds"]),
        overdue,
        job["calendar"],
    )


RESULT_TITLES = ("HOST", "SET", "OUTCOME", "PARTS", "SIZE", "ADDED")


def render_results(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """How the module ``backup_set`` ended on each host, and below it what was odd."""
    first, *lines = table.align([RESULT_TITLES, *(_result_cells(host, result) for host, result in results.items())])
    said = [first]
    for line, result in zip(lines, results.values(), strict=True):
        notes = result["problems"] if "problems" in result else [result["msg"]]
        said += [line, *(f"  {note}" for note in notes)]
    return said


def _result_cells(host: str, result: Mapping[str, Any]) -> tuple[str, ...]:
    made = result.get("set")
    if not made:
        return (host, NOTHING, "nothing to do" if "problems" in result else "failed", NOTHING, NOTHING, NOTHING)
    sizes = (table.size(sum(part[name] for part in made["parts"])) for name in ("size", "added"))
    return (host, made["id"], made["outcome"], str(len(made["parts"])), *sizes)
