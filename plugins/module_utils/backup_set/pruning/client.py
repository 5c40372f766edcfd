# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what retention does not keep, and looks afterwards whether it is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core.errors import StewardError
from ...pgbackrest import client as pgbackrest
from ...restic import client as restic
from .. import client, records
from ..configuration import find_repository, number_of, own_repositories
from ..making.client import look, reach, repository_of
from ..model import Configuration
from ..refresh.client import fetch_manifests
from . import plan
from .plan import Thinning

Say = Callable[[str], object]


def prune(*, dry_run: bool = False, say: Say = lambda line: None) -> dict[str, Any]:
    """Remove what retention does not keep from all repositories, and return what was kept and why.

    Manifests that this host has lost are fetched first, so that nothing is judged without being known. A repository
    that is away keeps what it has, and the others are thinned all the same.

    :param dry_run: only say what would go.
    :raises BusyError: another job, or somebody who needs a set, did not end in time.
    :raises StewardError: something could not be removed; the message names what is still there.
    """
    configuration = client.read_configuration()
    with client.job_lock("removing old sets", configuration), client.removing(configuration) as held:
        rows, away = reach(configuration, [row["name"] for row in own_repositories(configuration)])
        away |= _look_at_each(configuration, rows)
        for name, error in away.items():
            say(f"{name}: keeps what it has, because it does not answer: {error.message}")
        key = client.read_key()
        known, refused = client.read_sets(key)
        stored = [row for row in records.stored_rows(client.read_look()) if row.repository not in away]
        fetch_manifests(configuration, [*known, *refused], stored, key, say=say)
        seen = client.look()
        thinnings = [each for each in plan.plan_prune(seen, held) if each.repository not in away]
        if dry_run:
            return plan.build_report(seen, thinnings, None)
        failures = [f"{name}: {error.message}" for name, error in away.items()]
        failures += [line for thinning in thinnings for line in _thin(thinning, configuration, say)]
        look(configuration, [row for row in rows if row["name"] not in away])
        after = client.look()
        for name in plan.orphans(seen.entries, after.entries, thinnings):
            client.forget_set(name)
    document = plan.build_report(seen, thinnings, after.entries)
    left = plan.remaining(document)
    if left or failures:
        said = [*failures, *([f"still there: {', '.join(left)}"] if left else [])]
        raise StewardError("; ".join(said), "Look at the repository's permissions, locks and policies.", document)
    return document


def _look_at_each(configuration: Configuration, rows: Sequence[Mapping[str, Any]]) -> dict[str, StewardError]:
    """Ask repositories what they have, and return why some did not tell."""
    refused: dict[str, StewardError] = {}
    for row in rows:
        try:
            look(configuration, [row])
        except StewardError as error:
            refused[row["name"]] = error
    return refused


def _thin(thinning: Thinning, configuration: Configuration, say: Say) -> list[str]:
    """Remove what goes from a repository, manifests first; what failed, in one line. Other repositories go on."""
    try:
        _forget(thinning, configuration, say)
        # Not when that failed: a set whose manifest stayed keeps its database.
        _expire(thinning, configuration, say)
    except StewardError as error:
        failure = f"{thinning.repository}: {error.message}"
        say(failure)
        return [failure]
    return []


def _forget(thinning: Thinning, configuration: Configuration, say: Say) -> None:
    repository = repository_of(find_repository(configuration, thinning.repository), configuration)
    for batch in thinning.batches:
        say(f"{thinning.repository}: {len(batch)} snapshots go")
        restic.forget(repository, ids=batch, wait=configuration["lock_wait"])
    if thinning.batches:
        restic.prune(repository, wait=configuration["lock_wait"])


def _expire(thinning: Thinning, configuration: Configuration, say: Say) -> None:
    """Backups go with the WAL that only they needed; what is not of a set stays."""
    if not thinning.labels:
        return
    stanza, number = configuration["postgresql"]["stanza"], number_of(configuration, thinning.repository)
    say(f"{thinning.repository}: {len(thinning.labels)} backups of PostgreSQL go")
    present = [row.label for row in pgbackrest.info(stanza=stanza, repo=number).repository(number).backups]
    keep = [label for label in present if label not in thinning.labels]
    done = pgbackrest.expire(keep=keep, repo=number, stanza=stanza, wait=configuration["lock_wait"])
    for label, needed_by in done["kept_for"].items():
        say(f"{thinning.repository}: {label} stays, {needed_by} needs it")
