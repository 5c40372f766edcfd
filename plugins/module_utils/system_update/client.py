# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking apt, dpkg and the kernel, and carrying an update out."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from typing import Any

from ..core import clock, files, process
from ..core.errors import StewardError
from ..core.plan import Plan
from . import command
from .model import LOG, RECORD_FILE, SCHEMA, Simulation, World
from .parse import parse_file_list, parse_maps, parse_simulation, parse_unit, parse_upgradable
from .plan import PACKAGE_ACTIONS, Parameters, decide, reboot_reasons, restart_command, sort_units

FETCH_SECONDS = 600
UPGRADE_SECONDS = 3600
RESTART_SECONDS = 300
REBOOT_ASKED = "/run/reboot-required"
REFUSED_SOURCE = (
    "Mend the package source that is named, then run again; when it changed its own description and that is right, "
    f"remove {command.LISTS} first."
)


def observe(parameters: Parameters) -> World:
    """What apt offers today, and what the host's processes use."""
    for folder in (command.LISTS, f"{command.LISTS}/partial", f"{command.LISTS}/auxfiles"):
        os.makedirs(folder, mode=0o755, exist_ok=True)
    _run(command.fetch(), FETCH_SECONDS, REFUSED_SOURCE)
    full = _simulate(full=True)
    return _look(full, _simulate(full=False) if full.removed else full)


def _look(full: Simulation, careful: Simulation) -> World:
    mapped, stale = _memory()
    return World(
        full=full,
        careful=careful,
        upgradable=parse_upgradable(_run(command.list_upgradable(), 60)),
        held=tuple(_run(command.list_held(), 60).split()),
        mapped=mapped,
        stale=stale,
        files={package.name: _files_of(package.name) for package in full.packages},
        running_kernel=os.uname().release,
        kernels=tuple(path.removeprefix("/boot/vmlinuz-") for path in glob.glob("/boot/vmlinuz-*")),
        asked=_asked(),
    )


def _run(argv: list[str], seconds: float, hint: str = "") -> str:
    try:
        return process.run(argv, env=command.ENVIRONMENT, timeout=seconds).stdout
    except process.CommandError as error:
        raise StewardError(error.message, hint or error.hint) from error


def _simulate(*, full: bool) -> Simulation:
    return parse_simulation(_run(command.simulate(full=full), 300, "Look at it with: apt-get check."))


def _files_of(package: str) -> frozenset[str]:
    """The files of a package that is installed, as dpkg keeps them; none for one that is not."""
    lists = glob.glob(f"/var/lib/dpkg/info/{glob.escape(package)}.list")
    lists += glob.glob(f"/var/lib/dpkg/info/{glob.escape(package.partition(':')[0])}:*.list")
    found = [files.observe(path) for path in lists]
    return frozenset[str]().union(*(parse_file_list(state.content) for state in found if state))


def _memory() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Of each unit the files its processes have in memory, and those of them that are gone from disk."""
    mapped: dict[str, frozenset[str]] = {}
    stale: dict[str, frozenset[str]] = {}
    for folder in glob.glob("/proc/[0-9]*"):
        unit = parse_unit(_read(f"{folder}/cgroup"))
        if unit:
            present, gone = parse_maps(_read(f"{folder}/maps"))
            mapped[unit] = mapped.get(unit, frozenset()) | present
            if gone:
                stale[unit] = stale.get(unit, frozenset()) | gone
    return mapped, stale


def _read(path: str) -> str:
    """What the kernel says of a process; nothing when it has just ended."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _asked() -> tuple[str, ...] | None:
    if not os.path.exists(REBOOT_ASKED):
        return None
    return tuple(dict.fromkeys(_read(f"{REBOOT_ASKED}.pkgs").split()))


def apply(parameters: Parameters, wanted: Plan) -> Mapping[str, Any]:
    """Upgrade, then restart what uses replaced files unless the host reboots anyway; each step is recorded."""
    started = clock.to_text(clock.now())
    if any(change.action in PACKAGE_ACTIONS for change in wanted.changes):
        argv = command.upgrade(
            full=not wanted.facts["refused_removals"],
            removals=any(change.action == "remove" for change in wanted.changes),
        )
        _run(argv, UPGRADE_SECONDS, "See /var/log/apt/term.log, mend it with: dpkg --configure -a; then run again.")
    learned = _restart(parameters)
    report = {key: value for key, value in wanted.facts.items() if key != "table"} | learned
    record({"started": started, **report, "outcome": "upgraded"})
    return learned


def _restart(parameters: Parameters) -> dict[str, Any]:
    """Look anew at what is replaced: packages have restarted some of it themselves."""
    world = _look(Simulation(), Simulation())
    reasons = reboot_reasons(world, ())
    reboot = decide(parameters["reboot"], reasons)
    restarts, deferred = sort_units(parameters, world.stale, reboot=reboot)
    for unit in restarts:
        _run(restart_command(unit), RESTART_SECONDS, f"Look at: journalctl --unit={unit}.")
    return {"restarts": restarts, "deferred": deferred, "reboot": reboot, "reboot_reasons": reasons}


def record(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Overlay the record of the last update with what is known now."""
    os.makedirs(os.path.dirname(RECORD_FILE), mode=0o750, exist_ok=True)
    before = {} if "started" in entries else files.read_json(RECORD_FILE) or {}
    document = {"schema": SCHEMA, **before, **entries}
    files.write_json(RECORD_FILE, document)
    return document


def close(parameters: Parameters) -> dict[str, Any]:
    """Complete the record by how the update of this host ended, and log it in one line."""
    finished = clock.to_text(clock.now())
    entries = {key: parameters[key] for key in ("outcome", "error", "rebooted")}
    begun = {} if parameters["updated"] else {"started": finished}
    document = record({**begun, **entries, "finished": finished})
    with files.appending(LOG) as append:
        append({"time": finished, **document})
    return document
