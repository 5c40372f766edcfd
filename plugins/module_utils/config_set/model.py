# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set of configuration is to be and what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Argv = tuple[str, ...]

ABSENT, FILE, DIRECTORY, LINK, OTHER = "absent", "file", "directory", "link", "special file"


@dataclass(frozen=True)
class Attributes:
    """Mode as four octal digits, and account names (or numbers where there is no name)."""

    mode: str
    owner: str
    group: str

    def __str__(self) -> str:
        return f"mode {self.mode}, owner {self.owner}, group {self.group}"


@dataclass(frozen=True)
class WantedFile:
    path: str
    content: str
    secret: bool
    attributes: Attributes
    validate: Argv = ()
    # A JSON merge patch (RFC 7396) instead of content: what others put into the file stays.
    patch: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class WantedDirectory:
    path: str
    attributes: Attributes


@dataclass(frozen=True)
class WantedLink:
    path: str
    target: str


@dataclass(frozen=True)
class Wish:
    """Everything one call asks for."""

    directories: tuple[WantedDirectory, ...] = ()
    files: tuple[WantedFile, ...] = ()
    links: tuple[WantedLink, ...] = ()
    absent: tuple[str, ...] = ()
    check: tuple[Argv, ...] = ()
    reload: tuple[Argv, ...] = ()

    @property
    def entries(self) -> tuple[str, ...]:
        """The paths that are files or links, or are to be none of both."""
        return (*(file.path for file in self.files), *(link.path for link in self.links), *self.absent)

    @property
    def owned(self) -> tuple[WantedDirectory | WantedFile, ...]:
        """What has an owner, a group and a mode."""
        return (*self.directories, *self.files)


@dataclass(frozen=True)
class Entry:
    """What has a path at present; ``content`` only for a file, ``target`` only for a link."""

    kind: str
    attributes: Attributes | None = None
    content: str = ""
    target: str = ""


@dataclass(frozen=True)
class World:
    """What is there.

    ``entries`` are looked at without following links, ``directories`` (wanted ones and the parents of everything) with.
    ``users`` and ``groups`` give each asked account the name the system shows for it, or None when it does not exist.
    ``unfinished`` says that an earlier run published this set and died before its reload.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    directories: Mapping[str, Entry] = field(default_factory=dict)
    users: Mapping[str, str | None] = field(default_factory=dict)
    groups: Mapping[str, str | None] = field(default_factory=dict)
    unfinished: bool = False
