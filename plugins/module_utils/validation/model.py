# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is validated on an app host, and what one look at it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import InputError
from ..core.findings import Finding
from ..core.schema import unknown_name

SCHEMA = 1
REPORT_FILE = "/var/lib/steward/validation.json"

CHECKS: Mapping[str, str] = {
    "environment": "each service's secret files and variables",
    "imports": "the commands `checks` of each service, in a throw-away container of the image that serves",
    "migrations": "each database is at the revision of the code that serves, and that has one newest revision",
    "containers": "what runs is what the ledger says serves, confined as its Compose file says",
}


@dataclass(frozen=True)
class Serving:
    """The release that serves on a host: its record, its services as the model had them, and where it lies."""

    configuration: Mapping[str, Any]
    record: Mapping[str, Any]
    services: tuple[Mapping[str, Any], ...]
    secrets: tuple[Mapping[str, Any], ...]

    @property
    def platform(self) -> dict[str, Any]:
        """As much of the model as containers are made from."""
        return {"name": self.configuration["platform"], "paths": self.configuration["paths"]}


@dataclass(frozen=True)
class Row:
    """One finding, of which check and about which service; the service is empty where it is about the host."""

    check: str
    service: str
    finding: Finding

    def to_dict(self) -> dict[str, Any]:
        return {"service": self.service, **self.finding.to_dict()}


def chosen(names: Iterable[str]) -> list[str]:
    """The checks to run, in their order; all when none is named.

    :raises InputError: there is no such check.
    """
    wanted = list(names)
    for name in wanted:
        if name not in CHECKS:
            raise InputError(unknown_name(name, CHECKS, f"validate: {name!r}"))
    return [name for name in CHECKS if name in wanted or not wanted]
