# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing databases to the schema of the new code, one at a time, with a bound on how long anybody waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...containers import client as engine
from ...containers.parse import parse_revisions
from ...core.errors import StewardError
from ...core.locks import lock
from ...core.plan import Plan
from .. import client
from ..plan import is_new, plan_migration, release_folder
from .plan import Parameters, show

COMMAND_SECONDS = 3600


def observe(parameters: Parameters) -> dict[str, dict[str, Any]]:
    """Of each service that migrates the revision its database is at, and the one its image wants.

    In check mode the release may not be staged; then nothing can be asked and nothing is said.
    """
    paths = parameters["platform"]["paths"]
    folder = release_folder(paths, parameters["release"])
    if client.read_record(f"{folder}/release.json") is None:
        return {}
    return {
        service["name"]: _observe(service, f"{folder}/{service['name']}/compose.json")
        for service in parameters["platform"]["services"]
        if service["migration"] and is_new(parameters["services"].get(service["name"]))
    }


def _observe(service: Mapping[str, Any], file: str) -> dict[str, Any]:
    commands = service["migration"]
    before = parse_revisions(engine.run_once(file, commands["current"], timeout=COMMAND_SECONDS))
    heads = parse_revisions(engine.run_once(file, commands["heads"], timeout=COMMAND_SECONDS))
    target = plan_migration(service["name"], before, heads)
    return {"before": before, "after": heads, "target": target, "file": file, "service": service}


def apply(parameters: Parameters, wanted: Plan) -> None:
    """Migrate one database after the other and write each into the record at once."""
    name, migrations = parameters["platform"]["name"], wanted.facts["migrations"]
    with lock(f"/run/lock/steward-{name}-migration", f"migration of release {parameters['release']}"):
        for change in wanted.changes:
            if change.action == "migrate":
                _migrate(change.data, parameters["lock_timeout"])
                _note(parameters, {change.subject: migrations[change.subject]})
            else:
                _note(parameters, change.data)


def _note(parameters: Parameters, migrations: Mapping[str, Any]) -> None:
    """Write into the record to which revision the code of services belongs."""
    paths, release = parameters["platform"]["paths"], parameters["release"]
    known = (client.read_record(f"{release_folder(paths, release)}/release.json") or {}).get("migrations", {})
    client.update_record(paths, release, {"migrations": {**known, **migrations}})


def _migrate(seen: Mapping[str, Any], lock_timeout: int) -> None:
    """Run the migration and see that it arrived; what serves waits for its locks at most ``lock_timeout`` seconds."""
    service, commands = seen["service"], seen["service"]["migration"]
    options = {"PGOPTIONS": f"-c lock_timeout={lock_timeout}s"}
    try:
        engine.run_once(seen["file"], commands["upgrade"], options, timeout=COMMAND_SECONDS)
        failure = ""
    except StewardError as error:
        failure = error.message
    after = parse_revisions(engine.run_once(seen["file"], commands["current"], timeout=COMMAND_SECONDS))
    if failure or after != seen["after"]:
        raise StewardError(
            f"the migration of {service['name']} from {show(seen['before'])} to {show(seen['after'])} failed, "
            f"the database is at {show(after)}: {failure or 'the command succeeded without arriving there'}",
            "The previous release goes on serving. Mend the migration and deploy again.",
        )
