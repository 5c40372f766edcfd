# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans a recovery of this host at the present moment: asks the repository, the live server and the disk."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..backup_set import client as sets
from ..backup_set.catalogue import build_catalogue
from ..backup_set.configuration import find_repository, number_of
from ..backup_set.making import plan as making
from ..backup_set.making.client import repository_of
from ..backup_set.model import Configuration
from ..backup_set.refresh.client import fetch_manifests
from ..core import clock, files, process
from ..core.errors import StewardError
from ..health.client import read_configuration as read_host
from ..health.model import CONFIGURATION_FILE as HOST_FILE
from ..health.model import Configuration as Host
from ..pgbackrest import client as pgbackrest
from ..pgbackrest.model import RepositoryState
from ..pgbackrest.report import Archiver, refuse_unreadable
from ..pgbackrest.wal import Archive
from ..release.client import read_records
from ..release.running.client import observe as observe_services
from ..restic import client as restic
from . import sources
from .model import STATE, Source, parse_scope, parse_source
from .plan import plan_recovery

ZONE = "/etc/localtime"
ZONES = "zoneinfo/"
# What is asked for, with what it is when nothing is said.
ASKED: Mapping[str, Any] = {
    "scope": "full_system", "source": "", "target": "", "target_type": "", "timeline": 0, "method": "beside",
    "stop_services": True,
}  # fmt: skip


def plan_now(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The plan from facts that were collected before.

    :raises InputError: as the plan raises it.
    """
    return {"plan": plan_recovery(parameters, clock.now())}


@dataclass(frozen=True)
class Offer:
    """What a repository of this host offers: its number in the configuration, its sets and the state of its WAL."""

    configuration: Configuration
    number: int
    repository: str
    sets: list[dict[str, Any]]
    wal: dict[str, Any]


def plan_here(asked: Mapping[str, Any]) -> tuple[dict[str, Any], Offer]:
    """The plan of a recovery of this host, and what it was made from.

    :param asked: of :data:`ASKED` what was given.
    :raises InputError: it cannot be done as asked; nothing was changed.
    """
    wanted = {**ASKED, **asked}
    offer = offered(wanted["source"])
    evidence, _unreadable = sets.read_evidence()
    parameters = {
        **{name: wanted[name] for name in ("scope", "source", "target", "target_type", "timeline", "method")},
        "platform": offer.configuration["platform"],
        "zone": _zone(),
        "repositories": [row["name"] for row in offer.configuration["repositories"]],
        "sets": offer.sets,
        "wal": offer.wal,
        "evidence": evidence,
        "services": running_services(parse_scope(wanted["scope"])) if wanted["stop_services"] else [],
        "free": shutil.disk_usage(os.path.dirname(find_cluster(offer.configuration)["data"])).free
        if offer.configuration.get("postgresql")
        else None,
    }
    return plan_recovery(parameters, clock.now()), offer


def offered(source: str = "") -> Offer:
    """Ask a repository of this host what it has now; manifests that this host lost are fetched from it.

    :param source: as the plan takes it; nothing means the first repository.
    :raises InputError: this host knows no such source.
    :raises StewardError: it cannot be read.
    """
    configuration, key = sets.read_configuration(), sets.read_key()
    names = [row["name"] for row in configuration["repositories"]]
    known, refused = sets.read_sets(key)
    name = _repository(parse_source(source, names), known, configuration["repositories"])
    row, number = find_repository(configuration, name), number_of(configuration, name)
    stored = making.stored_snapshots(name, restic.snapshots(repository_of(row, configuration)))
    state, archive, archiver = _look_at_database(configuration, number)
    stored += making.stored_backups(name, state.present if state else ())
    known |= fetch_manifests(configuration, known, stored, key)
    rows = sources.set_rows(
        build_catalogue(known, refused, stored, {name}),
        name,
        {each.label: each for each in state.present} if state else {},
    )
    return Offer(configuration, number, name, rows, sources.wal_facts(archive, _points(), archiver, clock.now()))


def _repository(
    source: Source, known: Mapping[str, Mapping[str, Any]], repositories: Sequence[Mapping[str, Any]]
) -> str:
    """The repository that a source leads to."""
    names = [row["name"] for row in repositories]
    if source.kind == "repository":
        return source.value
    if source.kind == "set":
        return str(known[source.value]["repositories"][0]) if source.value in known else names[0]
    return sources.locate(source, repositories)


def _look_at_database(
    configuration: Configuration, number: int
) -> tuple[RepositoryState | None, Archive, Archiver | None]:
    database = configuration.get("postgresql")
    if database is None or database["method"] != "physical":
        return None, Archive(), None
    archiver = None
    # That it does not answer may be why somebody restores it.
    with contextlib.suppress(StewardError):
        archiver, _size = pgbackrest.read_archiver(stanza=database["stanza"], port=database["port"])
    state = pgbackrest.info(stanza=database["stanza"], repo=number).repository(number)
    refuse_unreadable(state)
    return state, pgbackrest.read_archive(state, stanza=database["stanza"]), archiver


def _points() -> list[dict[str, Any]]:
    """The restore points that releases of this host and earlier recoveries made."""
    found: list[dict[str, Any]] = []
    try:
        paths = read_host()["paths"]
    except StewardError:
        # A bare host has no platform yet.
        paths = None
    if paths:
        found += [record.get("restore_point") or {} for record in read_records(paths).values()]
    for name in sorted(os.listdir(STATE)) if os.path.isdir(STATE) else ():
        if name.startswith("run-") and name.endswith(".json"):
            journal = files.read_json(f"{STATE}/{name}") or {}
            results = journal.get("facts", {}).get("results", {})
            found += [each["point"] for each in results.values() if each.get("point")]
    return found


def platform_here(scope: str) -> Host | None:
    """What this host is in its platform, None on a bare one and where just that shall be restored.

    :raises StewardError: it is written and cannot be read, so what would have to stop is not known.
    """
    try:
        return read_host()
    except StewardError as error:
        if not os.path.exists(HOST_FILE) or scope == "configuration":
            return None
        raise StewardError(error.message, "Restore the scope configuration first.") from error


def running_services(scope: str) -> list[str]:
    """The services of the platform that run on this host.

    :raises StewardError: as :func:`platform_here`.
    """
    configuration = platform_here(scope)
    if configuration is None or "app" not in configuration["groups"]:
        return []
    return [service["name"] for service in observe_services(configuration) if service["running"]]


def find_cluster(configuration: Configuration) -> dict[str, Any]:
    """This host's cluster that is backed up: ``version``, ``name``, ``port`` and ``data``.

    :raises StewardError: there is none on that port.
    """
    port = int(configuration["postgresql"]["port"])
    for row in json.loads(process.run(["pg_lsclusters", "--json"]).stdout):
        if int(row["port"]) == port:
            return {"version": str(row["version"]), "name": row["cluster"], "port": port, "data": row["pgdata"]}
    raise StewardError(f"this host has no PostgreSQL cluster on port {port}", "Run the role postgresql first.")


def _zone() -> str:
    """The host's time zone by its name, as times without one are meant."""
    return os.path.realpath(ZONE).rpartition(ZONES)[2] if os.path.islink(ZONE) else ""
