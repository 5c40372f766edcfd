# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lease and the ledger on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ..core import clock, files
from ..core.errors import StewardError
from ..core.locks import lock
from .lease import refuse_in_force
from .plan import check_schema, release_folder

STATE = "/var/lib/steward"
LOG = "/var/log/steward/deploys.jsonl"

# Names and settings, no value of a secret.
KEPT_OF_MODEL = ("services", "builds", "secrets")

Record = Mapping[str, Any]
Paths = Mapping[str, str]


def change_lease(platform: str, decide: Callable[[Record | None], Record]) -> Record:
    """Replace the lease by what ``decide`` makes of the present one, while nobody else can."""
    os.makedirs(STATE, mode=0o750, exist_ok=True)
    path = f"{STATE}/{platform}.lease.json"
    with lock(f"{STATE}/{platform}.lease.lock", "lease", wait=10):
        lease = decide(files.read_json(path))
        files.write_json(path, lease, mode="0600")
    return lease


def close_lease(platform: str, decide: Callable[[Record | None], Record], error: str) -> Record:
    """Give the lease up and write its account into the deploy log, one JSON object a line."""
    path = f"{STATE}/{platform}.lease.json"
    with lock(f"{STATE}/{platform}.lease.lock", "lease", wait=10):
        account = decide(files.read_json(path))
        files.remove(path)
    _append_log({key: value for key, value in account.items() if key not in ("token", "expires")} | {"error": error})
    return account


def _append_log(entry: Record) -> None:
    with files.appending(LOG) as append:
        append({"time": clock.to_text(clock.now()), **entry})


def refuse_held(platform: str) -> None:
    """:raises BusyError: a deploy holds the lease, which lies on the first proxy host only."""
    refuse_in_force(files.read_json(f"{STATE}/{platform}.lease.json"), clock.now())


def current_record(paths: Paths) -> Record | None:
    """The record of the release that serves, or None before the first."""
    return read_record(f"{paths['current']}/release.json")


def read_record(path: str) -> Record | None:
    return check_schema(files.read_json(path), path)


def read_records(paths: Paths) -> dict[str, Record]:
    """Every release's record by its id; a folder without one was never complete."""
    if not os.path.isdir(paths["releases"]):
        return {}
    found = {name: read_record(f"{release_folder(paths, name)}/release.json") for name in os.listdir(paths["releases"])}
    return {name: record for name, record in sorted(found.items()) if record is not None}


def read_model(paths: Paths, identifier: str) -> Record | None:
    """What a release kept of its model; see :func:`stage_release`."""
    model: Record | None = files.read_json(f"{release_folder(paths, identifier)}/model.json")
    return model


def stage_release(paths: Paths, record: Record, model: Record, documents: Mapping[str, Any]) -> None:
    """Write a release's folder; it is complete once its record, written last, is there.

    :param model: what running this release again and judging it need, whatever the inventory says by then.
    """
    for service, document in documents.items():
        folder = f"{release_folder(paths, record['id'])}/{service}"
        os.makedirs(folder, mode=0o750, exist_ok=True)
        files.write_json(f"{folder}/compose.json", document)
    files.write_json(f"{release_folder(paths, record['id'])}/model.json", {key: model[key] for key in KEPT_OF_MODEL})
    write_record(paths, record)


def write_record(paths: Paths, record: Record) -> None:
    files.write_json(f"{release_folder(paths, record['id'])}/release.json", record)


def update_record(paths: Paths, identifier: str, changes: Record) -> Record:
    """Overlay part of a release's record.

    :raises StewardError: the release was never staged.
    """
    folder = release_folder(paths, identifier)
    record = read_record(f"{folder}/release.json")
    if record is None:
        raise StewardError(f"release {identifier} has no record in {folder}", "Name a release that was staged.")
    updated = {**record, **changes}
    write_record(paths, updated)
    return updated


def publish_current(paths: Paths, identifier: str) -> None:
    """Make a release the current one: the commit point of a deploy, one rename."""
    staged = f"{paths['root']}/.current.{os.getpid()}"
    files.remove(staged)
    os.symlink(f"releases/{identifier}", staged)
    os.replace(staged, paths["current"])
