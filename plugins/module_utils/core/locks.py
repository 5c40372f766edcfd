# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks that the kernel releases when their holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from . import clock
from .errors import BusyError

POLL_SECONDS = 0.2


@contextmanager
def lock(path: str, purpose: str, *, wait: float = 0.0) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` while the block runs.

    The file stays afterwards (removing it would race with the next holder) and names who holds it.

    :param purpose: what is being done, shown to whoever is refused.
    :param wait: seconds to wait for the present holder.
    :raises BusyError: it is still held; the message names process, purpose and since when.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(handle, path, time.monotonic() + wait)
        holder = {"pid": os.getpid(), "purpose": purpose, "since": clock.to_text(clock.now())}
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, path: str, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                said = os.pread(handle, 500, 0).decode(errors="replace")
                raise BusyError(f"{path} is held: {said}", "Wait for it to end, then try again.") from error
            time.sleep(POLL_SECONDS)
