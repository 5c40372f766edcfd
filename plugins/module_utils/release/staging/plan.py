# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release changes, and what its record lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...core.plan import Change, Plan
from ..plan import active_servers, describe, is_new_release, plan_services, release_folder
from ..slots.plan import strays

Parameters = Mapping[str, Any]


def plan(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    """What the release changes, service by service."""
    model, images, current = parameters["platform"], parameters["images"], world["current"]
    services = plan_services(model, images, current, parameters["renew"])
    if not parameters["schedulers"]:
        services = {name: service for name, service in services.items() if service["kind"] != "scheduler"}
    kept = {name: service for name, service in services.items() if service["action"] != "remove"}
    facts = {
        "services": services,
        "previous": current["id"] if current else "",
        "active_servers": active_servers(kept, model["groups"]["app"]),
        "is_new": is_new_release(services),
        "strays": strays(world["containers"], current["services"] if current else {}),
    }
    if not facts["is_new"]:
        return Plan((), facts)
    folder = release_folder(model["paths"], parameters["release"])
    before = describe(current["services"]) if current else ""
    return Plan(
        (Change("stage", folder, before, describe(services), {"services": services, "current": current}),), facts
    )


def plan_record(parameters: Parameters, record: Mapping[str, Any]) -> Plan:
    """The entries that are not in the record yet."""
    different = {key: value for key, value in parameters["entries"].items() if record.get(key) != value}
    if not different:
        return Plan()
    before = {key: record.get(key) for key in different}
    return Plan((Change("record", parameters["release"], _text(before), _text(different), different),))


def _text(entries: Mapping[str, Any]) -> str:
    return json.dumps(entries, indent=2, sort_keys=True)
