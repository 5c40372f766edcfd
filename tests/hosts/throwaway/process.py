# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place where programs are started."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence

from .say import HostsError

# Interpreter shims and user folders in PATH must not decide which system tool runs.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def system_env() -> dict[str, str]:
    """The caller's environment with a system PATH and untranslated messages."""
    return {**os.environ, "PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}


def find(program: str) -> str | None:
    return shutil.which(program, path=SYSTEM_PATH)


def as_root(argv: Sequence[str]) -> list[str]:
    return list(argv) if os.geteuid() == 0 else ["sudo", "-n", *argv]


def run(
    argv: Sequence[str],
    *,
    data: bytes | None = None,
    env: dict[str, str] | None = None,
    check: bool = True,
    timeout: float = 900,
) -> subprocess.CompletedProcess[str]:
    """Run to the end and return its output; a failure names the program and its last words."""
    try:
        done = subprocess.run(
            argv,
            input=data,
            capture_output=True,
            env={**system_env(), **(env or {})},
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL if data is None else None,
        )
    except FileNotFoundError as error:
        raise HostsError(f"cannot run {argv[0]}: it is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise HostsError(f"gave up on '{_short(argv)}' after {timeout:.0f} s") from error
    result = subprocess.CompletedProcess(
        list(argv), done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )
    if check and done.returncode != 0:
        words = (result.stderr.strip() or result.stdout.strip()).splitlines()[-3:]
        raise HostsError(f"'{_short(argv)}' failed with exit code {done.returncode}: {' / '.join(words)}")
    return result


def poll(probe: Callable[[], bool], *, seconds: float, every: float = 0.2) -> bool:
    """Ask again and again until the probe says yes; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _short(argv: Sequence[str]) -> str:
    return " ".join(argv[:4])
