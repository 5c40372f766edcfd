# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small tools the engines, the services and the tests share."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLATFORM = Path(__file__).resolve().parent.parent
SOURCES = PLATFORM / "src"


def until(look: Callable[[], Any], seconds: float, what: str, log: Path | None = None) -> Any:
    """Poll until `look` gives something true; say what was awaited, and the log's end, if not."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            tail = log.read_text()[-4000:] if log else ""
            raise AssertionError(f"not within {seconds} s: {what}\n{tail}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_open(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def run(*argv: Any, **options: Any) -> str:
    """Run a command; its whole output is in the failure."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{argv} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
