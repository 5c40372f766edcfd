# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of verification: its levels, the scratch instance, and the live clusters it must stay away from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ..core.errors import InputError
from ..core.findings import FAIL, ORDER, PASS, Finding, worst

# State files of a newer schema are refused rather than misread.
SCHEMA = 1
# The account of PostgreSQL on Debian, which owns what was restored.
ACCOUNT = "postgres"
# Exists in scratch instances alone, so that nothing it is given opens production.
ROLE = "steward_scratch"
MARKER = "steward-scratch.json"
# A socket's path with its end does not fit into more (sys/un.h).
SOCKET_PATH_MAXIMUM = 107
PORTS = (1024, 65535)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")

LISTED, CHECKSUMS, RESTORED, ASSERTED, SERVED = range(5)
LEVELS: Mapping[int, str] = {
    LISTED: "listed in its repository",
    CHECKSUMS: "checksums are right and no WAL is missing",
    RESTORED: "restored into a scratch instance and replayed to the end",
    ASSERTED: "holds what it held: rows, sizes, sound indexes, the canary",
    SERVED: "the application starts against it",
}
# Which part of a set can be proved how far.
HIGHEST: Mapping[str, int] = {"postgresql": SERVED}
HIGHEST_OF_OTHERS = RESTORED


def plan_levels(wanted: int, part: str, *, integrity_only: bool = False) -> tuple[int, ...]:
    """The levels to go through, each resting on those before.

    >>> plan_levels(3, "postgresql", integrity_only=True)
    (0, 1)

    :raises InputError: there is no such level.
    """
    if wanted not in LEVELS:
        raise InputError(f"level is {wanted}, allowed is: {LISTED} to {SERVED}")
    highest = min(wanted, HIGHEST.get(part, HIGHEST_OF_OTHERS))
    return tuple(range(min(highest, CHECKSUMS if integrity_only else highest) + 1))


@dataclass(frozen=True)
class Check:
    """One thing that was looked at on a level, with the figures it was judged by."""

    level: int
    name: str
    status: str
    message: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        finding = Finding(self.name, self.status, self.message).to_dict()
        finding.pop("hint")
        return {"level": self.level, **finding, "figures": dict(self.figures)}


def judge(checks: Sequence[Check]) -> tuple[str, int]:
    """The worst status and the highest level that was passed whole, -1 for none.

    A level without a check was not looked at, and what could not be told is no pass.
    """
    passed = -1
    for level in LEVELS:
        of_level = [Finding(check.name, check.status, check.message) for check in checks if check.level == level]
        if ORDER.index(worst(of_level)) > ORDER.index("warn"):
            break
        passed = level
    return worst(Finding(check.name, check.status, check.message) for check in checks), passed


@dataclass(frozen=True)
class Scratch:
    """Where a scratch instance lives: its folder below ``root``, and the number in its socket's name."""

    name: str
    root: str
    port: int
    version: str

    @property
    def folder(self) -> str:
        return f"{self.root}/{self.name}"

    @property
    def data(self) -> str:
        """The directory into which a backup is restored, by whatever means."""
        return f"{self.folder}/data"

    @property
    def configuration(self) -> str:
        return f"{self.folder}/configuration"

    @property
    def sockets(self) -> str:
        return f"{self.folder}/sockets"

    @property
    def log(self) -> str:
        return f"{self.folder}/log/postgresql.log"

    @property
    def unit(self) -> str:
        return f"steward-scratch-{self.name}.service"


@dataclass(frozen=True)
class Cluster:
    """A cluster of this host that is not ours to touch; ``places`` are its resolved directories."""

    name: str
    version: str
    port: int
    places: tuple[str, ...]


def build_scratch(name: str, root: str, port: int, version: str) -> Scratch:
    """:raises InputError: naming the value that is not allowed."""
    if not _NAME.fullmatch(name):
        raise InputError(f"name is {name!r}, allowed is: {_NAME.pattern}")
    if not PORTS[0] <= port <= PORTS[1]:
        raise InputError(f"port is {port}, allowed is: {PORTS[0]} to {PORTS[1]}")
    if not re.fullmatch(r"[1-9][0-9]", version):
        raise InputError(f"version is {version!r}, allowed is: a major version such as 17")
    path = PurePosixPath(root)
    # The root's own parent stays what it is, so a folder directly below / is too much.
    if not path.is_absolute() or str(path) != root or ".." in path.parts or len(path.parts) < 3:
        raise InputError(f"root is {root!r}, allowed is: an absolute path of two or more folders")
    scratch = Scratch(name, root, port, version)
    longest = f"{scratch.sockets}/.s.PGSQL.{port}"
    if len(longest) > SOCKET_PATH_MAXIMUM:
        raise InputError(f"root is {root!r}, its socket's path would have {len(longest)} characters",
                         f"At most {SOCKET_PATH_MAXIMUM} are possible.")  # fmt: skip
    return scratch


def refuse_live(scratch: Scratch, resolved: str, clusters: Sequence[Cluster]) -> None:
    """Keep a scratch instance away from what serves.

    :param resolved: where the scratch's folder really is, links followed.
    :raises InputError: its name, port or place is a live cluster's, or one is inside the other.
    """
    if resolved != scratch.folder:
        raise InputError(f"root is {scratch.root!r}, which leads to {resolved}; allowed is: a path without links")
    for cluster in clusters:
        label = f"the cluster {cluster.version}/{cluster.name}"
        if scratch.name == cluster.name:
            raise InputError(f"name is {scratch.name!r}, which is that of {label}; allowed is: another")
        if scratch.port == cluster.port:
            raise InputError(f"port is {scratch.port}, which is that of {label}; allowed is: another")
        for place in cluster.places:
            if is_within(resolved, place) or is_within(place, resolved):
                raise InputError(f"root is {scratch.root!r}, and {resolved} and {place} of {label} are one in the "
                                 "other; allowed is: a path apart")  # fmt: skip


def is_within(path: str, folder: str) -> bool:
    """Whether a path is the folder itself or below it.

    >>> is_within("/srv/pg2", "/srv/pg")
    False
    """
    return PurePosixPath(path).is_relative_to(folder)


def link_checks(scratch: Scratch, links: Mapping[str, str]) -> list[Check]:
    """What was restored must not reach out: tablespaces and WAL lie in the scratch's own folder.

    :param links: each link in the data directory and where it really leads.
    """
    outside = {link: target for link, target in links.items() if not is_within(target, scratch.folder)}
    if not outside:
        return [Check(RESTORED, "links", PASS, "the data directory is whole in its own folder", {"links": len(links)})]
    said = ", ".join(f"{link} leads to {target}" for link, target in sorted(outside.items()))
    return [Check(RESTORED, "links", FAIL, f"{said}, outside of {scratch.folder}", {"links": len(links)})]
