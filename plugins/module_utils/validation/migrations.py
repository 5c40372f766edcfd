# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether databases and the code that serves agree on the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import StewardError
from ..core.findings import FAIL, PASS, Finding
from ..release.plan import plan_migration
from .model import Row

CHECK = "migrations"


@dataclass(frozen=True)
class Said:
    """What a service's commands said of its schema, or why they could not.

    Listing the newest revision loads every revision file and follows every down-revision, so a file that cannot be
    imported and a chain that is broken are errors of ``heads``.
    """

    current: Sequence[str] = ()
    heads: Sequence[str] = ()
    error: str = ""


def validate(services: Sequence[Mapping[str, Any]], said: Mapping[str, Said]) -> Iterator[Row]:
    """One row for each service that migrates."""
    for service in services:
        if service["migration"]:
            yield Row(CHECK, service["name"], judge(service, said[service["name"]]))


def judge(service: Mapping[str, Any], said: Said) -> Finding:
    if said.error:
        return Finding(
            "history", FAIL, said.error, "Mend the migrations, and deploy; or see that the database is reached."
        )
    try:
        behind = plan_migration(service["name"], said.current, said.heads)
    except StewardError as error:
        return Finding("history", FAIL, error.message, error.hint)
    present, head = ", ".join(said.current) or "nothing", said.heads[0]
    if behind is None:
        return Finding("revision", PASS, f"the database is at {head}, the newest revision of the code")
    if said.current and set(said.current) <= {head, *service["accepts_revisions"]}:
        return Finding("revision", PASS, f"the database is at {present}, which the code at {head} accepts")
    return Finding(
        "revision", FAIL, f"the database is at {present}, the code that serves wants {head}", "Deploy, which migrates."
    )
