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
from ..model import Answer

WARNING, CRITICAL = "warning", "critical"
# Parts of the whole.
DISK_FULL, DISK_CRITICAL = 0.85, 0.95
MEMORY_FULL, MEMORY_CRITICAL = 0.85, 0.95
GROUP_FULL = 0.9
# Processes that run or wait, for each processor, over five minutes.
LOAD_HIGH = 1.5
# Percent of the last minute in which some, or all, waited: (kind, who) to warning and critical.
PRESSURE: Mapping[tuple[str, str], tuple[float, float]] = {
    ("cpu", "some"): (60.0, 101.0),
    ("memory", "full"): (5.0, 20.0),
    ("io", "full"): (20.0, 50.0),
}
TIMER_LATE = timedelta(minutes=10)
# Units whose errors are the visitors': a public sshd logs each broken connection as one.
NOISY = ("ssh.service", "sshd", "ssh@")
UNITS_NAMED = 5


@dataclass(frozen=True)
class Problem:
    """Something that is wrong: ``warning`` or ``critical``, what was seen, and the next step."""

    name: str
    level: str
    message: str
    next: str


def judge(answers: Mapping[str, Answer], status: Mapping[str, Any], now: datetime) -> list[Problem]:
    """All findings, the critical ones first.

    :param status: what ``steward status`` says.
    """
    found = [problem for name, answer in answers.items() for problem in _judge(name, answer, now)]
    found += _status(status)
    return sorted(found, key=lambda problem: problem.level != CRITICAL)


def _judge(name: str, answer: Answer, now: datetime) -> Iterator[Problem]:
    if answer.error:
        yield Problem(name, CRITICAL, f"could not be looked at: {answer.error}", answer.hint or "Run it again.")
    else:
        yield from JUDGES[name](answer.data, now)


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


def _level(part: float, warning: float, critical: float) -> str | None:
    return CRITICAL if part >= critical else WARNING if part >= warning else None


def _disks(disks: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Problem]:
    for disk in disks:
        for what, total, free in (
            ("space", disk["bytes"], disk["free"]),
            ("inodes", disk["inodes"], disk["inodes_free"]),
        ):
            part = 1 - free / total if total else 0.0
            level = _level(part, DISK_FULL, DISK_CRITICAL)
            if level:
                left = table.size(free) if what == "space" else f"{free} inodes"
                yield Problem(
                    f"disk {disk['path']}", level, f"{part:.0%} of its {what} is used, {left} are left",
                    f"Find what fills it: du -xh --max-depth=2 {disk['path']} | sort -h | tail; docker system df.",
                )  # fmt: skip


def _memory(memory: Mapping[str, int], now: datetime) -> Iterator[Problem]:
    part = 1 - memory["available"] / memory["total"]
    level = _level(part, MEMORY_FULL, MEMORY_CRITICAL)
    if level:
        said = f"{part:.0%} of {table.size(memory['total'])} is used, {table.size(memory['available'])} are available"
        yield Problem(
            "memory", level, said, "The containers that use most are below; see also ps --sort=-rss -eo rss,args."
        )


def _load(load: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    if load["average_5"] >= LOAD_HIGH * load["processors"]:
        said = f"{load['average_5']:.1f} processes run or wait on {load['processors']} processors (5 minutes)"
        yield Problem("load", WARNING, said, "See the containers that use most, below, and top.")


def _pressure(pressure: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    for (kind, who), bounds in PRESSURE.items():
        part = pressure.get(kind, {}).get(who, {}).get("avg60", 0.0)
        level = _level(part, *bounds)
        if level:
            said = f"{who} processes waited for {kind} in {part:.0f} % of the last minute"
            yield Problem(f"pressure {kind}", level, said, PRESSURE_STEPS[kind])


PRESSURE_STEPS = {
    "cpu": "See which container or process uses it: below, or top.",
    "memory": "Memory is short: see which container uses it, below; give it less, or the host more.",
    "io": "See who reads and writes: systemd-cgtop --order=io; on a database host steward db activity.",
}


def _containers(containers: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Problem]:
    for row in containers:
        name = f"container {row['name']}"
        if row["limit"] and row["memory"] >= GROUP_FULL * row["limit"]:
            said = f"uses {table.size(row['memory'])} of its limit of {table.size(row['limit'])}"
            yield Problem(name, WARNING, said, "Give the service a higher limits.memory, or look for what it keeps.")
        if row["killed"]:
            said = f"{row['killed']} of its processes were killed because its memory was full"
            yield Problem(name, WARNING, said, "Give the service a higher limits.memory; see steward app logs.")


def _journal(errors: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Problem]:
    shown = [row for row in errors if not row["unit"].startswith(NOISY)]
    for row in shown[:UNITS_NAMED]:
        said = f"{row['count']} errors within an hour, the last at {row['last']}: {row['message']}"
        yield Problem(f"journal {row['unit']}", WARNING, said, f"See journalctl --unit={row['unit']} --priority=err.")
    if len(shown) > UNITS_NAMED:
        said = f"{len(shown) - UNITS_NAMED} more units wrote errors within an hour"
        yield Problem("journal", WARNING, said, "See journalctl --priority=err --since=-1h.")


def _failed(units: Sequence[str], now: datetime) -> Iterator[Problem]:
    for unit in units:
        yield Problem(f"unit {unit}", WARNING, "failed", f"See systemctl status {unit}; then systemctl restart {unit}.")


def _timers(timers: Sequence[Mapping[str, str]], now: datetime) -> Iterator[Problem]:
    for timer in timers:
        if timer["next"] and clock.parse(timer["next"]) < now - TIMER_LATE:
            said = f"should have run at {timer['next']}, ran last at {timer['last'] or 'no time'}"
            yield Problem(f"timer {timer['unit']}", WARNING, said, f"See systemctl status {timer['activates']}.")


def _blocked(waiting: int, now: datetime) -> Iterator[Problem]:
    if waiting:
        yield Problem("postgresql locks", WARNING, f"{waiting} sessions wait for others", "See steward db blocked.")


JUDGES: Mapping[str, Callable[[Any, datetime], Iterator[Problem]]] = {
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
