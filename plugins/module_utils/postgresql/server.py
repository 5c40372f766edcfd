# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From how a running cluster was seen to what makes it serve as its files say. Pure, like model.py and plan.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import StewardError
from ..core.plan import Change, Plan
from ..core.tls import SERVED

START, RESTART, RELOAD, ENABLE = "start", "restart", "reload", "enable"


@dataclass(frozen=True)
class Wanted:
    """A cluster's unit, where it has to listen, and the files it lives by (``files`` are those it must have read)."""

    unit: str
    port: int
    addresses: tuple[str, ...]
    ca_file: str
    certificate: str
    settings_file: str
    files: tuple[str, ...]


def build_wanted(parameters: Mapping[str, Any]) -> Wanted:
    """From the module's options, by the layout of Debian's clusters."""
    version, cluster = parameters["version"], parameters["cluster"]
    folder = f"/etc/postgresql/{version}/{cluster}"
    settings_file = f"{folder}/conf.d/{parameters['settings_file']}"
    files = (settings_file, f"{folder}/postgresql.conf", f"{folder}/pg_hba.conf", parameters["certificate"])
    return Wanted(
        unit=f"postgresql@{version}-{cluster}.service",
        port=parameters["port"],
        addresses=tuple(parameters["addresses"]),
        ca_file=parameters["ca_file"],
        certificate=parameters["certificate"],
        settings_file=settings_file,
        files=files,
    )


@dataclass(frozen=True)
class ServerState:
    """A cluster's service and, when it runs, what it said.

    ``listens`` gives each wanted address what was found there (:data:`SERVED` is the wanted answer), ``pending`` the
    settings that wait for a restart, ``newer`` the files changed since the server read them, ``overridden`` our
    settings that another file (ALTER SYSTEM's) beats, ``errors`` what the server dislikes in its files.
    """

    active: bool
    enabled: bool
    listens: Mapping[str, str] = field(default_factory=dict)
    pending: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    version: str = ""


def plan_server(unit: str, state: ServerState) -> Plan:
    """Start, restart or reload the server, or nothing.

    :raises StewardError: its files have errors: a restart would stop it for good, a reload would be ignored.
    """
    refuse_errors(unit, state)
    changes = [] if state.enabled else [Change(ENABLE, unit, "disabled", "enabled")]
    reason = reason_to_restart(state)
    if not state.active:
        changes.append(Change(START, unit, "stopped", "running"))
    elif reason and not state.newer:
        changes.append(Change(RESTART, unit, reason, "running as its files say"))
    elif reason or state.newer:
        # A reload first: it may be all that a renewed certificate needs; apply() looks again.
        changes.append(Change(RELOAD, unit, f"older than {', '.join(state.newer)}", "running as its files say"))
    return Plan(tuple(changes), facts={"server": to_dict(state)})


def reason_to_restart(state: ServerState) -> str:
    """Why only a restart helps, or nothing."""
    wrong = [f"{address}: {answer}" for address, answer in state.listens.items() if answer != SERVED]
    if state.pending:
        wrong.append(f"settings that wait for a restart: {', '.join(state.pending)}")
    return "; ".join(wrong)


def refuse_errors(unit: str, state: ServerState) -> None:
    """:raises StewardError: the server's files have errors, or ALTER SYSTEM beats our settings."""
    if state.errors:
        raise StewardError(
            f"{unit} has errors in its files: {'; '.join(state.errors)}", "Run the role postgresql again."
        )
    if state.overridden:
        names = ", ".join(state.overridden)
        raise StewardError(f"{unit} does not use our settings of {names}", "Take others back with ALTER SYSTEM RESET.")


def refuse_unhealthy(unit: str, state: ServerState) -> None:
    """:raises StewardError: after all that could be done it still does not serve as its files say."""
    refuse_errors(unit, state)
    reason = reason_to_restart(state) if state.active else "it does not run"
    if reason:
        raise StewardError(f"{unit} was changed and does not serve as wanted: {reason}", f"See journalctl -u {unit}.")


def to_dict(state: ServerState) -> dict[str, Any]:
    """What people see of it."""
    return {"version": state.version, "listens": dict(state.listens), "active": state.active}
