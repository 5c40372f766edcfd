# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where state and caches live. Both belong to the machine, not to one clone of the project."""

from __future__ import annotations

import collections
import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from .say import progress

_threads: dict[str, threading.Lock] = collections.defaultdict(threading.Lock)


def state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
    return _made(Path(base) / "steward/hosts", 0o700)


def cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return _made(Path(base) / "steward", 0o755)


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold a lock of the machine: several clones and users of the tool may run at the same time."""
    folder = _made(state_dir() / "locks", 0o700)
    with _threads[name], (folder / name).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(name, "waiting for another run of this tool")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file in one step, so that nobody reads half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(mode)
    draft.replace(path)


def _made(path: Path, mode: int) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=mode)
    return path
