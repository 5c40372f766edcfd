# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From which figures on a host is told of; apart from the model, because ``steward`` on a host reads it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..core.schema import Field

WARNING, CRITICAL = "warning", "critical"


def _percent(about: str, default: int) -> Field:
    return Field("number", about, default=default, minimum=1, maximum=100)


# Disk and memory: DotMac and BookedBarber warned at 85 percent and called 95 critical; DotMac's alert for a container
# was at 90 of its limit. Pressure is the kernel's own measure (its manual, accounting/psi): that some wait for a
# processor is ordinary and never critical, that all wait for memory is trouble at a few percent already. Load and
# timers have no source but practice: half as many again wait as can run, and ten times systemd's accuracy of a minute.
THRESHOLDS: Mapping[str, Field] = {
    "disk_warning": _percent("Percent of a disk's space or inodes that is used.", 85),
    "disk_critical": _percent("Likewise, when it is critical.", 95),
    "memory_warning": _percent("Percent of the host's memory that is not available.", 85),
    "memory_critical": _percent("Likewise, when it is critical.", 95),
    "container_memory_warning": _percent("Percent of its memory limit that a container uses.", 90),
    "load_warning": Field(
        "number",
        "Processes that run or wait, for each processor, over five minutes.",
        default=1.5,
        minimum=0.1,
        maximum=1000,
    ),
    "cpu_pressure_warning": _percent("Percent of the last minute in which some waited for a processor.", 60),
    "memory_pressure_warning": _percent("Percent of the last minute in which all waited for memory.", 5),
    "memory_pressure_critical": _percent("Likewise, when it is critical.", 20),
    "io_pressure_warning": _percent("Percent of the last minute in which all waited for disks.", 20),
    "io_pressure_critical": _percent("Likewise, when it is critical.", 50),
    "timer_late_seconds": Field(
        "integer", "Seconds after its moment at which a timer is overdue.", default=600, minimum=60, maximum=604800
    ),
}


def misordered(values: Mapping[str, float], place: str) -> Iterator[str]:
    """Warnings that would come after what is critical, one line each."""
    for name, value in values.items():
        other = f"{name.removesuffix(WARNING)}{CRITICAL}"
        if name.endswith(WARNING) and other in values and value >= values[other]:
            yield f"{place}.{name} is {value:g}, allowed is: less than {other}, which is {values[other]:g}"
