# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the figures of a control group are, in version 1 and in version 2, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .parse import parse_keys

# Version 1 writes this, rounded to a page, for no limit.
NO_LIMIT = 1 << 60
UNIFIED = ""

Files = Mapping[str, str]


def files_of(controllers: Mapping[str, str], groups: Mapping[str, str]) -> dict[str, str]:
    """The files of a group by what they tell; of the version that has the memory controller.

    On a hybrid machine version 2 is mounted as well, and holds no figures.

    :param controllers: where control groups are mounted; ``groups`` where in them a process is.
    """
    if "memory" in controllers and "memory" in groups:
        memory = f"{controllers['memory']}{groups['memory']}"
        processor = f"{controllers['cpuacct']}{groups['cpuacct']}"
        return {
            "version": "1",
            "memory": f"{memory}/memory.usage_in_bytes",
            "limit": f"{memory}/memory.limit_in_bytes",
            "stat": f"{memory}/memory.stat",
            "killed": f"{memory}/memory.oom_control",
            "processor": f"{processor}/cpuacct.usage",
        }
    unified = f"{controllers[UNIFIED]}{groups[UNIFIED]}"
    return {
        "version": "2",
        "memory": f"{unified}/memory.current",
        "limit": f"{unified}/memory.max",
        "stat": f"{unified}/memory.stat",
        "killed": f"{unified}/memory.events",
        "processor": f"{unified}/cpu.stat",
    }


def read_memory(version: str, texts: Files) -> dict[str, Any]:
    """Memory of a group as ``docker stats`` counts it, without file pages that can be dropped; 0 is no limit.

    :param texts: the content of the files.
    """
    stat = parse_keys(texts["stat"])
    pages = stat.get("total_inactive_file", 0) if version == "1" else stat.get("inactive_file", 0)
    limit = texts["limit"].strip()
    bounded = limit != "max" and int(limit) < NO_LIMIT
    return {
        "memory": max(int(texts["memory"]) - pages, 0),
        "limit": int(limit) if bounded else 0,
        "killed": parse_keys(texts["killed"]).get("oom_kill", 0),
    }


def read_processor(version: str, text: str) -> float:
    """Seconds of processor time that a group has used."""
    return int(text) / 1e9 if version == "1" else parse_keys(text)["usage_usec"] / 1e6
