# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists the versions below a prefix and brings back what was current at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...core import clock
from ...core.plan import Change, Plan
from ...core.s3 import answers
from ..objects.client import Store
from . import plan as planning
from .plan import Version, parse_moment, plan_undelete

WORKERS = 4


def list_versions(options: Mapping[str, Any]) -> list[Version]:
    """All versions and delete markers below ``prefix`` of ``bucket``, of each key the newest first."""
    return list(_list(Store.open(options)))


def _list(store: Store) -> Iterator[Version]:
    for page in store.pages("list_object_versions"):
        rows = [
            (row["IsLatest"], _read(row, marker=marker))
            for marker, name in ((False, "Versions"), (True, "DeleteMarkers"))
            for row in page.get(name, [])
        ]
        # A page has versions and markers apart, each in order; the one that is current is first whatever its second.
        rows.sort(key=lambda pair: (pair[1].key, pair[0], pair[1].modified), reverse=True)
        yield from (version for _latest, version in rows)


def _read(row: Mapping[str, Any], *, marker: bool) -> Version:
    size, etag = row.get("Size", 0), row.get("ETag", "")
    return Version(row["Key"], row["VersionId"], row["LastModified"], size, marker, etag)


def plan_for(options: Mapping[str, Any], seen: Iterable[Version]) -> Plan:
    """What brings every key back to what it was at ``moment``.

    :raises InputError: the moment is none, or has not been yet.
    """
    moment = parse_moment(options["moment"], clock.now())
    how = {name: bool(options[name]) for name in ("remove_markers", "remove_newer")}
    return plan_undelete(seen, moment, **how)


def apply(options: Mapping[str, Any], plan: Plan) -> None:
    """Carry it out. A key that may write is enough; with ``remove_markers`` it must be allowed to delete versions."""
    store = Store.open(options, WORKERS)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda change: _apply(store, change), plan.changes))


def _apply(store: Store, change: Change) -> None:
    place: dict[str, Any] = {"Bucket": store.bucket, "Key": change.subject}
    with answers(store.access.endpoint, f"{change.action}: {store.bucket}/{change.subject}"):
        if change.action == planning.COPY_BACK:
            store.server.copy_object(CopySource={**place, "VersionId": change.data["version"]}, **place)
        elif change.action == planning.HIDE:
            store.server.delete_object(**place)
        else:
            # Newest first, so that an interruption leaves it deleted or as it was.
            for version in change.data["versions"]:
                store.server.delete_object(VersionId=version, **place)
