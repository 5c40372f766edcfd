# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt, dpkg and the kernel say, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .model import INIT, Package, Simulation

_INSTALL = re.compile(r"^Inst (?P<name>\S+) (?:\[(?P<before>[^]]+)\] )?\((?P<after>\S+) (?P<origin>.*?)\s?\[\w+\]\)")
_REMOVE = re.compile(r"^(?:Remv|Purg) (?P<name>\S+)(?: \[(?P<before>[^]]+)\])?")
_UPGRADABLE = re.compile(r"^(?P<name>[^/\s]+)/\S* .*\[upgradable from: [^]]+\]$")
_MAP = re.compile(r"^\S+ \S{4} \S+ \S+ \d+\s+(?P<path>/.*?)(?P<deleted> \(deleted\))?$")
# What packages own; elsewhere files come and go while they are in use.
_OWNED = re.compile(r"^/(usr|lib\w*|bin|sbin)/")
_CONTAINER = re.compile(r"^([0-9a-f]{64}|docker-[0-9a-f]{64}\.scope)$")


def parse_simulation(text: str) -> Simulation:
    """What ``apt-get --simulate`` would do, in its order."""
    found = []
    for line in text.splitlines():
        if match := _INSTALL.match(line):
            action = "upgrade" if match["before"] else "install"
            security = "security" in match["origin"].lower()
            package = Package(match["name"], action, match["before"] or "", match["after"], match["origin"], security)
            found.append(package)
        elif match := _REMOVE.match(line):
            found.append(Package(match["name"], "remove", match["before"] or ""))
    return Simulation(tuple(found))


def parse_upgradable(text: str) -> tuple[str, ...]:
    """The names in ``apt list --upgradable``, held ones among them."""
    return tuple(match["name"] for line in text.splitlines() if (match := _UPGRADABLE.match(line)))


def parse_maps(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Of ``/proc/<pid>/maps`` the files that packages own: all, and those that are gone from disk."""
    mapped, stale = set(), set()
    for line in text.splitlines():
        match = _MAP.match(line)
        if match and _OWNED.match(match["path"]):
            # dpkg keeps a file under another name while it replaces it.
            path = plain_path(match["path"].removesuffix(".dpkg-tmp").removesuffix(".dpkg-new"))
            mapped.add(path)
            if match["deleted"]:
                stale.add(path)
    return frozenset(mapped), frozenset(stale)


def parse_unit(text: str) -> str:
    """The unit a process belongs to by its ``/proc/<pid>/cgroup``; empty for one in a container or in a session.

    >>> parse_unit("0::/system.slice/ssh.service\\n")
    'ssh.service'
    """
    rows = [line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2]
    path = next((row[2] for row in rows if row[1] in ("", "name=systemd")), "")
    parts = path.strip("/").split("/")
    unit = next((number for number, part in enumerate(parts) if part.endswith(".service") or part == INIT), None)
    # A host that is a container itself has its own id before its units, and those of its containers behind them.
    if unit is None or any(_CONTAINER.match(part) for part in parts[unit:]):
        return ""
    return parts[unit]


def parse_file_list(text: str) -> frozenset[str]:
    """The files of a package, as dpkg keeps them."""
    return frozenset(plain_path(line) for line in text.splitlines())


def plain_path(path: str) -> str:
    """A path without Debian's links from / into /usr, so that two names of a file are one.

    >>> plain_path("/lib/x86_64-linux-gnu/libc.so.6")
    '/usr/lib/x86_64-linux-gnu/libc.so.6'
    """
    return f"/usr{path}" if re.match(r"^/(lib|lib64|bin|sbin)/", path) else path


def newest_kernel(kernels: Iterable[str]) -> str:
    """The newest of kernel releases such as ``6.12.57+deb13-amd64``; empty when there is none."""
    return max(kernels, key=_version_key, default="")


def _version_key(text: str) -> list[tuple[int, str]]:
    """Numbers by their value, and before any word."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|[a-z]+", text)]
