# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a host, and what to do next. What is well is no finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...core import clock, table
from ...core.findings import FAIL, PASS, UNKNOWN, WARN
from ...platform_model.thresholds import CRITICAL, WARNING
from ..model import Answer

# What of the last minute's waiting counts: that some wait for a processor is ordinary, that all wait for a disk is not.
PRESSURE: Mapping[str, str] = {"cpu": "some", "memory": "full", "io": "full"}
NEVER = float("inf")
# Units whose errors are the visitors': a public sshd logs each broken connection as one.
NOISY = ("ssh.service", "sshd", "ssh@")
UNITS_NAMED = 5


@dataclass(frozen=True)
class Scale:
    """What figures are judged by: the platform's thresholds, and the present moment."""

    thresholds: Mapping[str, float]
    now: datetime

    def level(self, name: str, percent: float) -> str | None:
        """The level of a figure of which there are two thresholds, or only that of the warning."""
        if percent >= self.thresholds.get(f"{name}_{CRITICAL}", NEVER):
            return CRITICAL
        return WARNING if percent >= self.thresholds[f"{name}_{WARNING}"] else None


@dataclass(frozen=True)
class Problem:
    """Something that is wrong: ``warning`` or ``critical``, what was seen, and the next step."""

    name: str
    level: str
    message: str
    next: str


def judge(answers: Mapping[str, Answer], status: Mapping[str, Any], scale: Scale) -> list[Problem]:
    """All findings, the critical ones first.

    :param status: what ``steward status`` says.
    """
    found = [problem for name, answer in answers.items() for problem in _judge(name, answer, scale)]
    found += _status(status)
    return sorted(found, key=lambda problem: problem.level != CRITICAL)


def _judge(name: str, answer: Answer, scale: Scale) -> Iterator[Problem]:
    if answer.error:
        yield Problem(name, CRITICAL, f"could not be looked at: {answer.error}", answer.hint or "Run it again.")
    else:
        yield from JUDGES[name](answer.data, scale)


def verdict(problems: Sequence[Problem]) -> str:
    """The worst of the findings.

    >>> verdict([])
    'pass'
    """
    levels = {problem.level for problem in problems}
    return CRITICAL if CRITICAL in levels else WARNING if levels else PASS


def _status(status: Mapping[str, Any]) -> Iterator[Problem]:
    for section, rows in status["sections"].items():
        for row in rows:
            if row["status"] != PASS:
                hint = row["hint"] or "See steward status."
                yield Problem(f"{section}: {row['name']}", LEVELS[row["status"]], row["message"], hint)


LEVELS = {WARN: WARNING, FAIL: CRITICAL, UNKNOWN: CRITICAL}


def _disks(disks: Sequence[Mapping[str, Any]], scale: Scale) -> Iterator[Problem]:
    for disk in disks:
        for what, total, free in (
            ("space", disk["bytes"], disk["free"]),
            ("inodes", disk["inodes"], disk["inodes_free"]),
        ):
            used = 100 * (total - free) / total if total else 0.0
            level = scale.level("disk", used)
            if level:
                left = table.size(free) if what == "space" else f"{free} inodes"
                yield Problem(
                    f"disk {disk['path']}", level, f"{used:.0f} % of its {what} is used, {left} are left",
                    f"Find what fills it: du -xh --max-depth=2 {disk['path']} | sort -h | tail; docker system df.",
                )  # fmt: skip


def _memory(memory: Mapping[str, int], scale: Scale) -> Iterator[Problem]:
    used = 100 * (memory["total"] - memory["available"]) / memory["total"]
    level = scale.level("memory", used)
    if level:
        said = f"{used:.0f} % of {table.size(memory['total'])} is used, {table.size(memory['available'])} are available"
        yield Problem(
            "memory", level, said, "The containers that use most are below; see also ps --sort=-rss -eo rss,args."
        )


def _load(load: Mapping[str, Any], scale: Scale) -> Iterator[Problem]:
    if load["average_5"] >= scale.thresholds["load_warning"] * load["processors"]:
        said = f"{load['average_5']:.1f} processes run or wait on {load['processors']} processors (5 minutes)"
        yield Problem("load", WARNING, said, "See the containers that use most, below, and top.")


def _pressure(pressure: Mapping[str, Any], scale: Scale) -> Iterator[Problem]:
    for kind, who in PRESSURE.items():
        part = pressure.get(kind, {}).get(who, {}).get("avg60", 0.0)
        level = scale.level(f"{kind}_pressure", part)
        if level:
            said = f"{who} processes waited for {kind} in {part:.0f} % of the last minute"
            yield Problem(f"pressure {kind}", level, said, PRESSURE_STEPS[kind])


PRESSURE_STEPS = {
    "cpu": "See which container or process uses it: below, or top.",
    "memory": "Memory is short: see which container uses it, below; give it less, or the host more.",
    "io": "See who reads and writes: systemd-cgtop --order=io; on a database host steward db activity.",
}


def _containers(containers: Sequence[Mapping[str, Any]], scale: Scale) -> Iterator[Problem]:
    for row in containers:
        name = f"container {row['name']}"
        if row["limit"] and scale.level("container_memory", 100 * row["memory"] / row["limit"]):
            said = f"uses {table.size(row['memory'])} of its limit of {table.size(row['limit'])}"
            yield Problem(name, WARNING, said, "Give the service a higher limits.memory, or look for what it keeps.")
        if row["killed"]:
            said = f"{row['killed']} of its processes were killed because its memory was full"
            yield Problem(name, WARNING, said, "Give the service a higher limits.memory; see steward app logs.")


def _journal(errors: Sequence[Mapping[str, Any]], scale: Scale) -> Iterator[Problem]:
    shown = [row for row in errors if not row["unit"].startswith(NOISY)]
    for row in shown[:UNITS_NAMED]:
        said = f"{row['count']} errors within an hour, the last at {row['last']}: {row['message']}"
        yield Problem(f"journal {row['unit']}", WARNING, said, f"See journalctl --unit={row['unit']} --priority=err.")
    if len(shown) > UNITS_NAMED:
        said = f"{len(shown) - UNITS_NAMED} more units wrote errors within an hour"
        yield Problem("journal", WARNING, said, "See journalctl --priority=err --since=-1h.")


def _failed(units: Sequence[str], scale: Scale) -> Iterator[Problem]:
    for unit in units:
        yield Problem(f"unit {unit}", WARNING, "failed", f"See systemctl status {unit}; then systemctl restart {unit}.")


def _timers(timers: Sequence[Mapping[str, str]], scale: Scale) -> Iterator[Problem]:
    late = timedelta(seconds=scale.thresholds["timer_late_seconds"])
    for timer in timers:
        if timer["next"] and clock.parse(timer["next"]) < scale.now - late:
            said = f"should have run at {timer['next']}, ran last at {timer['last'] or 'no time'}"
            yield Problem(f"timer {timer['unit']}", WARNING, said, f"See systemctl status {timer['activates']}.")


def _blocked(waiting: int, scale: Scale) -> Iterator[Problem]:
    if waiting:
        yield Problem("postgresql locks", WARNING, f"{waiting} sessions wait for others", "See steward db blocked.")


JUDGES: Mapping[str, Callable[[Any, Scale], Iterator[Problem]]] = {
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
