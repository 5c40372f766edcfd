# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a host; needs nothing but what Debian's minimal system has."""

from __future__ import annotations

import os
import shutil

from ..core import clock, files, process
from .model import DISK_PATHS, Host
from .parse import parse_listeners, parse_memory, parse_os_release

SOCKETS = ("ss", "--listening", "--tcp", "--numeric", "--processes", "--no-header")
OPENBAO_ADMIN = "/etc/steward/openbao-admin.json"
DOCKER_API = ("docker", "version", "--format", "{{.Server.APIVersion}}")


def observe() -> Host:
    """The host as it is now."""
    system, version = parse_os_release(_read("/etc/os-release"))
    return Host(
        system=system,
        version=version,
        free={path: shutil.disk_usage(_existing(path)).free for path in DISK_PATHS},
        memory=_memory(),
        seconds=clock.now().timestamp(),
        listeners=parse_listeners(process.run(SOCKETS).stdout),
        docker_api=_docker_api(),
        has_openbao=os.path.exists(OPENBAO_ADMIN),
    )


def _read(path: str) -> str:
    state = files.observe(path)
    return state.content if state else ""


def _existing(path: str) -> str:
    """The path itself, or the nearest of its parents that exists: that is where it would be made."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _memory() -> int:
    """Memory of the machine, or of the control group that holds us when that is less."""
    total = parse_memory(_read("/proc/meminfo"))
    limit = _read("/sys/fs/cgroup/memory.max") or _read("/sys/fs/cgroup/memory/memory.limit_in_bytes")
    return min(total, int(limit)) if limit.strip().isdigit() else total


def _docker_api() -> str | None:
    """Version of the engine's API; None where Docker is not installed, empty where it does not answer."""
    if shutil.which(DOCKER_API[0]) is None:
        return None
    return process.run(DOCKER_API, check=False, timeout=20).stdout.strip()
