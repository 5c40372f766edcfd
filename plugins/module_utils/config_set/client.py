# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a set of configuration, and publish it whole or not at all."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import posixpath
import pwd
import stat
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from ..core import files, process, systemd
from ..core.errors import StewardError
from ..core.plan import Change, Plan
from .model import ABSENT, DIRECTORY, FILE, LINK, OTHER, Attributes, Entry, WantedFile, Wish, World
from .parse import STAGED
from .plan import FINISH, LINK_TO, MAKE, REMOVE, SET, WRITE
from .secrecy import redact

# Lost at a reboot on purpose: after one, every service has read what is on disk.
UNFINISHED = "/run/steward-config-set"
COMMAND_SECONDS = 300


def observe(wish: Wish) -> World:
    """Read everything the wish names."""
    owners = {wanted.attributes.owner for wanted in wish.owned}
    groups = {wanted.attributes.group for wanted in wish.owned}
    with_content = {file.path for file in wish.files}
    looked_into = {posixpath.dirname(path) for path in wish.entries}
    for directory in wish.directories:
        looked_into |= {directory.path, posixpath.dirname(directory.path)}
    return World(
        entries={path: _entry(path, os.lstat, read=path in with_content) for path in wish.entries},
        directories={path: _entry(path, os.stat, read=False) for path in looked_into},
        users={name: _canonical(name, files.number_of_user, pwd.getpwuid) for name in owners},
        groups={name: _canonical(name, files.number_of_group, grp.getgrgid) for name in groups},
        unfinished=os.path.exists(_marker(wish)),
    )


def apply(wish: Wish, plan: Plan) -> None:
    """Make the changes, check and reload; whatever fails, the world is as it was.

    :raises StewardError: something failed; the message is what the failing step said, without secrets.
    """
    with ExitStack() as done, ExitStack() as undo:
        try:
            _publish(wish, plan, undo, done)
            _run_all(wish.check)
        except (StewardError, OSError) as error:
            raise _failure(wish, error, _put_back(wish, plan, undo)) from error
        try:
            _run_all(wish.reload)
        except StewardError as error:
            outcome = _put_back(wish, plan, undo)
            raise _failure(wish, error, f"{outcome} {_reload_again(wish)}") from error
        _forget(wish)
        undo.pop_all()


def _put_back(wish: Wish, plan: Plan, undo: ExitStack) -> str:
    """Undo what was done, and say how that went."""
    if any(change.action == FINISH for change in plan.changes):
        return "An earlier run died and left these files; they are still there."
    try:
        undo.close()
    except (StewardError, OSError) as error:
        return f"Putting everything back failed too: {error}."
    _forget(wish)
    return "Everything was put back as it was."


def _publish(wish: Wish, plan: Plan, undo: ExitStack, done: ExitStack) -> None:
    """Directories first, then all files beside their targets, then all validations, and only then the names."""
    _remember(wish)
    writes = [change for change in plan.changes if change.action == WRITE]
    for change in plan.changes:
        if change.action in (MAKE, SET):
            ACTIONS[change.action](change, undo, done)
    for change in writes:
        undo.callback(files.remove, _beside(change.subject, "staged"))
        _write(_beside(change.subject, "staged"), change.data["content"], change.data["attributes"])
    validators = {file.path: file for file in wish.files if file.validate}
    for change in writes:
        if change.subject in validators:
            _validate(validators[change.subject])
    for change in plan.changes:
        if change.action not in (MAKE, SET):
            ACTIONS[change.action](change, undo, done)


def _make_directory(change: Change, undo: ExitStack, done: ExitStack) -> None:
    os.mkdir(change.subject, 0o700)
    undo.callback(os.rmdir, change.subject)
    _set_attributes(change.subject, change.data["attributes"])


def _set_directory(change: Change, undo: ExitStack, done: ExitStack) -> None:
    undo.callback(_set_attributes, change.subject, change.data["old"])
    _set_attributes(change.subject, change.data["attributes"])


def _publish_file(change: Change, undo: ExitStack, done: ExitStack) -> None:
    _keep(change.subject, undo, done)
    os.replace(_beside(change.subject, "staged"), change.subject)


def _publish_link(change: Change, undo: ExitStack, done: ExitStack) -> None:
    staged = _beside(change.subject, "staged")
    files.remove(staged)
    os.symlink(change.data["target"], staged)
    undo.callback(files.remove, staged)
    _keep(change.subject, undo, done)
    os.replace(staged, change.subject)


def _remove(change: Change, undo: ExitStack, done: ExitStack) -> None:
    _keep(change.subject, undo, done)
    files.remove(change.subject)


