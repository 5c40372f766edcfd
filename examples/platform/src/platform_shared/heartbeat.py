# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process without a port proves its life by touching a file on tmpfs (standard library only)."""

import os
import time
from pathlib import Path

RUN_DIR = Path(os.environ.get("RUN_DIR", "/tmp"))
EVERY = 2.0  # seconds between two beats of the worker
MAX_AGE = {"worker": 10.0, "scheduler": 15.0}  # seconds; older than this is dead


def _file(name: str) -> Path:
    return RUN_DIR / f"{name}.heartbeat"


def beat(name: str) -> None:
    _file(name).touch()


def forget(name: str) -> None:
    """At start: a beat of the previous process proves nothing."""
    _file(name).unlink(missing_ok=True)


def age(name: str) -> float | None:
    """Seconds since the last beat, None if there was none."""
    try:
        return max(0.0, time.time() - _file(name).stat().st_mtime)
    except FileNotFoundError:
        return None
