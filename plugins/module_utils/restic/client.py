# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs restic on a host's repository.

Every function takes the repository first and all else by keyword. A repository that somebody else uses is waited for
``wait`` seconds (BusyError after that); locks that dead processes of this host left are removed on the way.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from ..core import process, streams
from ..core.errors import InputError, StewardError
from ..core.process import Completed
from . import command, parse, plan
from .model import Repository, Snapshot
from .parse import Progress

WAIT_SECONDS = 60.0
POLL_SECONDS = 2.0
# restic repeats a refused deletion on a local disk for a quarter of an hour and then calls it done.
FORGET_SECONDS = 60.0
# One line of progress a second, where nobody watches on a terminal.
ENVIRONMENT = {"RESTIC_PROGRESS_FPS": "1"}
# restic asks a storage that does not answer again for a quarter of an hour.
ASK_SECONDS = 120.0
TEXT_BYTES = 16 << 20
Watch = Callable[[Progress], None]


def version() -> str:
    """The installed version.

    :raises StewardError: it is missing or too old.
    """
    return parse.parse_version(process.run(command.build_version(), timeout=ASK_SECONDS).stdout)


def exists(repository: Repository, *, wait: float = WAIT_SECONDS) -> bool:
    """Whether the repository is there and opens with its password.

    :raises PasswordError: it does not open.
    """
    try:
        _run(repository, command.build(repository, "cat", "config"), wait=wait)
    except parse.AbsentError:
        return False
    return True


def initialise(repository: Repository) -> None:
    """Make the repository.

    :raises StewardError: there is one already, or it cannot be made.
    """
    version()
    _run(repository, command.build(repository, "init"))


def backup_paths(
    repository: Repository,
    *,
    part: str,
    paths: Sequence[str],
    optional: Sequence[str] = (),
    excludes: Sequence[str] = (),
    tags: Mapping[str, str],
    host: str,
    progress: Watch | None = None,
    wait: float = WAIT_SECONDS,
) -> dict[str, Any]:
    """Store files and directories in one snapshot and return the part's result.

    :param optional: paths that may be absent; which ones were is in ``details.absent``.
    :param excludes: patterns as restic's ``--exclude`` reads them.
    :param host: stands in the snapshot, so that the next one finds its predecessor.
    :raises NothingError: all paths are optional and none is there.
    :raises StewardError: a path is not there, or no snapshot came of it.
    """
    present = present_paths(paths, optional)
    argv = command.build_backup(repository, present, excludes=excludes, tags=tags, host=host)
    result = _backup(repository, part, argv, progress=progress, wait=wait)
    result["details"] |= {"paths": present, "absent": [path for path in optional if path not in present]}
    return result


def list_older(paths: Sequence[str], days: int) -> list[str]:
    """Patterns of the files below some paths that nobody wrote to for so many days, to be excluded."""
    limit = time.time() - days * 86400
    files = (f"{place}/{name}" for path in paths for place, _folders, names in os.walk(path) for name in names)
    old = []
    for file in files:
        # Logs are rotated away while we look.
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(file).st_mtime < limit:
                old.append(command.escape(file))
    return old


def present_paths(paths: Sequence[str], optional: Sequence[str]) -> list[str]:
    """Those of the paths that are there.

    :raises StewardError: one that must be there is not, or is a symbolic link.
    """
    present = [*paths, *(path for path in optional if os.path.lexists(path))]
    missing = [path for path in paths if not os.path.lexists(path)]
    plan.refuse_paths(missing, [path for path in present if os.path.islink(path)], present)
    return present


def backup_stream(
    repository: Repository,
    *,
    part: str,
    filename: str,
    producer: Sequence[str] | bytes,
    tags: Mapping[str, str],
    host: str,
    progress: Watch | None = None,
    wait: float = WAIT_SECONDS,
) -> dict[str, Any]:
    """Store what a program writes, or bytes, as one file; on the way they touch no disk.

    :param producer: the program's arguments; when it fails, there is no snapshot.
    :raises StewardError: no snapshot came of it.
    """
    data = producer if isinstance(producer, bytes) else None
    argv = command.build_stream(
        repository, filename, () if isinstance(producer, bytes) else producer, tags=tags, host=host
    )
    result = _backup(repository, part, argv, input=data, progress=progress, wait=wait)
    result["details"] |= {"filename": filename}
    return result


