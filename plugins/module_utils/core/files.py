# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to files: what is read is whole, what is written appears at once or not at all."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pwd
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .errors import StewardError


@dataclass(frozen=True)
class FileState:
    """A regular file as it is on disk; ``mode`` is octal text such as ``0640``."""

    content: str
    mode: str
    owner: str
    group: str


def observe(path: str) -> FileState | None:
    """The file's state, or None when there is no such file.

    :raises StewardError: the path exists and is not a regular file of UTF-8 text.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            status = os.fstat(file.fileno())
            return FileState(
                content=file.read(),
                mode=f"{stat.S_IMODE(status.st_mode):04o}",
                owner=name_of_user(status.st_uid),
                group=_name_of(grp.getgrgid, status.st_gid),
            )
    except FileNotFoundError:
        return None
    except (IsADirectoryError, UnicodeDecodeError) as error:
        raise StewardError(f"{path} is not a regular text file") from error


def name_of_user(number: int) -> str:
    """The account's name, or its number where it has none."""
    return _name_of(pwd.getpwuid, number)


def _name_of(lookup: Any, number: int) -> str:
    """The account's name, or its number where it has none (a container's uid)."""
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)


def read_lines(path: str, most: int) -> tuple[list[str], int]:
    """The whole lines at the end of a log, with their ends, and where they end; none of a missing file.

    A last line that has no end yet is left for later.

    :param most: bytes that are read, because logs grow without end.
    """
    try:
        with open(path, "rb") as file:
            begin = max(file.seek(0, os.SEEK_END) - most, 0)
            file.seek(begin)
            data = file.read(most)
    except FileNotFoundError:
        return [], 0
    # What was cut in the middle is no line.
    first = data.find(b"\n") + 1 if begin else 0
    last = data.rfind(b"\n") + 1
    return data[first:last].decode(errors="replace").splitlines(keepends=True), begin + last


def write(path: str, content: str, *, mode: str, owner: str = "root", group: str = "root") -> None:
    """Publish a file atomically: it has its owner and mode before it has its name.

    :param owner: account name or number; likewise ``group``.
    :raises StewardError: the account does not exist.
    """
    uid, gid = number_of_user(owner), number_of_group(group)
    handle, staged = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), int(mode, 8))
            os.fsync(file.fileno())
        os.replace(staged, path)
    except BaseException:
        os.unlink(staged)
        raise


def number_of_user(owner: str) -> int:
    """The uid of an account name or number."""
    return _number_of(pwd.getpwnam, owner, "user")


def number_of_group(group: str) -> int:
    """The gid of a group name or number."""
    return _number_of(grp.getgrnam, group, "group")


def _number_of(lookup: Any, name: str, kind: str) -> int:
    if name.isdigit():
        return int(name)
    try:
        return int(lookup(name)[2])
    except KeyError as error:
        raise StewardError(f"the {kind} {name} does not exist") from error


def remove(path: str) -> None:
    """Remove a file; one that is not there is fine."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def read_json(path: str) -> Any:
    """The JSON document in a file, or None when there is no such file.

    :raises StewardError: the file holds no JSON.
    """
    state = observe(path)
    if state is None:
        return None
    try:
        return json.loads(state.content)
    except ValueError as error:
        raise StewardError(f"{path} is not JSON: {error}") from error


def write_json(path: str, document: Any, *, mode: str = "0640", owner: str = "root", group: str = "root") -> None:
    """Publish a JSON document atomically, keys sorted so that equal documents are equal files."""
    content = json.dumps(document, indent=2, sort_keys=True) + "\n"
    write(path, content, mode=mode, owner=owner, group=group)


@contextlib.contextmanager
def appending(path: str, mode: int = 0o640) -> Iterator[Callable[[Any], None]]:
    """Append JSON documents to a log, one a line; opened first, so that what cannot be recorded is not begun.

    :param mode: of a log that is not there yet.
    :raises StewardError: it cannot be opened.
    """
    try:
        os.makedirs(os.path.dirname(path), mode=0o750, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, mode)
    except OSError as error:
        raise StewardError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "a", encoding="utf-8") as file:

        def append(document: Any) -> None:
            file.write(json.dumps(document, sort_keys=True) + "\n")
            file.flush()

        yield append
