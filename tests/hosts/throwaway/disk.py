# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A really small disk for a host: an ext4 file system in a file, seen by the host as /opt and /var/lib."""

from __future__ import annotations

import re
from pathlib import Path

from . import process
from .engine import docker

_FOLDERS = {"/opt": "opt", "/var/lib": "var-lib"}
_SIZE = re.compile(r"^[1-9]\d{0,3}G$")


def size_problem(size: str) -> str:
    """Why this is no size of a disk; '' when it is one or when none is asked for."""
    return "" if not size or _SIZE.match(size) else f"--disk '{size}' is no size: whole gigabytes such as 9G"


def make(folder: Path, size: str, image: str) -> list[str]:
    """Make the disk, fill it from the image, and say how Docker mounts it."""
    process.run(["truncate", "--size", size, str(_file(folder))])
    process.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(_file(folder))])
    attach(folder)
    mounts: list[str] = []
    for inside, name in _FOLDERS.items():
        docker("run", "--rm", "--volume", f"{_mounted(folder)}:/disk", image, "cp", "-a", inside, f"/disk/{name}")
        mounts += ["--volume", f"{_mounted(folder)}/{name}:{inside}"]
    return mounts


def attach(folder: Path) -> None:
    """Mount the disk on the machine (again, after the machine itself was started anew)."""
    _mounted(folder).mkdir(exist_ok=True)
    if not _mounted(folder).is_mount():
        process.run(process.as_root(["mount", "-o", "loop", str(_file(folder)), str(_mounted(folder))]))


def remove(folder: Path) -> None:
    """Unmount the disk; the loop device goes with the mount, the file with the host's folder."""
    if _mounted(folder).is_mount():
        process.run(process.as_root(["umount", str(_mounted(folder))]))


def _file(folder: Path) -> Path:
    return folder / "disk.ext4"


def _mounted(folder: Path) -> Path:
    return folder / "disk"
