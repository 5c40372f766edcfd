# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which databases are not at the revision that a step is to bring them to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import InputError
from ...core.plan import Change, Plan
from ..migration.plan import show

Parameters = Mapping[str, Any]


def plan_schema(parameters: Parameters, at: Mapping[str, Sequence[str]]) -> Plan:
    """The steps whose database is elsewhere.

    :param at: of each service of the steps the revision its database is at.
    """
    changes = [
        Change("migrate", step["service"], show(list(at[step["service"]])), show(step["to"]), dict(step))
        for step in parameters["steps"]
        if list(at[step["service"]]) != step["to"]
    ]
    return Plan(tuple(changes), {"revisions": {name: list(revisions) for name, revisions in at.items()}})


def services_of(parameters: Parameters) -> dict[str, Mapping[str, Any]]:
    """The model's services that the steps name, by name.

    :raises InputError: a step names another.
    """
    known = {service["name"]: service for service in parameters["platform"]["services"] if service["migration"]}
    for number, step in enumerate(parameters["steps"]):
        if step["service"] not in known:
            allowed = ", ".join(known) or "none"
            raise InputError(f"steps[{number}].service is {step['service']!r}, allowed is one of: {allowed}")
    return {step["service"]: known[step["service"]] for step in parameters["steps"]}
