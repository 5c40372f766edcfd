# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the manifests that only the repositories have to this host."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ...core.errors import StewardError
from ...restic import client as restic
from .. import client, manifest
from ..catalogue import Stored, plan_refresh
from ..configuration import find_repository
from ..making.client import MANIFEST_FILE, repository_of
from ..manifest import Manifest
from ..model import Configuration


def fetch_manifests(
    configuration: Configuration,
    known: Collection[str],
    stored: Sequence[Stored],
    key: bytes,
    *,
    say: Callable[[str], object] = lambda line: None,
) -> dict[str, Manifest]:
    """Fetch the manifests of the sets that are stored and not known; returns them by the set's id.

    One that cannot be trusted stays away, and its set stays where it is.
    """
    fetched = {}
    for change in plan_refresh(known, stored).changes:
        row = find_repository(configuration, change.data["repository"])
        text = restic.dump(repository_of(row, configuration), snapshot=change.data["snapshot"], path=MANIFEST_FILE)
        try:
            fetched[change.subject] = manifest.parse(text, key, named=change.subject)
        except StewardError as error:
            say(f"{change.subject}: {error.message}")
            continue
        client.keep_set(fetched[change.subject])
        say(f"{change.subject}: its manifest was fetched from {row['name']}")
    return fetched
