# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups a host leaves behind where they are of version 1.

There a Docker inside a host keeps its containers' groups beside the host's own, not in it, so taking the host away does
not take them away. They are empty then, but they would pile up on the machine.
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterable
from pathlib import Path

from . import process

_ROOT = Path("/sys/fs/cgroup")


def parse(text: str, own: str) -> set[str]:
    """Folders below /sys/fs/cgroup named in /proc/PID/cgroup that are Docker's but not the host's own.

    '7:cpu,cpuacct:/docker/abc' -> {'cpu,cpuacct/docker/abc'}; the group of version 2 beside them has no controller.
    """
    found = set()
    for line in text.splitlines():
        _number, controllers, path = line.split(":", 2)
        if path.startswith("/docker/") and own not in path:
            found.add(f"{controllers.removeprefix('name=') or 'unified'}{path}")
    return found


def descendants(table: str, root: str) -> set[str]:
    """The processes below `root` in the output of `ps -eo pid=,ppid=`, itself included."""
    children: dict[str, list[str]] = collections.defaultdict(list)
    for line in table.splitlines():
        pid, parent = line.split()
        children[parent].append(pid)
    found, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += children[pid]
    return found


def find_strays(init: str, own: str) -> set[str]:
    """The groups of a host's processes (`init` is its first) that the removal of the host will leave."""
    found: set[str] = set()
    for pid in descendants(process.run(["ps", "-eo", "pid=,ppid="]).stdout, init):
        with contextlib.suppress(OSError):
            found |= parse((Path("/proc") / pid / "cgroup").read_text(), own)
    return found


def remove(folders: Iterable[str]) -> None:
    """Remove empty groups, innermost first; one that is gone or in use is not ours to care for."""
    for folder in sorted(folders, key=len, reverse=True):
        with contextlib.suppress(OSError):
            (_ROOT / folder).rmdir()
