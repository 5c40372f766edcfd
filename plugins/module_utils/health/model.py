# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a host, what comes back, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.findings import Finding

# Of steward.json, which the role host_agent writes, and of the status document.
CONFIGURATION_SCHEMA = 1
STATUS_SCHEMA = 1

CONFIGURATION_FILE = "/etc/steward/steward.json"
STATUS_FILE = "/var/lib/steward/status.json"

Configuration = Mapping[str, Any]
Release = Mapping[str, Any]


@dataclass(frozen=True)
class Probe:
    """One question, answered in its own time: ``kind`` is a row of the client's table, ``target`` its arguments."""

    name: str
    kind: str
    target: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back: plain data, or an error with its hint."""

    data: Any = None
    milliseconds: float | None = None
    error: str = ""
    hint: str = ""


# By the name of the probe.
Answers = Mapping[str, Answer]


@dataclass(frozen=True)
class Row:
    """One line of the status: a finding, in its section, with what was measured."""

    section: str
    finding: Finding
    milliseconds: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        rounded = None if self.milliseconds is None else round(self.milliseconds, 1)
        return {**self.finding.to_dict(), "latency_ms": rounded, "facts": dict(self.facts)}