def _backup(
    repository: Repository, part: str, argv: Sequence[str], *, input: bytes | None = None, progress: Watch | None,
    wait: float,
) -> dict[str, Any]:  # fmt: skip
    installed = version()
    done = _run(
        repository, argv, good=(parse.DONE, parse.UNREADABLE), input=input, progress=progress, wait=wait, timeout=None
    )
    return parse.parse_backup(part, repository, installed, done.stdout, done.stderr)


def snapshots(
    repository: Repository, *, tags: Mapping[str, str] | None = None, wait: float = WAIT_SECONDS
) -> list[Snapshot]:
    """The snapshots that have all of the tags, oldest first."""
    listed = "".join(_lines(repository, command.build_snapshots(repository, tags or {}), wait=wait))
    return parse.parse_snapshots(listed)


def _lines(repository: Repository, argv: Sequence[str], *, wait: float) -> list[str]:
    lines: list[str] = []
    _run(repository, argv, on_line=lines.append, wait=wait)
    return lines


def survey(
    repository: Repository, *, snapshot: str, target: str, include: Sequence[str] = (), subfolder: str = "",
    wait: float = WAIT_SECONDS,
) -> tuple[list[tuple[str, str, int]], int]:  # fmt: skip
    """What a restore would bring back: the first items, and how many more. Writes nothing."""
    argv = command.build_restore(repository, snapshot, target, include=include, subfolder=subfolder, dry_run=True)
    items: list[tuple[str, str, int]] = []
    more = 0

    def note(line: str) -> None:
        nonlocal more
        item = parse.parse_item(line)
        if item is None or item[0] == plan.UNCHANGED:
            return
        if len(items) < plan.SHOWN_ITEMS:
            items.append(item)
        else:
            more += 1

    _run(repository, argv, on_line=note, wait=wait, timeout=None)
    return items, more


def restore(
    repository: Repository,
    *,
    snapshot: str,
    target: str,
    include: Sequence[str] = (),
    subfolder: str = "",
    verify: bool = True,
    overwrite: bool = False,
    progress: Watch | None = None,
    wait: float = WAIT_SECONDS,
) -> dict[str, int]:
    """Bring files back below ``target`` and return how many and how large; with ``verify`` each is read again.

    :param include: paths of the snapshot; all of it when empty.
    :param subfolder: directory of the snapshot that becomes the target, without the way to it. It then appears when
        all of it is there, with its own owner and mode; not so with ``overwrite``, which leaves the target's.
    :raises InputError: the target is not empty and ``overwrite`` is false.
    :raises StewardError: something could not be restored, or there was nothing to restore.
    """
    look_at_target(target, overwrite=overwrite)
    if not subfolder or overwrite:
        argv = command.build_restore(repository, snapshot, target, include=include, subfolder=subfolder, verify=verify)
        return _restore(repository, argv, progress, wait)
    # restic gives the directory itself neither owner nor mode; with the way to it, it does.
    with tempfile.TemporaryDirectory(dir=os.path.dirname(target.rstrip("/")), prefix=".restore.") as staging:
        wanted = command.below(subfolder, include)
        argv = command.build_restore(repository, snapshot, staging, include=wanted, verify=verify)
        done = _restore(repository, argv, progress, wait)
        os.replace(f"{staging}/{subfolder.strip('/')}", target)
    return done


def _restore(repository: Repository, argv: Sequence[str], progress: Watch | None, wait: float) -> dict[str, int]:
    done = parse.parse_restore(_run(repository, argv, progress=progress, wait=wait, timeout=None).stdout)
    if not done["files"]:
        raise StewardError("the snapshot had nothing of what was to be restored", "Look at include and subfolder.")
    return done


def look_at_target(target: str, *, overwrite: bool) -> None:
    """See that files may be restored to a directory.

    :raises InputError: there are some already, or the directory in which it would appear is not there.
    """
    try:
        entries = os.listdir(target)
    except FileNotFoundError:
        entries = None
    except NotADirectoryError as error:
        raise InputError(f"target is {target}, which is no directory") from error
    parent = os.path.dirname(target.rstrip("/"))
    plan.refuse_target(target, entries, parent if os.path.isdir(parent) else None, overwrite=overwrite)


