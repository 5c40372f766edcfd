# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From repositories in buckets to buckets whose past nobody can take who has a host's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.errors import InputError

LOCK_DAYS = 35
MULTIPART_DAYS = 2
DEFAULTS: Mapping[str, Any] = {
    "credentials_file": "~/.aws/credentials",
    "profile": "default",
    "ca_file": None,
    "lock_mode": "COMPLIANCE",
    "lock_days": LOCK_DAYS,
}

Row = Mapping[str, Any]


def describe_buckets(repositories: Sequence[Row], wished: Sequence[Row]) -> list[dict[str, Any]]:
    """The options of the module ``s3_bucket`` for each wished bucket.

    Old versions go one day after their lock, so that a bucket does not grow for ever. The key of the hosts may write,
    read and delete what is current below the repository's path, and no version.

    :raises InputError: the first defect.
    """
    known = {row["name"]: row for row in repositories if row.get("type") == "s3"}
    described: dict[tuple[str, str], dict[str, Any]] = {}
    for number, given in enumerate(wished):
        row = {**DEFAULTS, **{name: value for name, value in given.items() if value is not None}}
        repository = known.get(row["repository"])
        if repository is None:
            allowed = ", ".join(known) or "nothing, no repository is of type s3"
            raise InputError(f"backup_buckets[{number}].repository is {row['repository']!r}, allowed is: {allowed}")
        place = repository["endpoint"], repository["bucket"]
        if place in described:
            raise InputError(f"backup_buckets[{number}].repository is in the bucket {place[1]}, allowed is: each once")
        described[place] = _describe(row, repository)
    return list(described.values())


def _describe(row: Row, repository: Row) -> dict[str, Any]:
    access = {name: row[name] for name in ("credentials_file", "profile", "ca_file")}
    rule = {"name": "steward-old-versions", "noncurrent_days": row["lock_days"] + 1, "expire_markers": True}
    return {
        **access,
        "endpoint": f"https://{repository['endpoint']}",
        "region": repository["region"],
        "name": repository["bucket"],
        "lock": {"mode": row["lock_mode"], "days": row["lock_days"]},
        "lifecycle": [{**rule, "abort_multipart_days": MULTIPART_DAYS}],
        "grants": [{"principal": row["principal"], "grant": "backup", "prefix": repository["path"].strip("/")}],
    }
