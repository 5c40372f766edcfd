# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at the release that serves on this host; nothing it runs stays, and nothing that serves is touched."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..containers import client as engine
from ..containers.parse import parse_revisions
from ..core import clock, files
from ..core.errors import InputError, StewardError
from ..core.locks import lock
from ..health.configuration import parse_configuration
from ..health.model import CONFIGURATION_FILE
from ..release.client import current_record
from ..release.plan import release_folder
from ..release.trial.client import beside
from . import containers, environment, imports, migrations
from .environment import Folder, SecretFile, hide
from .migrations import Said
from .model import Row, Serving, chosen
from .report import build_report

SLOT = "validate"
COMMAND_SECONDS = 300


def validate(names: Iterable[str]) -> dict[str, Any]:
    """Run the named checks, or all, and report.

    :raises InputError: there is no such check, or this is no app host.
    :raises StewardError: nothing serves here.
    """
    checks, taken, started = chosen(names), clock.now(), time.monotonic()
    serving = read_serving()
    # Two at once would take each other's containers away.
    with lock(f"/run/lock/steward-{serving.platform['name']}-{SLOT}", "validation"):
        rows = [row for check in checks for row in CHECKS[check](serving)]
    return build_report(serving, checks, rows, taken=taken, seconds=time.monotonic() - started)


def read_serving() -> Serving:
    """The release that serves, as its folder tells."""
    configuration = parse_configuration(files.read_json(CONFIGURATION_FILE))
    if "app" not in configuration["groups"]:
        raise InputError(f"{configuration['host']} is not in the group app, where services are validated")
    paths = configuration["paths"]
    record = current_record(paths)
    if record is None:
        raise StewardError("nothing serves here, so there is nothing to validate", "Deploy a release first.")
    path = f"{release_folder(paths, record['id'])}/model.json"
    model = files.read_json(path)
    if model is None:
        raise StewardError(f"{path} is not there, a release of an older version has none", "Deploy again.")
    services = tuple(service for service in model["services"] if service["name"] in record["services"])
    return Serving(configuration, record, services, tuple(model.get("secrets", ())))


def _environment(serving: Serving) -> Iterator[Row]:
    folders = {service["name"]: _read_folder(serving, service["name"]) for service in serving.services}
    return environment.validate(serving.services, serving.secrets, folders)


def _read_folder(serving: Serving, service: str) -> Folder | None:
    folder = f"{serving.platform['paths']['secrets']}/{service}"
    if not os.path.isdir(folder):
        return None
    found = {name: files.observe(f"{folder}/{name}") for name in os.listdir(folder)}
    return {
        name: SecretFile(state.content, state.mode, str(files.number_of_user(state.owner)))
        for name, state in found.items()
        if state is not None
    }


def read_secrets(serving: Serving, service: str) -> list[str]:
    """What a service was given, the content of each file."""
    return [seen.content for seen in (_read_folder(serving, service) or {}).values()]


def _imports(serving: Serving) -> Iterator[Row]:
    errors = {
        (image, command): _run(serving, service, [command])[1]
        for (image, command), service in imports.trials(serving.services, serving.record).items()
    }
    return imports.validate(serving.services, serving.record, errors)


def _migrations(serving: Serving) -> Iterator[Row]:
    said = {}
    for service in serving.services:
        if service["migration"]:
            texts, error = _run(serving, service, [service["migration"]["heads"], service["migration"]["current"]])
            heads, current = map(parse_revisions, texts or ("", ""))
            said[service["name"]] = Said(current, heads, error)
    return migrations.validate(serving.services, said)


def _run(serving: Serving, service: Mapping[str, Any], commands: Sequence[Sequence[str]]) -> tuple[list[str], str]:
    """What commands print in a container of the image that serves, or why one of them failed."""
    image = serving.record["services"][service["name"]]["image"]
    try:
        with beside(serving.platform, service, image, SLOT) as (file, _project):
            return [engine.run_once(file, command, timeout=COMMAND_SECONDS) for command in commands], ""
    except StewardError as error:
        # Programs of others speak here; what they got as a secret is not told on.
        return [], hide(error.message, read_secrets(serving, service["name"]))


def _containers(serving: Serving) -> Iterator[Row]:
    folder = release_folder(serving.platform["paths"], serving.record["id"])
    compose = {name: f"{folder}/{name}/compose.json" for name in serving.record["services"]}
    documents = {name: files.read_json(path) for name, path in compose.items()}
    hashes = {name: engine.config_hashes(path) for name, path in compose.items() if documents[name] is not None}
    found, confinements = engine.every_container()
    return containers.validate(serving, containers.Engine(found, confinements, documents, hashes))


# One row for each check of the model.
CHECKS: Mapping[str, Callable[[Serving], Iterable[Row]]] = {
    "environment": _environment,
    "imports": _imports,
    "migrations": _migrations,
    "containers": _containers,
}
