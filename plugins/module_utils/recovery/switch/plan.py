# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch of a data directory: the live one aside, the replacement in; decided by what is seen at each place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from ...backup_validation.model import is_within
from ...core.errors import InputError, StewardError
from ..journal import PENDING

STOP, ASIDE, IN, START, VERIFY = STEPS = ("stop", "aside", "in", "start", "verify")
AUTOMATIC = "postgresql.auto.conf"
SIGNAL = "recovery.signal"
# Settings that a directory has while it goes on in a newer timeline, and how it loses them.
FORGET_RECOVERY = (
    "ALTER SYSTEM RESET restore_command",
    "ALTER SYSTEM RESET recovery_target_timeline",
    "SELECT pg_reload_conf()",
)


@dataclass(frozen=True)
class Switch:
    """What is switched: a cluster's unit and port, the three places, and which directory was where at the beginning.

    A directory is known by its device and number, which a rename does not change.
    """

    name: str
    unit: str
    port: int
    live: str
    aside: str
    replacement: str
    live_id: str
    replacement_id: str
    system: str
    restore_command: str = ""

    def to_facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Directory:
    """A data directory as it was seen; ``id`` is empty when nothing is there."""

    id: str = ""
    version: str = ""
    system: str = ""
    owner: str = ""
    mode: str = ""
    mounted: bool = False
    running: bool = False
    links: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        return self.id.partition(":")[0]


def build_switch(
    name: str, unit: str, port: int, live: str, replacement: str, seen: Mapping[str, Directory],
    restore_command: str = "",
) -> Switch:  # fmt: skip
    """A switch that can be begun.

    :param seen: what is at ``live``, ``aside`` and ``replacement``.
    :raises InputError: it could not be done, or not be taken back.
    """
    switch = Switch(
        name, unit, port, live, aside_of(live, name), replacement, seen["live"].id, seen["replacement"].id,
        seen["replacement"].system, restore_command,
    )  # fmt: skip
    for place in (live, replacement):
        if not PurePosixPath(place).is_absolute() or str(PurePosixPath(place)) != place:
            raise InputError(f"the path is {place!r}, allowed is: an absolute one in its shortest form")
    if is_within(live, replacement) or is_within(replacement, live):
        raise InputError(f"replacement is {replacement!r}, and it and {live} are one in the other")
    _refuse_replacement(switch, seen["replacement"], seen["live"])
    if seen["aside"].id:
        raise InputError(f"{switch.aside} is there already, an earlier switch was neither accepted nor undone")
    if seen["live"].mounted:
        raise InputError(f"{live} is a mount point, which cannot be moved aside", "Use method=delta.")
    return switch


def aside_of(live: str, name: str) -> str:
    """Where the live directory waits for being accepted or undone.

    >>> aside_of("/var/lib/postgresql/17/main", "20241225_143000")
    '/var/lib/postgresql/17/main.before-20241225_143000'
    """
    return f"{live}.before-{name}"


def _refuse_replacement(switch: Switch, found: Directory, live: Directory) -> None:
    label = f"replacement is {switch.replacement!r}"
    if not found.version or not found.system:
        raise InputError(f"{label}, which holds no PostgreSQL data directory")
    if found.running:
        raise InputError(f"{label}, which a server uses", "Stop it first.")
    if found.mounted:
        raise InputError(f"{label}, which is a mount point and cannot be moved")
    if (found.owner, found.mode) not in (("postgres", "0700"), ("postgres", "0750")):
        raise InputError(f"{label} of {found.owner} with mode {found.mode}, allowed is: postgres with 0700 or 0750")
    if not live.id:
        return
    for what, one, other in (
        ("file system", found.device, live.device),
        ("major version", found.version, live.version),
        ("database system", found.system, live.system),
    ):
        if one != other:
            raise InputError(
                f"{label} of {what} {one}, the live one is of {other}", "Restore the same cluster beside it."
            )
    shared = sorted(set(found.links) & set(live.links))
    if shared:
        raise InputError(f"{label}, which shares {shared[0]} with the live one", "Restore tablespaces elsewhere.")


@dataclass(frozen=True)
class Move:
    """A directory that is to be renamed."""

    source: str
    target: str


def move_of(switch: Switch, step: str, ids: Mapping[str, str], *, back: bool = False) -> Move | None:
    """What to rename for a step, or nothing when it was done already.

    :param ids: which directory is at ``live``, ``aside`` and ``replacement`` now; empty for none.
    :param back: the step is taken back.
    :raises StewardError: the directories are not where this switch can have put them.
    """
    known, places = {
        ASIDE: (switch.live_id, ("live", "aside")),
        IN: (switch.replacement_id, ("replacement", "live")),
    }[step]
    if not known:
        # A bare host has nothing to put aside.
        return None
    source, target = reversed(places) if back else places
    if ids[target] == known:
        return None
    if ids[source] == known and not ids[target]:
        return Move(getattr(switch, source), getattr(switch, target))
    seen = ", ".join(
        f"{getattr(switch, place)}: {ids[place] or 'nothing'}" for place in ("live", "aside", "replacement")
    )
    raise StewardError(
        f"the directories are not where the switch {switch.name} left them ({seen})",
        f"Somebody moved them. {switch.live_id} was the live one, {switch.replacement_id} the replacement.",
    )


def from_facts(facts: Mapping[str, Any]) -> Switch:
    return Switch(**facts)


def needs_timeline(switch: Switch, journal: Mapping[str, Any]) -> bool:
    """Whether the former directory has to go on in a newer timeline: the replacement was started and archived."""
    started = next(row["state"] for row in journal["steps"] if row["step"] == START)
    return bool(switch.restore_command) and started != PENDING


def render_recovery(switch: Switch) -> str:
    """What a directory is told that is to end its own timeline and begin a newer one.

    The server looks by this command which timelines there are, and follows none of them but its own.
    """
    command = switch.restore_command.replace("'", "''")
    return f"restore_command = '{command}'\nrecovery_target_timeline = 'current'\n"
