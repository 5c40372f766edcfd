# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the sources on the controller, and looks at and installs the program on a host."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path

from ..core.errors import StewardError
from ..core.program import BUILD_FILE, PACKAGE, describe_build
from .plan import GROUP, MODE, OWNER, Archive, Installed, build_archive, is_packed


def build(root: Path, version: str) -> Archive:
    """The program of the collection at ``root``."""
    folder = root / "plugins/module_utils"
    paths = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*.py")}
    return build_archive({path: file.read_bytes() for path, file in paths.items() if is_packed(path)}, version)


def observe(path: str) -> Installed | None:
    """The program as it lies on this host, or None when there is no such file."""
    try:
        with open(path, "rb") as file:
            data, status = file.read(), os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    owner, group = pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name
    access = (owner, group, f"{stat.S_IMODE(status.st_mode):04o}")
    return Installed(hashlib.sha256(data).hexdigest(), access, _build_of(path))


def _build_of(path: str) -> str:
    build = _read_build(path)
    return describe_build(build["version"], build["content"]) if build else ""


def read_version(path: str) -> str:
    """The version of the program that is installed.

    :raises StewardError: there is none.
    """
    build = _read_build(path)
    if build is None:
        raise StewardError(f"there is no program steward at {path}", "The role host_agent installs it.")
    return build["version"]


def _read_build(path: str) -> dict[str, str] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            build = json.loads(archive.read(f"{PACKAGE}/{BUILD_FILE}"))
            return {name: str(build[name]) for name in ("version", "content")}
    except (FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError):
        return None


def install(source: str, path: str, digest: str) -> None:
    """Publish an uploaded program atomically, after making sure that it arrived whole.

    :raises StewardError: it did not.
    """
    handle, staged = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(handle, "wb") as file, open(source, "rb") as uploaded:
            shutil.copyfileobj(uploaded, file)
            file.flush()
            os.fchown(file.fileno(), pwd.getpwnam(OWNER).pw_uid, grp.getgrnam(GROUP).gr_gid)
            os.fchmod(file.fileno(), int(MODE, 8))
            os.fsync(file.fileno())
        if hashlib.sha256(Path(staged).read_bytes()).hexdigest() != digest:
            raise StewardError(f"{source} did not arrive as it was sent", "Is the host's /tmp full? Run again.")
        os.replace(staged, path)
    except BaseException:
        os.unlink(staged)
        raise
