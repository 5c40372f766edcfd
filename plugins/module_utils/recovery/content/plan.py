# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where files of a set wait beside those that are there, and what moves when they take their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...core.errors import InputError
from ..erasures.model import LEDGER

# What has to read its files anew, when they were restored.
UNITS: Mapping[str, tuple[str, ...]] = {
    "/etc/nginx": ("nginx.service",),
    "/etc/haproxy": ("haproxy.service",),
}
SYSTEMD = "/etc/systemd/system"


@dataclass(frozen=True)
class Place:
    """A file or folder of a set: where it lives, where its replacement waits, and where what was there is kept."""

    live: str
    staged: str
    kept: str


def place_of(path: str, name: str) -> Place:
    """The places of a path in the recovery with this name, all in one folder.

    >>> place_of("/etc/nginx", "20261128_120000").kept
    '/etc/.nginx.before-20261128_120000'
    """
    live = PurePosixPath(path)
    return Place(
        path, str(live.with_name(f".{live.name}.restored-{name}")), str(live.with_name(f".{live.name}.before-{name}"))
    )


def places_of(paths: Iterable[str], name: str) -> list[Place]:
    """The places of all paths of a part but the ledger of erasures, which never goes back in time.

    A path inside another one moves with that.

    :raises InputError: a path is at the root, so nothing can wait beside it.
    """
    given = {PurePosixPath(path) for path in paths}
    wanted = [path for path in paths if path != LEDGER and not given.intersection(PurePosixPath(path).parents)]
    for path in wanted:
        if len(PurePosixPath(path).parts) < 2:
            raise InputError(f"{path!r} is in the set, allowed is: a path below /")
    return [place_of(path, name) for path in wanted]


def incoming_of(path: str, name: str) -> str:
    """Where restic brings files of one file system, before each waits beside its place."""
    return str(PurePosixPath(path).with_name(f".incoming-{name}"))


def never_stored(place: Place, excludes: Sequence[str]) -> list[str]:
    """The patterns of what lies below a path and is in no set, such as the keys of the backups."""
    return [pattern for pattern in excludes if pattern.startswith(f"{place.live}/")]


def target_of(place: Place, path: str) -> str:
    """Where something of the live folder lies in its replacement."""
    return f"{place.staged}{path.removeprefix(place.live)}"


def units_of(paths: Iterable[str]) -> list[str]:
    """The units that read these files."""
    return [unit for path in paths for unit in UNITS.get(path, ())]
