# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing databases, or copies of them, to a revision by a command of the release that knows the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ...containers import client as engine
from ...containers.parse import parse_revisions
from ...core.errors import StewardError
from ...core.locks import lock
from ...core.plan import Plan
from .. import client
from ..migration.plan import show
from ..plan import release_folder
from ..trial.client import aside
from ..trial.plan import scratch_url
from .plan import Parameters, services_of

COMMAND_SECONDS = 3600


def observe(parameters: Parameters) -> dict[str, list[str]]:
    """Of each service of the steps the revision its database is at."""
    return {name: _revision(_file(parameters, name), service) for name, service in services_of(parameters).items()}


def apply(parameters: Parameters, wanted: Plan) -> None:
    """Carry the steps out, one database after the other.

    :raises StewardError: a database did not arrive.
    """
    services = services_of(parameters)
    name = parameters["platform"]["name"]
    with lock(f"/run/lock/steward-{name}-migration", "migration"):
        for change in wanted.changes:
            step = change.data
            _step(_file(parameters, step["service"]), services[step["service"]], step["command"], step["to"])


def try_steps(parameters: Parameters) -> dict[str, Any]:
    """Carry the steps out on copies.

    :raises StewardError: a copy did not arrive.
    """
    record = client.read_record(
        f"{release_folder(parameters['platform']['paths'], parameters['release'])}/release.json"
    )
    services, steps = services_of(parameters), parameters["steps"]
    change = partial(scratch_url, scratch=parameters["scratch"])
    for step in steps:
        service = services[step["service"]]
        image = (record or {"services": {}})["services"][step["service"]]["image"]
        with aside(parameters["platform"], service, image, change) as (file, _project):
            _step(file, service, step["command"], step["to"])
    return {"tried": [step["service"] for step in steps]}


def _file(parameters: Parameters, service: str) -> str:
    return f"{release_folder(parameters['platform']['paths'], parameters['release'])}/{service}/compose.json"


def _revision(file: str, service: Mapping[str, Any]) -> list[str]:
    return parse_revisions(engine.run_once(file, service["migration"]["current"], timeout=COMMAND_SECONDS))


def _step(file: str, service: Mapping[str, Any], command: Sequence[str], to: Sequence[str]) -> None:
    failure = ""
    try:
        engine.run_once(file, command, timeout=COMMAND_SECONDS)
    except StewardError as error:
        failure = error.message
    at = _revision(file, service)
    if failure or at != list(to):
        raise StewardError(
            f"the database of {service['name']} is at {show(at)} and not at {show(list(to))}: "
            f"{failure or 'the command succeeded without arriving there'}",
            "Read what the migration said above.",
        )
