# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with everything, and the sets it made."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set import manifest
from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import (
    Entry,
    Stored,
    build_catalogue,
)
from ansible_collections.steward.platform.plugins.module_utils.backup_set.configuration import parse_configuration
from ansible_collections.steward.platform.plugins.module_utils.backup_set.judge import Seen

KEY = b"k" * 32
NOW = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "platform": "dotmac",
    "host": "db1",
    "repositories": [
        {"name": "main", "type": "posix", "path": "/var/backups/steward"},
        {
            "name": "second",
            "type": "s3",
            "path": "/dotmac",
            "endpoint": "s3.example.org:8443",
            "bucket": "backups",
            "region": "us-west-2",
        },
    ],
    "postgresql": {"port": 5432},
    "redis": [{"name": "cache", "port": 6379}, {"name": "queue", "port": 6380}],
    "openbao": {"address": "https://10.90.2.10:8200"},
    "configuration": {"paths": ["/etc"]},
    "application_data": {"paths": ["/srv/uploads"]},
    "logs": {"paths": ["/var/log"]},
    "metrics": "/var/lib/prometheus/node-exporter",
}


def document(**changes: Any) -> dict[str, Any]:
    """The configuration as it is written; None takes a part away."""
    whole = {**copy.deepcopy(DOCUMENT), **changes}
    return {name: value for name, value in whole.items() if value is not None}


def configuration(**changes: Any) -> Any:
    return parse_configuration(document(**changes))


def part(name: str, identifier: str, **changes: Any) -> dict[str, Any]:
    """What an engine's client returns."""
    return {
        "part": name,
        "engine": "pgbackrest" if name == "postgresql" else "restic",
        "version": "2.55.1" if name == "postgresql" else "0.18.0",
        "repository": "main",
        "kind": "full" if name == "postgresql" else "snapshot",
        "id": identifier,
        "started": "2024-12-25T02:00:00Z",
        "finished": "2024-12-25T02:01:00Z",
        "seconds": 60.0,
        "size": 1000,
        "added": 100,
        "files": None,
        "details": {},
        **changes,
    }


def sealed(name: str, parts: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A manifest of a set."""
    head = {
        "schema": 1,
        "id": name,
        "type": "full",
        "platform": "dotmac",
        "host": "db1",
        "label": "",
        "steward": "0.1.0",
        "started": "2024-12-25T02:00:00Z",
        "finished": "2024-12-25T02:01:10Z",
        "seconds": 70.0,
        "keep_until": None,
        "repositories": ["main"],
        "wanted": [each["part"] for each in parts] or ["postgresql"],
        "parts": parts,
        "failures": [],
        "versions": {},
        "outcome": "complete",
        "warnings": [],
        "envelope": [],
    }
    return manifest.seal({**head, **changes}, KEY)


def rows(*manifests: dict[str, Any]) -> list[Stored]:
    """What repositories list that have all of these sets."""
    found = []
    for each in manifests:
        for made in each["parts"]:
            needs = tuple(made["details"].get("references", ()))
            found.append(Stored(made["repository"], made["id"], each["id"], made["part"], made["started"], needs))
        for repository in each["repositories"]:
            name = f"manifest-{each['id']}-{repository}"
            found.append(Stored(repository, name, each["id"], "manifest", each["finished"]))
    return found


def catalogue(*manifests: dict[str, Any]) -> list[Entry]:
    """The catalogue when the main repository has all of them."""
    return build_catalogue({each["id"]: each for each in manifests}, {}, rows(*manifests), ["main"])


FULL = sealed(
    "20241225_020000",
    [
        part("postgresql", "20241225-020000F"),
        part("redis-cache", "r1"),
        part("redis-queue", "r2"),
        part("openbao", "o1"),
        part("application_data", "a1"),
        part("configuration", "c1"),
    ],
)
INCREMENTAL = sealed(
    "20241225_133000",
    [
        part(
            "postgresql",
            "20241225-020000F_20241225-133000I",
            kind="incr",
            started="2024-12-25T13:30:00Z",
            finished="2024-12-25T13:30:05Z",
            details={"references": ["20241225-020000F"]},
        ),
        part("redis-cache", "r3", started="2024-12-25T13:30:06Z"),
    ],
    type="incremental",
    started="2024-12-25T13:30:00Z",
    finished="2024-12-25T13:30:10Z",
)
WAL: dict[str, Any] = {
    "schema": 1,
    "checked": "2024-12-25T14:29:00Z",
    "newest": "2024-12-25T14:28:00Z",
    "caught_up": False,
    "gaps": [],
    "unusable": [],
    "error": "",
}


def evidence(wanted: int, **changes: Any) -> dict[str, Any]:
    """A record of a verification, as it is read."""
    return {
        "schema": 1,
        "set": "20241225_020000",
        "part": "postgresql",
        "repository": "main",
        "wanted": wanted,
        "level": wanted,
        "result": "pass",
        "finished": "2024-12-25T05:10:00Z",
        "rto_seconds": 31.5,
        "rpo_seconds": 60,
        "size": 3_000_000,
        "seconds": {"restore": 1.5},
        "checks": [],
        "databases": [],
        **changes,
    }


def result(job: str, **changes: Any) -> dict[str, Any]:
    """How a job ended."""
    return {
        "schema": 1,
        "job": job,
        "result": "done",
        "started": "2024-12-25T13:30:00Z",
        "finished": "2024-12-25T13:30:10Z",
        "seconds": 10.0,
        "success": "2024-12-25T13:30:00Z",
        "invocation": "i1",
        "set": None,
        "size": 0,
        "added": 0,
        "error": "",
        **changes,
    }


JOBS = (
    "full",
    "incremental",
    "schema",
    "config",
    "cleanup",
    "replication",
    "validation",
    "dr_test",
    "drill",
    "figures",
)


REPLICATION = {
    "schema": 1,
    "repositories": [
        {
            "repository": "second",
            "how": "copy",
            "success": "2024-12-25T12:45:00Z",
            "error": "",
            "objects": 120,
            "bytes": 73400320,
            "lag_seconds": 0,
        }
    ],
}


def seen(**changes: Any) -> Seen:
    """A host where all is well."""
    values: dict[str, Any] = {
        "configuration": configuration(),
        "entries": catalogue(FULL, INCREMENTAL),
        "now": NOW,
        "zone": UTC,
        "evidence": [evidence(3)],
        "results": {job: result(job) for job in JOBS},
        "wal": WAL,
        "looked": {"main": "2024-12-25T04:00:00Z"},
        "replication": REPLICATION,
        **changes,
    }
    return Seen(**values)
