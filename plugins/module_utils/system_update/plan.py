# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update of a host does: packages, then services that use replaced files, then a reboot where it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ..core.plan import Change, Plan
from ..core.table import align
from .model import INIT, ONLY_BY_REBOOT, REBOOT_PACKAGES, SESSIONS, Package, World
from .parse import newest_kernel

Parameters = Mapping[str, Any]
PACKAGE_ACTIONS = ("upgrade", "install", "remove")


def plan(parameters: Parameters, world: World) -> Plan:
    """The changes and, as facts, what they are for people.

    :param parameters: ``allow_removals``, ``restart``, ``reboot``, and in ``protected`` patterns of the units that the
        platform needs.
    """
    packages = chosen(parameters, world)
    reasons = reboot_reasons(world, packages)
    reboot = decide(parameters["reboot"], reasons)
    replaced = uses_replaced(world, packages)
    restarts, deferred = sort_units(parameters, replaced, reboot=reboot)
    changes = [Change(package.action, package.name, package.before, package.after) for package in packages]
    changes += [Change("restart", unit, "uses replaced files", "restarted") for unit in restarts]
    names = {package.name for package in packages}
    facts = {
        "packages": [show_package(package) for package in packages],
        "held": sorted(world.held),
        "kept_back": sorted(set(world.upgradable) - names - set(world.held)),
        "refused_removals": [] if parameters["allow_removals"] else list(world.full.removed),
        "restarts": restarts,
        "deferred": deferred,
        "interrupted": interrupted(parameters, world, packages),
        "reboot": reboot,
        "reboot_reasons": reasons,
    }
    return Plan(tuple(changes), {**facts, "table": render(facts)})


def chosen(parameters: Parameters, world: World) -> tuple[Package, ...]:
    """Everything, or what can be had without removing a package."""
    careful = world.full.removed and not parameters["allow_removals"]
    return (world.careful if careful else world.full).packages


def show_package(package: Package) -> dict[str, Any]:
    return {
        "name": package.name,
        "action": package.action,
        "from": package.before,
        "to": package.after,
        "origin": package.origin,
        "security": package.security,
    }


def uses_replaced(world: World, packages: Iterable[Package]) -> list[str]:
    """The units that use files which are replaced already, or will be."""
    replaced = frozenset[str]().union(*(world.files.get(package.name, frozenset()) for package in packages))
    return sorted({*world.stale, *(unit for unit, mapped in world.mapped.items() if mapped & replaced)})


def sort_units(parameters: Parameters, units: Iterable[str], *, reboot: bool) -> tuple[list[str], list[str]]:
    """The units to restart, and those that go on with replaced files; a reboot makes both needless."""
    if reboot:
        return [], []
    own = [unit for unit in units if not matches(unit, SESSIONS)]
    left = {"none": ("*",), "safe": tuple(parameters["protected"]), "all": ()}[parameters["restart"]]
    restarts = [unit for unit in own if not matches(unit, (*ONLY_BY_REBOOT, *left))]
    # What interrupts the platform comes last, when everything else is known to work.
    restarts.sort(key=lambda unit: (matches(unit, parameters["protected"]), unit))
    return restarts, [unit for unit in own if unit not in restarts]


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def interrupted(parameters: Parameters, world: World, packages: Iterable[Package]) -> list[str]:
    """Units the platform needs that an upgraded package itself restarts, whatever is chosen here."""
    files = frozenset[str]().union(*(world.files.get(package.name, frozenset()) for package in packages))
    shipped = {path.rpartition("/")[2] for path in files if path.startswith("/usr/lib/systemd/system/")}
    return sorted(
        unit for unit in world.mapped if matches(unit, parameters["protected"]) and {unit, template(unit)} & shipped
    )


def template(unit: str) -> str:
    """The file an instance is made from.

    >>> template("postgresql@17-main.service")
    'postgresql@.service'
    """
    before, at, after = unit.partition("@")
    return f"{before}@.{after.rpartition('.')[2]}" if at else unit


def reboot_reasons(world: World, packages: Iterable[Package]) -> list[str]:
    """Why the host must reboot to run what it has, or will have."""
    return list(_reboot_reasons(world, list(packages)))


def _reboot_reasons(world: World, packages: Sequence[Package]) -> Iterator[str]:
    for package in packages:
        if package.action != "remove" and matches(package.name, REBOOT_PACKAGES):
            yield f"{package.name} {package.after} begins to work with a reboot"
    newest = newest_kernel(world.kernels)
    if newest and newest_kernel((newest, world.running_kernel)) != world.running_kernel:
        yield f"the kernel {newest} is installed, {world.running_kernel} runs"
    if world.asked is not None:
        yield f"a package asked for it: {', '.join(world.asked) or 'without its name'}"


def decide(policy: str, reasons: Sequence[str]) -> bool:
    """Whether to reboot."""
    return {"true": True, "false": False, "when_needed": bool(reasons)}[policy]


def restart_command(unit: str) -> list[str]:
    """How a unit is made to use the new files."""
    return ["systemctl", "daemon-reexec"] if unit == INIT else ["systemctl", "restart", "--", unit]


def render(facts: Mapping[str, Any]) -> str:
    """The plan for people."""
    if not facts["packages"]:
        lines = ["No package is to be updated."]
    else:
        rows = [
            (row["action"], row["name"], row["from"], row["to"], "security" if row["security"] else "")
            for row in facts["packages"]
        ]
        security = sum(row["security"] for row in facts["packages"])
        lines = [f"{len(rows)} packages, {security} of them security updates:"]
        lines += [f"  {line}" for line in align([("ACTION", "PACKAGE", "FROM", "TO", ""), *rows])]
    lines += [f"{text}: {', '.join(facts[name])}" for name, text in TOLD.items() if facts[name]]
    why = "; ".join(facts["reboot_reasons"]) or "nothing asks for it"
    return "\n".join([*lines, f"Reboot: {'yes' if facts['reboot'] else 'no'} ({why})"])


TOLD: Mapping[str, str] = {
    "held": "Held, stay as they are",
    "kept_back": "Kept back by apt",
    "refused_removals": "Left, because an upgrade would remove these (update_allow_removals=true lets it)",
    "restarts": "Services that use replaced files and are restarted",
    "deferred": "Services that go on with replaced files (update_restart=all restarts them, a reboot too)",
    "interrupted": "Services of the platform that their own package restarts",
}
