# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which units must be enabled, started, stopped or disabled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..core.errors import InputError
from ..core.plan import Change, Plan
from .parse import Unit

# What systemd starts at boot without our help, or never by itself; neither can be enabled.
ENABLED = ("enabled", "static", "alias", "generated", "indirect")


def plan_units(
    units: Mapping[str, Unit], *, enabled: Sequence[str] = (), started: Sequence[str] = (), stopped: Sequence[str] = ()
) -> Plan:
    """Stop and disable first, so that what takes their place finds the ports free; then enable and start.

    A unit that is to be stopped may be missing; one that is to be enabled or started is planned even when it is
    missing, because in check mode its file was not written.

    :raises InputError: a unit is wanted both ways, or cannot be enabled.
    """
    contradiction = sorted({*enabled, *started} & set(stopped))
    if contradiction:
        raise InputError(f"{contradiction[0]} is to be stopped and also to be enabled or started")
    return Plan(
        (
            *_changes("stop", [n for n in stopped if units[n].active not in ("inactive", "failed")], units),
            *_changes("disable", [n for n in stopped if units[n].file in ("enabled", "enabled-runtime")], units),
            *_changes("enable", [n for n in enabled if _needs_enabling(n, units[n])], units),
            *_changes("start", [n for n in started if units[n].active not in ("active", "reloading")], units),
        )
    )


def _needs_enabling(name: str, unit: Unit) -> bool:
    if unit.file == "static":
        raise InputError(f"{name} cannot be enabled: it has no [Install] section")
    return unit.file not in ENABLED


def _changes(action: str, names: Sequence[str], units: Mapping[str, Unit]) -> Iterator[Change]:
    done = {"stop": "inactive", "start": "active", "enable": "enabled", "disable": "disabled"}[action]
    for name in names:
        before = units[name].active if action in ("stop", "start") else units[name].file or units[name].load
        yield Change(action, name, before, done)
