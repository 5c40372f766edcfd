# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at the services of this host, and starts and stops them by their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...containers import client as engine
from ...containers.plan import unit_of
from ...core import clock, process
from ...core.errors import StewardError
from ...core.locks import lock
from ...core.plan import Plan
from ...health.client import read_configuration
from ...systemd_units import client as systemd
from ..client import STATE, current_record, refuse_held
from .plan import STOP, describe_services, find_service, has_done, plan_act

# The unit itself bounds both: it waits for containers to be well, and for the grace of those it stops.
UNIT_SECONDS = 900


def observe(configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The services of the release that serves here; none before the first."""
    record = current_record(configuration["paths"])
    if record is None:
        return []
    platform = configuration["platform"]
    names = [unit_of(platform, name) for name in record["services"]]
    units = {name: unit.active for name, unit in systemd.observe(names).items()}
    return describe_services(record, engine.platform_containers(platform), units, clock.now())


def unit_of_service(configuration: Mapping[str, Any], name: str) -> str:
    """The unit of a service of this host.

    :raises InputError: there is none of that name.
    """
    find_service(current_record(configuration["paths"]), name)
    return unit_of(configuration["platform"], name)


def act(configuration: Mapping[str, Any], verb: str, name: str) -> bool:
    """Restart, start or stop a service; returns whether there was anything to do.

    :raises BusyError: a deploy is under way, or somebody else does the same.
    :raises StewardError: the service is not as wanted afterwards.
    """
    return bool(act_on_all(configuration, verb, [name]))


def observe_here() -> list[dict[str, Any]]:
    """The services of the release that serves on this host; none where no service runs.

    :raises StewardError: this host does not know its platform.
    """
    configuration = read_configuration()
    return observe(configuration) if "app" in configuration["groups"] else []


def apply(verb: str, plan: Plan) -> None:
    """Start or stop what a plan names, for a caller that holds the lease."""
    act_on_all(read_configuration(), verb, [change.subject for change in plan.changes], holds_lease=True)


def act_on_all(
    configuration: Mapping[str, Any], verb: str, names: Sequence[str], *, holds_lease: bool = False
) -> list[str]:
    """Restart, start or stop services, all at once; returns those for which there was anything to do.

    :param holds_lease: the caller is the procedure that holds it.
    :raises BusyError: a deploy is under way, or somebody else does the same.
    :raises StewardError: a service is not as wanted afterwards.
    """
    units = {name: unit_of_service(configuration, name) for name in names}
    with lock(f"{STATE}/app.lock", f"{verb} {', '.join(names)}"):
        if not holds_lease:
            refuse_held(configuration["platform"])
        seen = _by_name(configuration)
        told = {name: word for name in names if (word := plan_act(verb, seen[name])) is not None}
        for word in dict.fromkeys(told.values()):
            these = [units[name] for name in told if told[name] == word]
            done = process.run(["systemctl", word, "--", *these], timeout=UNIT_SECONDS, check=False)
            if done.returncode != 0:
                hint = f"See steward app logs {', '.join(told)}."
                raise StewardError(f"{', '.join(these)} did not {verb}: {done.last_lines}", hint)
        seen = _by_name(configuration) if told else {}
        running = [name for name in told if verb == STOP and seen[name]["running"]]
        for name in running:
            # A unit that had failed, or was about to start, does not stop it.
            engine.halt(f"{configuration['paths']['current']}/{name}/compose.json")
        seen = _by_name(configuration) if running else seen
        for name in told:
            _refuse_undone(verb, seen[name], units[name])
    return list(told)


def _by_name(configuration: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {service["name"]: service for service in observe(configuration)}


def _refuse_undone(verb: str, service: Mapping[str, Any], unit: str) -> None:
    if not has_done(verb, service):
        ran = f"{service['running']} of {service['wanted']} containers run"
        raise StewardError(f"{unit} did {verb}, but {ran}", f"See steward app logs {service['name']}.")
