# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a host; needs nothing but what Debian's minimal system has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from ..core import clock, files, process
from ..openbao import client as openbao
from ..openbao.model import ADMIN_SPEC
from .model import DISK_PATHS, Host
from .parse import parse_listeners, parse_memory, parse_os_release

SOCKETS = ("ss", "--listening", "--tcp", "--numeric", "--processes", "--no-header")
# As the role openbao sets it up, where nothing else is said.
OPENBAO = {name: option["default"] for name, option in ADMIN_SPEC.items()}
DOCKER_API = ("docker", "version", "--format", "{{.Server.APIVersion}}")


def observe(platform: str, expected_secrets: Sequence[str]) -> Host:
    """The host as it is now.

    :raises StewardError: OpenBao is here, is to have secrets, and cannot be asked.
    """
    system, version = parse_os_release(_read("/etc/os-release"))
    return Host(
        system=system,
        version=version,
        free={path: shutil.disk_usage(_existing(path)).free for path in DISK_PATHS},
        memory=_memory(),
        seconds=clock.now().timestamp(),
        listeners=parse_listeners(process.run(SOCKETS).stdout),
        docker_api=_docker_api(),
        stored_secrets=_stored_secrets(platform, expected_secrets),
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


def _stored_secrets(platform: str, expected: Sequence[str]) -> frozenset[str] | None:
    if not os.path.exists(OPENBAO["admin_file"]):
        return None
    if not expected:
        return frozenset()
    server = openbao.connect(OPENBAO)
    found = {path: server.secret(f"{platform}/data/{path}") for path in expected}
    return frozenset(path for path, stored in found.items() if stored is not None and not stored.deleted)


def _docker_api() -> str | None:
    """Version of the engine's API; None where Docker is not installed, empty where it does not answer."""
    if shutil.which(DOCKER_API[0]) is None:
        return None
    return process.run(DOCKER_API, check=False, timeout=20).stdout.strip()
