# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists the versions below a prefix and brings back what was current at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from ...core.plan import Change, Plan
from ...core.s3 import answers
from ..objects.client import Store
from . import plan as planning
from .plan import Version, plan_undelete

WORKERS = 4


def list_versions(options: Mapping[str, Any]) -> list[Version]:
    """All versions and delete markers below ``prefix`` of ``bucket``, of each key the newest first."""
    return list(_list(Store.open(options)))


def _list(store: Store) -> Iterator[Version]:
    for page in store.pages("list_object_versions"):
        rows = [
            (row["IsLatest"], Version(row["Key"], row["VersionId"], row["LastModified"], row.get("Size", 0), marker))
            for marker, name in ((False, "Versions"), (True, "DeleteMarkers"))
            for row in page.get(name, [])
        ]
        # A page has versions and markers apart, each in order; the one that is current is first whatever its second.
        rows.sort(key=lambda pair: (pair[1].key, pair[0], pair[1].modified), reverse=True)
        yield from (version for _latest, version in rows)


def undelete_to(
    options: Mapping[str, Any],
    moment: datetime,
    *,
    remove_markers: bool = True,
    remove_newer: bool = False,
    check: bool = False,
) -> Plan:
    """Bring every key below ``prefix`` back to what it was at a moment; returns the plan that was carried out.

    Works with a key that may write; only with ``remove_markers`` it must be allowed to delete versions.
    """
    store = Store.open(options, WORKERS)
    plan = plan_undelete(_list(store), moment, remove_markers=remove_markers, remove_newer=remove_newer)
    if not check:
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda change: _apply(store, change), plan.changes))
    return plan


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