def _nothing(change: Change, undo: ExitStack, done: ExitStack) -> None:
    """An interrupted run left its files; what is missing are check and reload."""


ACTIONS: dict[str, Callable[[Change, ExitStack, ExitStack], None]] = {
    MAKE: _make_directory,
    SET: _set_directory,
    WRITE: _publish_file,
    LINK_TO: _publish_link,
    REMOVE: _remove,
    FINISH: _nothing,
}


def _keep(path: str, undo: ExitStack, done: ExitStack) -> None:
    """Hold on to what has the path now under a second name, so that it comes back with all it had."""
    if not os.path.lexists(path):
        undo.callback(files.remove, path)
        return
    before = _beside(path, "before")
    files.remove(before)
    os.link(path, before, follow_symlinks=False)
    done.callback(files.remove, before)
    undo.callback(os.replace, before, path)


def _beside(path: str, purpose: str) -> str:
    """A hidden name in the same directory, with the suffix that some checkers insist on."""
    return posixpath.join(posixpath.dirname(path), f".steward-{purpose}.{posixpath.basename(path)}")


def _write(path: str, content: str, attributes: Attributes) -> None:
    files.write(path, content, mode=attributes.mode, owner=attributes.owner, group=attributes.group)


def _set_attributes(path: str, attributes: Attributes) -> None:
    # The mode last: a change of owner clears setuid and setgid.
    os.chown(path, files.number_of_user(attributes.owner), files.number_of_group(attributes.group))
    os.chmod(path, int(attributes.mode, 8))


def _validate(wanted: WantedFile) -> None:
    staged = _beside(wanted.path, "staged")
    try:
        process.run([word.replace(STAGED, staged) for word in wanted.validate], timeout=COMMAND_SECONDS)
    except process.CommandError as error:
        raise StewardError(f"the new {wanted.path} is not valid: {error}".replace(staged, wanted.path)) from error


def _run_all(commands: tuple[tuple[str, ...], ...]) -> None:
    for argv in commands:
        units = _units(argv)
        systemd.lift_start_limit(units)
        try:
            process.run(argv, timeout=COMMAND_SECONDS)
        except process.CommandError as error:
            words = f"\n{systemd.last_words(units)}" if units else ""
            raise StewardError(f"{error.message}{words}", error.hint) from error


def _units(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The units a systemctl command is about."""
    return argv[2:] if argv[0] == "systemctl" else ()


def _reload_again(wish: Wish) -> str:
    try:
        _run_all(wish.reload)
    except StewardError as error:
        return f"The reload after that failed too: {error}"
    return "The reload after that succeeded."


def _failure(wish: Wish, error: Exception, outcome: str) -> StewardError:
    secrets = [file.content for file in wish.files if file.secret]
    return StewardError(redact(str(error), secrets), redact(outcome, secrets))


def _marker(wish: Wish) -> str:
    """Tells a run that died between publishing and reloading from one that finished."""
    identity = json.dumps([sorted(wish.entries), wish.reload])
    return posixpath.join(UNFINISHED, hashlib.sha256(identity.encode()).hexdigest())


def _remember(wish: Wish) -> None:
    if wish.check or wish.reload:
        os.makedirs(UNFINISHED, mode=0o700, exist_ok=True)
        files.write(_marker(wish), "", mode="0600", owner=str(os.getuid()), group=str(os.getgid()))


def _forget(wish: Wish) -> None:
    files.remove(_marker(wish))


def _entry(path: str, look: Callable[[str], os.stat_result], *, read: bool) -> Entry:
    try:
        status = look(path)
    except (FileNotFoundError, NotADirectoryError):
        return Entry(ABSENT)
    attributes = Attributes(
        f"{stat.S_IMODE(status.st_mode):04o}",
        _name(pwd.getpwuid, status.st_uid),
        _name(grp.getgrgid, status.st_gid),
    )
    if stat.S_ISLNK(status.st_mode):
        return Entry(LINK, target=os.readlink(path))
    if stat.S_ISREG(status.st_mode):
        state = files.observe(path) if read else None
        return Entry(FILE, attributes, content=state.content if state else "")
    return Entry(DIRECTORY if stat.S_ISDIR(status.st_mode) else OTHER, attributes)


def _canonical(name: str, number_of: Callable[[str], int], lookup: Callable[[int], Any]) -> str | None:
    try:
        return _name(lookup, number_of(name))
    except StewardError:
        return None


def _name(lookup: Callable[[int], Any], number: int) -> str:
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)
