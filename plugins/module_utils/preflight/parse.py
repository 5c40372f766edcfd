# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's files and tools say, as data."""

from __future__ import annotations

import re
import shlex

from .model import Listener


def parse_os_release(text: str) -> tuple[str, str]:
    """Name and version of the system from ``/etc/os-release``.

    >>> parse_os_release('ID=debian\\nVERSION_ID="13"')
    ('debian', '13')
    """
    words = [shlex.split(line)[0].partition("=") for line in text.splitlines() if "=" in line]
    pairs = {name: value for name, dummy, value in words}
    return pairs.get("ID", "unknown"), pairs.get("VERSION_ID", "unknown")


def parse_listeners(text: str) -> tuple[Listener, ...]:
    """Listening sockets from ``ss --listening --tcp --numeric --processes --no-header``."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        address, port = fields[3].rsplit(":", 1)
        process = re.search(r'\(\("([^"]+)"', line)
        found.append(Listener(address.strip("[]"), int(port), process.group(1) if process else ""))
    return tuple(found)


def parse_memory(text: str) -> int:
    """Bytes of memory from ``/proc/meminfo``."""
    match = re.search(r"^MemTotal:\s+(\d+) kB$", text, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else 0
