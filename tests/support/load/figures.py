# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a load saw, and what of the promise it breaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SHOWN_FAILURES = 20


@dataclass(frozen=True)
class Seen:
    """What the clients of one protocol saw; times are in milliseconds."""

    requests: int
    failed: int
    server_errors: int
    # Not begun, because all clients waited for answers: the machine was too slow for the rate.
    unsent: int
    # Begun and neither answered nor failed.
    open: int
    bookings: int
    jobs: int
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True)
class Stored:
    """What is in the databases once the queue is empty."""

    bookings: int
    bookings_doubled: int
    jobs: int
    jobs_done: int
    # Delivered more than once. That is allowed: delivery is at least once, and the row is there once.
    jobs_doubled: int


@dataclass(frozen=True)
class Line:
    """One line of a client: a version that answered, or how a request failed."""

    at: float
    version: str
    failed: str


@dataclass(frozen=True)
class Figures:
    """A load that ended."""

    title: str
    seconds: float
    seen: Mapping[str, Seen]
    stored: Stored
    lines: tuple[Line, ...]

    def total(self, name: str) -> int:
        """A number of both protocols together."""
        return sum(getattr(each, name) for each in self.seen.values())

    @property
    def versions(self) -> set[str]:
        """The versions that answered."""
        return {line.version for line in self.lines if line.version}

    @property
    def losses(self) -> list[str]:
        """What breaks the promise that no request is lost; empty when it was kept."""
        numbers = {
            "requests failed": self.total("failed"),
            "answers were 5xx": self.total("server_errors"),
            "requests have no known end": self.total("open"),
            "accepted bookings are not stored": self.total("bookings") - self.stored.bookings,
            "bookings are stored twice": self.stored.bookings_doubled,
            "accepted jobs are not stored": self.total("jobs") - self.stored.jobs,
            "jobs are not done": self.stored.jobs - self.stored.jobs_done,
        }
        return [f"{number} {what}" for what, number in numbers.items() if number]

    @property
    def table(self) -> str:
        """All figures, a column for each protocol; times of both are the longer one."""
        rows: dict[str, dict[str, float]] = {
            "requests": self._counted("requests"),
            "failed": self._counted("failed"),
            "answers 5xx": self._counted("server_errors"),
            "not sent in time": self._counted("unsent"),
            **{f"{name}, ms": self._longest(name) for name in ("p50", "p95", "p99", "max")},
            "bookings accepted": self._counted("bookings"),
            "bookings stored": {"both": self.stored.bookings},
            "bookings stored twice": {"both": self.stored.bookings_doubled},
            "jobs accepted": self._counted("jobs"),
            "jobs done": {"both": self.stored.jobs_done},
            "jobs delivered again": {"both": self.stored.jobs_doubled},
        }
        columns = [*self.seen, "both"]
        head = f"{self.title + f', {self.seconds:.0f} s':<34}" + "".join(f"{name:>11}" for name in columns)
        lines = [
            f"{name:<34}" + "".join(f"{row[each]:>11,.0f}" if each in row else " " * 11 for each in columns)
            for name, row in rows.items()
        ]
        failures = [line.failed for line in self.lines if line.failed]
        return "\n".join([head, *lines, *failures[:SHOWN_FAILURES]])

    def _counted(self, name: str) -> dict[str, float]:
        return {**{key: getattr(each, name) for key, each in self.seen.items()}, "both": self.total(name)}

    def _longest(self, name: str) -> dict[str, float]:
        times = {key: getattr(each, name) for key, each in self.seen.items()}
        return {**times, "both": max(times.values())}


def parse_summary(text: str) -> Seen:
    """The metrics that script.js wrote at its end."""
    metrics: dict[str, Any] = json.loads(text)
    took = metrics["took"]["values"]

    def count(name: str) -> int:
        # A counter that nothing was added to is not there.
        return int(metrics[name]["values"]["count"]) if name in metrics else 0

    return Seen(
        requests=count("begun"),
        failed=count("failed"),
        server_errors=count("server_errors"),
        unsent=count("dropped_iterations"),
        open=count("begun") - count("ended"),
        bookings=count("bookings"),
        jobs=count("jobs"),
        p50=took["med"],
        p95=took["p(95)"],
        p99=took["p(99)"],
        max=took["max"],
    )


def parse_lines(lines: Iterable[str]) -> Iterator[Line]:
    """The script's own lines among k6's."""
    for text in lines:
        if text.startswith("{"):
            said = json.loads(text)
            yield Line(said["at"] / 1000, said.get("version", ""), said.get("failed", ""))
