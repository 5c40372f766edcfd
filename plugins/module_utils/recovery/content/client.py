# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings back what is not replayed: files, Redis and OpenBao; first beside what is there, then in its place."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from glob import glob
from typing import Any

from ...core import process
from ...core.errors import InputError, StewardError
from ...openbao.client import Server
from ...openbao.model import ADMIN_FILE
from ...openbao.snapshot import client as openbao
from ...pki.wishes import AUTHORITY_FILE
from ...redis.model import unit_of
from ...redis.snapshot import client as redis
from ...restic import client as restic
from ...restic.command import escape
from ...restic.model import PART, Repository
from ..erasures import client as erasures
from ..erasures.model import LEDGER
from . import plan
from .plan import Place

SECONDS = 600
OPENBAO_SECONDS = 60
Say = Callable[[str], object]


def fetch_files(
    repository: Repository, snapshot: str, paths: Sequence[str], excludes: Sequence[str], name: str
) -> dict[str, Any]:
    """Bring files beside those that are there; what is in no set is taken from those.

    :raises InputError: one is a mount point, which cannot be put aside.
    """
    places = plan.places_of(paths, name)
    for path in paths:
        if os.path.ismount(path):
            raise InputError(f"{path} is a mount point, which cannot be put aside", "Restore it by hand.")
    drop_files(paths, name)
    groups: dict[int, list[Place]] = {}
    for place in places:
        groups.setdefault(_device(os.path.dirname(place.live)), []).append(place)
    brought = 0
    for group in groups.values():
        incoming = plan.incoming_of(group[0].live, name)
        # The folder that they were in may be lost, too.
        os.makedirs(os.path.dirname(incoming), exist_ok=True)
        include = [escape(each.live) for each in group]
        done = restic.restore(repository, snapshot=snapshot, target=incoming, include=include)
        brought += done["files"]
        for place in group:
            os.makedirs(os.path.dirname(place.staged), exist_ok=True)
            if os.path.lexists(f"{incoming}{place.live}"):
                os.rename(f"{incoming}{place.live}", place.staged)
        shutil.rmtree(incoming)
    for place in places:
        _carry_over(place, excludes)
    if LEDGER in paths:
        erasures.adopt(restic.dump(repository, snapshot=snapshot, path=LEDGER).splitlines())
    return {"files": brought, "paths": [place.live for place in places if os.path.lexists(place.staged)]}


def _device(folder: str) -> int:
    """The file system of a folder, or of the nearest one above that is there."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return os.stat(folder).st_dev


def _carry_over(place: Place, excludes: Sequence[str]) -> None:
    for pattern in plan.never_stored(place, excludes):
        for path in sorted(glob(pattern)):
            target = plan.target_of(place, path)
            if os.path.isdir(os.path.dirname(target)) and not os.path.lexists(target):
                process.run(["cp", "--archive", "--", path, target], timeout=SECONDS)


def find_ledger(repository: Repository) -> int:
    """On a host without a ledger of erasures take over the one of the newest set that has it; returns its entries.

    Not the one of the set that is restored: that lacks who was erased since.
    """
    if os.path.exists(LEDGER):
        return 0
    for snapshot in reversed(restic.snapshots(repository, tags={PART: "configuration"})):
        if LEDGER in snapshot.paths:
            return erasures.adopt(restic.dump(repository, snapshot=snapshot.id, path=LEDGER).splitlines())
    return 0


def drop_files(paths: Sequence[str], name: str) -> None:
    """Remove what waits beside."""
    for place in plan.places_of(paths, name):
        _remove(place.staged)
        _remove(plan.incoming_of(place.live, name))


def switch_files(paths: Sequence[str], name: str) -> dict[str, Any]:
    """Put files in their place and keep what was there; what was done already is left."""
    for place in plan.places_of(paths, name):
        if not os.path.lexists(place.staged):
            continue
        if os.path.lexists(place.live) and not os.path.lexists(place.kept):
            _move(place.live, place.kept)
        # A copy onto another layer was whole before it had its name: what is left of the original can go.
        _remove(place.live)
        os.rename(place.staged, place.live)
    _tell(paths)
    return {}


def settle_files(paths: Sequence[str], name: str) -> None:
    """Where a killed switch or undo left nothing under a name, what was kept is there again; both then go on."""
    for place in plan.places_of(paths, name):
        if not os.path.lexists(place.live) and os.path.lexists(place.staged) and os.path.lexists(place.kept):
            os.rename(place.kept, place.live)


def put_back_files(paths: Sequence[str], name: str) -> None:
    """What was there is there again; what came waits beside once more."""
    for place in plan.places_of(paths, name):
        if not os.path.lexists(place.staged) and os.path.lexists(place.live):
            _move(place.live, place.staged)
        if os.path.lexists(place.kept):
            _remove(place.live)
            os.rename(place.kept, place.live)
    _tell(paths)


def accept_files(paths: Sequence[str], name: str) -> None:
    """Remove what was kept."""
    for place in plan.places_of(paths, name):
        _remove(place.kept)


def _move(source: str, target: str) -> None:
    """Rename, and where a container's lower layer refuses that, copy whole before the name appears."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        partial = f"{target}.partial"
        _remove(partial)
        process.run(["cp", "--archive", "--", source, partial], timeout=SECONDS)
        os.rename(partial, target)
        _remove(source)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _tell(paths: Iterable[str]) -> None:
    """Let those that run read what they have now."""
    if plan.SYSTEMD in paths:
        process.run(["systemctl", "daemon-reload"], timeout=SECONDS)
    for unit in plan.units_of(paths):
        if process.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode == 0:
            process.run(["systemctl", "reload", unit], timeout=SECONDS)