def dump(repository: Repository, *, snapshot: str, path: str, wait: float = WAIT_SECONDS) -> str:
    """The text of a small file in a snapshot, such as a set's manifest.

    :raises StewardError: there is no such file, or it is too large to be read into memory.
    """
    # In memory only: on a disk it would lie unencrypted.
    with os.fdopen(os.memfd_create("dump"), "w+b") as held:
        _dump_into(repository, snapshot, path, held, wait)
        if held.tell() > TEXT_BYTES:
            raise StewardError(f"{path} has {held.tell()} bytes, too many to be read as a text")
        held.seek(0)
        return held.read().decode()


def dump_file(repository: Repository, *, snapshot: str, path: str, target: str, wait: float = WAIT_SECONDS) -> None:
    """Write a file of a snapshot to ``target``, which is root's alone and appears whole or not at all."""
    handle, staged = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".dump.")
    try:
        with os.fdopen(handle, "wb") as file:
            _dump_into(repository, snapshot, path, file, wait)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staged, target)
    except BaseException:
        os.unlink(staged)
        raise


def _dump_into(repository: Repository, snapshot: str, path: str, file: IO[bytes], wait: float) -> None:
    def rewind() -> None:
        file.seek(0)
        file.truncate()

    _run(
        repository, command.build_dump(repository, snapshot, path), output=file, before=rewind, wait=wait, timeout=None
    )
    file.seek(0, os.SEEK_END)


def check(repository: Repository, *, read_data_subset: str = "", wait: float = WAIT_SECONDS) -> dict[str, Any]:
    """Whether the repository is whole: ``sound``, ``errors`` and ``damaged_packs``.

    :param read_data_subset: how much of the data is read, too (``100%``, ``1/7``, ``2G``); without it only the
        structure and the sizes of files are looked at.
    """
    argv = command.build_check(repository, read_data_subset)
    done = _run(repository, argv, good=(parse.DONE, 1), wait=wait, timeout=None)
    return parse.parse_check(done.stdout, done.stderr, done.returncode)


def forget(repository: Repository, *, ids: Sequence[str], wait: float = WAIT_SECONDS) -> None:
    """Remove snapshots, and see that they are gone; their data goes with the next :func:`prune`.

    :raises StewardError: some are still there, or one was never there.
    """
    before = snapshots(repository, wait=wait)
    plan.refuse_unknown(ids, before)
    if not ids:
        return
    # When it was still trying, what remains says that it could not.
    with contextlib.suppress(process.CommandError):
        _run(repository, command.build_forget(repository, ids), wait=wait, timeout=FORGET_SECONDS + len(ids))
    plan.refuse_remaining(ids, snapshots(repository, wait=wait))


def prune(repository: Repository, *, wait: float = WAIT_SECONDS) -> None:
    """Remove data that no snapshot needs any more."""
    _run(repository, command.build(repository, "prune"), wait=wait, timeout=None)


def _run(
    repository: Repository,
    argv: Sequence[str],
    *,
    good: Sequence[int] = (parse.DONE,),
    wait: float = WAIT_SECONDS,
    timeout: float | None = ASK_SECONDS,
    progress: Watch | None = None,
    on_line: Callable[[str], None] | None = None,
    before: Callable[[], None] = lambda: None,
    **given: Any,
) -> Completed:
    """Run restic, again while somebody else holds the repository and the time is not over."""
    deadline = time.monotonic() + wait
    environment = {**ENVIRONMENT, **repository.environment}

    def show(line: str) -> None:
        seen = parse.parse_progress(line) if progress else None
        if progress and seen:
            progress(seen)

    while True:
        before()
        done = streams.follow(argv, on_line=on_line or show, env=environment, timeout=timeout, **given)
        if done.returncode in good:
            return done
        if done.returncode != parse.LOCKED or time.monotonic() > deadline:
            raise parse.failure(repository, _verb(repository, argv), done.returncode, done.stderr)
        # Removes only what dead processes of this host left, and what nobody has refreshed for half an hour.
        streams.follow(command.build(repository, "unlock"), env=environment, timeout=ASK_SECONDS)
        time.sleep(POLL_SECONDS)


def _verb(repository: Repository, argv: Sequence[str]) -> str:
    return argv[len(command.build(repository))]
