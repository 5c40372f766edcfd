# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All sets of a host: what the manifests say beside what the repositories have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core import clock
from ..core.plan import Change, Plan
from .manifest import Manifest, is_identifier
from .model import COMPLETE, MANIFEST_PART, PHYSICAL, PartResult
from .retention import Item, Proof

# Unread is what has a manifest in a repository that this host has not fetched; nothing is known of it, so it stays.
PUBLISHED, UNPUBLISHED, DAMAGED, REFUSED, UNREAD = "published", "unpublished", "damaged", "refused", "unread"


@dataclass(frozen=True)
class Stored:
    """One backup or snapshot as a repository lists it, whatever its engine.

    ``set`` and ``part`` are what it was marked with when it was made, ``needs`` the ids of the same repository without
    which it cannot be restored.
    """

    repository: str
    id: str
    set: str
    part: str
    time: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One set: its manifest when it has a good one, what the repositories have of it, and what is missing.

    ``complete_in`` are the repositories from which alone all of it can be restored.
    """

    id: str
    state: str
    manifest: Manifest | None = None
    rows: tuple[Stored, ...] = ()
    missing: tuple[str, ...] = ()
    complete_in: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        return str(self.manifest["type"]) if self.manifest else ""

    @property
    def outcome(self) -> str:
        return str(self.manifest["outcome"]) if self.manifest else ""

    @property
    def moment(self) -> datetime:
        """When it was begun, which its id tells."""
        return clock.parse_identifier(self.id)


def build_catalogue(
    manifests: Mapping[str, Manifest],
    refused: Mapping[str, str],
    stored: Sequence[Stored],
    looked: Collection[str],
) -> list[Entry]:
    """The sets, newest first.

    :param manifests: the good ones by set.
    :param refused: why a manifest was refused, by set.
    :param stored: what the repositories list.
    :param looked: the repositories that were asked; of the others the manifests are believed.
    """
    rows: dict[str, list[Stored]] = {}
    for row in stored:
        # What somebody marked otherwise is none of ours.
        if is_identifier(row.set):
            rows.setdefault(row.set, []).append(row)
    there = {(row.repository, row.id) for row in stored}
    entries = []
    for name in sorted({*manifests, *refused, *rows}, reverse=True):
        own = tuple(rows.get(name, ()))
        if name in manifests:
            entries.append(_entry(manifests[name], own, there, looked))
        elif name in refused:
            entries.append(Entry(name, REFUSED, rows=own, missing=(refused[name],)))
        elif any(row.part == MANIFEST_PART for row in own):
            entries.append(Entry(name, UNREAD, rows=own, missing=("its manifest was not fetched yet",)))
        else:
            entries.append(Entry(name, UNPUBLISHED, rows=own, missing=("it has no manifest",)))
    return entries


def _entry(manifest: Manifest, rows: tuple[Stored, ...], there: set[tuple[str, str]], looked: Collection[str]) -> Entry:
    missing = [line for part in manifest["parts"] if part["repository"] in looked for line in _missing_of(part, there)]
    seals = {row.repository for row in rows if row.part == MANIFEST_PART}
    main = manifest["repositories"][0]
    if main in looked and main not in seals:
        missing.append(f"its manifest is not in the repository {main}")
    places = dict.fromkeys([*manifest["repositories"], *(row.repository for row in rows)])
    whole = [name for name in places if _is_whole(manifest, name, rows, there, looked)]
    state = DAMAGED if missing else PUBLISHED
    return Entry(manifest["id"], state, manifest, rows, tuple(missing), tuple(whole))


def _missing_of(part: PartResult, there: set[tuple[str, str]]) -> list[str]:
    repository = part["repository"]
    if (repository, part["id"]) not in there:
        return [f"{part['part']} is not in the repository {repository}: {part['id']} is gone"]
    return [
        f"{part['part']} cannot be restored from the repository {repository}: its base {base} is gone"
        for base in needs_of(part)
        if (repository, base) not in there
    ]


def _is_whole(
    manifest: Manifest,
    repository: str,
    rows: tuple[Stored, ...],
    there: set[tuple[str, str]],
    looked: Collection[str],
) -> bool:
    """Whether a repository alone has each part that was made, found by its marks: a copy has another id."""
    wanted = {part["part"] for part in manifest["parts"]}
    if repository not in looked:
        return wanted <= {part["part"] for part in manifest["parts"] if part["repository"] == repository}
    own = [row for row in rows if row.repository == repository]
    good = {row.part for row in own if all((repository, base) in there for base in row.needs)}
    return wanted | {MANIFEST_PART} <= good


def needs_of(part: PartResult) -> tuple[str, ...]:
    """The backups that a part needs: those it names, otherwise the full one that begins a label of pgBackRest.

    >>> needs_of({"engine": "pgbackrest", "id": "20241225-020000F_20241225-143000I", "details": {}})
    ('20241225-020000F',)
    """
    named = part.get("details", {}).get("references")
    if named is not None:
        return tuple(named)
    base, _line, own = part["id"].partition("_")
    return (base,) if part["engine"] == PHYSICAL and own else ()


def base_sets(entries: Sequence[Entry]) -> dict[str, frozenset[str]]:
    """Of each set the other sets without which it cannot be restored."""
    backups = [
        *(
            (entry.id, part["repository"], part["id"], needs_of(part))
            for entry in entries
            for part in (entry.manifest["parts"] if entry.manifest else ())
        ),
        *((entry.id, row.repository, row.id, row.needs) for entry in entries for row in entry.rows),
    ]
    owner = {(repository, name): owned_by for owned_by, repository, name, _needs in backups}
    found: dict[str, set[str]] = {entry.id: set() for entry in entries}
    for dependent, repository, _name, needs in backups:
        # A base that was made by hand belongs to no set, and nothing here removes it.
        owners = {owner[repository, base] for base in needs if (repository, base) in owner}
        found[dependent] |= owners - {dependent}
    return {name: frozenset(bases) for name, bases in found.items()}


def plan_refresh(known: Collection[str], stored: Sequence[Stored]) -> Plan:
    """Which manifests are to be fetched, so that the catalogue is whole again though this host lost it.

    None is forgotten because a repository does not have it any more: that would hide that somebody took it.
    """
    newest: dict[str, Stored] = {}
    for row in sorted(stored, key=lambda row: row.time):
        if row.part == MANIFEST_PART and is_identifier(row.set) and row.set not in known:
            newest[row.set] = row
    return Plan(
        tuple(
            Change("fetch", name, after=row.id, data={"repository": row.repository, "snapshot": row.id})
            for name, row in sorted(newest.items())
        )
    )


def visible(entries: Sequence[Entry], *, everything: bool = False, set_type: str = "") -> list[Entry]:
    """What is listed: a set without manifest is not there, unless ``everything`` is asked for."""
    return [entry for entry in entries if (everything or entry.state != UNPUBLISHED) and set_type in ("", entry.type)]


def retained(entries: Sequence[Entry], repository: str) -> list[Item]:
    """The sets that a repository has something of, as retention looks at them."""
    needs = base_sets(entries)
    return [
        Item(
            entry.id,
            entry.type,
            entry.moment,
            complete=entry.outcome == COMPLETE and repository in entry.complete_in,
            published=entry.manifest is not None,
            judged=entry.state not in (REFUSED, UNREAD),
            base=_has_base(entry),
            needs=needs[entry.id],
            keep_until=_keep_until(entry),
        )
        for entry in entries
        if any(row.repository == repository for row in entry.rows)
    ]


def _has_base(entry: Entry) -> bool:
    parts = entry.manifest["parts"] if entry.manifest else ()
    return any((part["part"], part["engine"]) == ("postgresql", PHYSICAL) for part in parts)


def _keep_until(entry: Entry) -> datetime | None:
    said = entry.manifest["keep_until"] if entry.manifest else None
    return clock.parse(said) if said else None


def verified(evidence: Sequence[Mapping[str, Any]], repository: str) -> list[Proof]:
    """The verifications of a repository's sets that ended well; none of a set of which a part last failed."""
    own = sorted((one for one in evidence if one["repository"] == repository), key=lambda one: str(one["finished"]))
    last = {(record["set"], record["part"]): record["result"] for record in own}
    failed = {name for (name, _part), result in last.items() if result == "fail"}
    return [
        Proof(record["set"], record["level"], clock.parse(record["finished"]))
        for record in own
        if record["result"] != "fail" and record["set"] not in failed
    ]


def removal(entry: Entry, repository: str) -> list[Stored]:
    """What is removed of a set from a repository: first its manifest, so that no half of it is ever visible."""
    own = [row for row in entry.rows if row.repository == repository]
    return sorted(own, key=lambda row: (row.part != MANIFEST_PART, row.part, row.id))
