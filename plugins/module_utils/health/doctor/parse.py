# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel, systemd and the journal say of a host, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ...core import clock

KIB = 1024
# File systems that hold data; the others are the kernel's own, or are seen elsewhere as well.
DISKS = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "vfat", "overlay"}
# Containers' own views of images: their space is that of the disk below.
ENGINE_FOLDERS = ("/var/lib/docker/", "/run/", "/var/lib/containerd/")
MESSAGE_CHARACTERS = 200


def parse_mounts(text: str) -> list[list[str]]:
    """The mount points of each disk in ``/proc/mounts``, the shortest first.

    A device may be mounted several times, and on files, as a container's host has its /etc/hosts.
    """
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        device, point, kind = line.split()[:3]
        point = point.replace("\\040", " ")
        if kind in DISKS and not point.startswith(ENGINE_FOLDERS):
            found.setdefault(device, []).append(point)
    return [sorted(points, key=len) for points in found.values()]


def parse_memory(text: str) -> dict[str, int]:
    """Bytes of ``/proc/meminfo``: in all, still available, and swap."""
    known = {name: int(rest.split()[0]) * KIB for name, rest in (line.split(":", 1) for line in text.splitlines())}
    return {
        "total": known["MemTotal"],
        "available": known["MemAvailable"],
        "swap_total": known["SwapTotal"],
        "swap_free": known["SwapFree"],
    }


def parse_pressure(text: str) -> dict[str, dict[str, float]]:
    """One file of ``/proc/pressure``: percent of the time that some, or all, had to wait.

    >>> parse_pressure("some avg10=0.00 avg60=1.50 avg300=0.20 total=12")
    {'some': {'avg10': 0.0, 'avg60': 1.5, 'avg300': 0.2}}
    """
    lines = (line.split() for line in text.splitlines())
    return {
        words[0]: {name: float(value) for name, value in (word.split("=") for word in words[1:4])} for words in lines
    }


def parse_controllers(mountinfo: str) -> dict[str, str]:
    """Where control groups are mounted, by controller; version 2 has the empty name."""
    found = {}
    for line in mountinfo.splitlines():
        place, _dash, rest = line.partition(" - ")
        kind, _source, options = rest.split()[:3]
        point = place.split()[4]
        if kind == "cgroup2":
            found[""] = point
        elif kind == "cgroup":
            found |= dict.fromkeys(set(options.split(",")) & {"memory", "cpuacct", "cpu"}, point)
    return found


def parse_groups(text: str) -> dict[str, str]:
    """The groups of a process, ``/proc/PID/cgroup``, by controller; version 2 has the empty name."""
    rows = (line.split(":", 2) for line in text.splitlines())
    return {name: path for _number, names, path in rows for name in names.split(",")}


def parse_keys(text: str) -> dict[str, int]:
    """A file of names and numbers, as ``memory.stat`` and ``cpu.stat`` are."""
    return {name: int(value) for name, value in (line.split() for line in text.splitlines())}


def parse_journal(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Errors of the journal's JSON by unit, those with the newest first.

    What containers write is left out: to the journal all they write to standard error is an error.
    """
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        entry = json.loads(line)
        if "CONTAINER_ID" in entry:
            continue
        unit = _text(entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or entry.get("SYSLOG_IDENTIFIER") or "kernel")
        known = found.pop(unit, {"count": 0})
        moment = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1_000_000, UTC)
        said = " ".join(_text(entry.get("MESSAGE")).split())[:MESSAGE_CHARACTERS]
        found[unit] = {"unit": unit, "count": known["count"] + 1, "last": clock.to_text(moment), "message": said}
    return list(reversed(found.values()))


def _text(value: Any) -> str:
    """A field of the journal: several values are a list, and bytes that are no text a list of numbers."""
    if isinstance(value, list):
        only_bytes = all(isinstance(part, int) for part in value)
        return bytes(value).decode(errors="replace") if only_bytes else " ".join(map(_text, value))
    return str(value or "")


def parse_failed(text: str) -> list[str]:
    """The units of ``systemctl list-units --failed --output=json``."""
    return [row["unit"] for row in json.loads(text)]


def parse_timers(text: str) -> list[dict[str, Any]]:
    """The timers of ``systemctl list-timers --all --output=json`` with their next and last moments."""
    return [
        {"unit": row["unit"], "activates": row["activates"], "next": _moment(row, "next"), "last": _moment(row, "last")}
        for row in json.loads(text)
    ]


def _moment(row: Mapping[str, Any], name: str) -> str:
    """Microseconds as a moment; empty for never."""
    value = row.get(name)
    return clock.to_text(datetime.fromtimestamp(value / 1_000_000, UTC)) if value else ""
