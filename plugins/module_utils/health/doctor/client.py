# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a host: the kernel's figures, its containers' control groups, systemd and the journal."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ...containers import client as containers
from ...core import files, process
from ...postgresql.insight import client as postgresql
from ...postgresql.insight.blocking import count_waiting
from ..client import Ask, ask_all
from ..model import Answer, Configuration
from . import groups, parse
from .plan import plan_probes

# Long enough for a processor's share to mean something.
SAMPLE_SECONDS = 1.0
JOURNAL_LINES = 5000
FIELDS = "MESSAGE,UNIT,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,CONTAINER_ID"


def look(configuration: Configuration, seconds: float) -> dict[str, Answer]:
    """All answers by name, in bounded time."""
    return ask_all(plan_probes(configuration), seconds, LOOK)


def _read(path: str) -> str:
    state = files.observe(path)
    return state.content if state else ""


def _disks(target: Mapping[str, Any]) -> list[dict[str, Any]]:
    mounts = parse.parse_mounts(_read("/proc/mounts"))
    return [_disk(folders[0]) for points in mounts if (folders := [point for point in points if os.path.isdir(point)])]


def _disk(path: str) -> dict[str, Any]:
    seen = os.statvfs(path)
    # What root keeps for itself is not there for services.
    size = (seen.f_blocks - seen.f_bfree + seen.f_bavail) * seen.f_frsize
    free = seen.f_bavail * seen.f_frsize
    return {"path": path, "bytes": size, "free": free, "inodes": seen.f_files, "inodes_free": seen.f_favail}


def _memory(target: Mapping[str, Any]) -> dict[str, int]:
    return parse.parse_memory(_read("/proc/meminfo"))


def _load(target: Mapping[str, Any]) -> dict[str, Any]:
    one, five, fifteen = os.getloadavg()
    return {"average_1": one, "average_5": five, "average_15": fifteen, "processors": os.cpu_count() or 1}


def _pressure(target: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing where the kernel does not measure it."""
    texts = {kind: _read(f"/proc/pressure/{kind}") for kind in ("cpu", "memory", "io")}
    return {kind: parse.parse_pressure(text) for kind, text in texts.items() if text}


def _containers(target: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each running container uses, its processors measured over a second."""
    controllers = parse.parse_controllers(_read("/proc/self/mountinfo"))
    found = {}
    for container in containers.platform_containers(target["platform"]):
        of_process = parse.parse_groups(_read(f"/proc/{container.pid}/cgroup")) if container.pid else {}
        if of_process:
            found[container.name] = groups.files_of(controllers, of_process)
    begun, before = time.monotonic(), {name: _processor(paths) for name, paths in found.items()}
    time.sleep(SAMPLE_SECONDS)
    seconds, rows = time.monotonic() - begun, []
    for name, paths in found.items():
        used, texts = _processor(paths), {key: _read(path) for key, path in paths.items() if key != "version"}
        # One that ended meanwhile has no figures.
        if used is not None and before[name] is not None and all(texts.values()):
            share = (used - (before[name] or 0.0)) / seconds
            rows.append({"name": name, "processors": round(share, 3), **groups.read_memory(paths["version"], texts)})
    return rows


def _processor(paths: Mapping[str, str]) -> float | None:
    text = _read(paths["processor"])
    return groups.read_processor(paths["version"], text) if text else None


def _failed(target: Mapping[str, Any]) -> list[str]:
    return parse.parse_failed(process.run(["systemctl", "list-units", "--failed", "--output=json"]).stdout)


def _timers(target: Mapping[str, Any]) -> list[dict[str, Any]]:
    return parse.parse_timers(process.run(["systemctl", "list-timers", "--all", "--output=json"]).stdout)


def _journal(target: Mapping[str, Any]) -> list[dict[str, Any]]:
    bounds = ["--priority=err", "--since=-1h", f"--lines={JOURNAL_LINES}"]
    form = ["--output=json", f"--output-fields={FIELDS}", "--no-pager", "--quiet"]
    return parse.parse_journal(process.run(["journalctl", *bounds, *form]).stdout.splitlines())


def _blocked(target: Mapping[str, Any]) -> int:
    return count_waiting(postgresql.blocked(target["port"]))


LOOK: Ask = {
    "disks": _disks,
    "memory": _memory,
    "load": _load,
    "pressure": _pressure,
    "containers": _containers,
    "failed units": _failed,
    "timers": _timers,
    "journal": _journal,
    "database locks": _blocked,
}