def fetch_file(repository: Repository, snapshot: str, path: str, target: str) -> dict[str, Any]:
    """Bring the one file of a part to where only root gets."""
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    restic.dump_file(repository, snapshot=snapshot, path=path, target=target)
    return {"file": target}


def check_redis(path: str) -> None:
    """:raises StewardError: the snapshot is damaged."""
    redis.check(path=path)


def kept_of_redis(instance: str) -> list[str]:
    """What restores of an instance put aside and nobody accepted."""
    found: list[str] = redis.observe_restore(instance=instance)["kept"]
    return found


def switch_redis(instance: str, path: str, before: Sequence[str]) -> dict[str, Any]:
    """Bring an instance back to a snapshot.

    :param before: what was aside when this recovery began; anything newer is of a run that was killed.
    """
    undo_redis(instance, before)
    done = redis.restore(instance=instance, path=path)
    return {"kept": done["kept"], "keys": done["keys"], "away": done["away"]}


def undo_redis(instance: str, before: Sequence[str]) -> None:
    """An instance has what it had before this recovery."""
    # One that was killed between two files may not have been started again.
    process.run(["systemctl", "start", unit_of(instance)], timeout=SECONDS)
    redis.settle(instance=instance)
    for kept in reversed([each for each in kept_of_redis(instance) if each not in before]):
        redis.undo(instance=instance, kept=kept)


def accept_redis(kept: str) -> None:
    """Remove what was aside."""
    if os.path.isdir(kept):
        redis.accept(kept=kept)


def check_openbao(path: str) -> None:
    """:raises StewardError: the snapshot is damaged."""
    openbao.inspect(path)


def openbao_options(address: str, path: str) -> dict[str, Any]:
    """How a server of this host is restored from a snapshot at a path."""
    return {
        "address": address,
        "ca_file": AUTHORITY_FILE,
        "path": path,
        "timeout": OPENBAO_SECONDS,
        "admin_file": ADMIN_FILE,
    }


def switch_openbao(address: str, path: str) -> dict[str, Any]:
    """Restore into an empty server; one that holds secrets keeps them.

    What is in use now is newer than any backup: to take it back would lock every service out.
    """
    server = Server(address, AUTHORITY_FILE)
    try:
        health = server.health()
    except StewardError as error:
        return {"warnings": [f"OpenBao does not answer, it is left alone: {error.message}"]}
    if health["initialized"]:
        return {"warnings": [f"OpenBao at {address} holds secrets and keeps them; only an empty one is restored"]}
    done: Mapping[str, Any] = openbao.restore(openbao_options(address, path))
    return {"login": done["login"]}
