# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a rotation: how far OpenBao says it is, and what servers answer to old and current credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.credentials import REFUSED
from ...core.errors import StewardError
from ...openbao.agent.client import login_service
from ...openbao.client import Server, connect, read_secrets
from ...openbao.rotation.plan import phase_of
from ...postgresql import client as postgresql
from ...redis import client as redis
from .plan import Entrance, choose, entrances, judge, plan_text, renewed_services, users_of

Parameters = Mapping[str, Any]


def observe_plan(options: Parameters) -> dict[str, Any]:
    """What a rotation would do.

    :raises StewardError: it cannot, or the names given mean nothing.
    """
    model = options["platform"]
    chosen = choose(model, options["service"], options["credential"])
    generated = [row["path"] for row in model["secrets"] if row["kind"] != "external"]
    held = read_secrets(connect(options), model["name"], generated)
    phases = {path: phase_of(fields) for path, fields in held.items()}
    return {
        "plan": plan_text(model, chosen, options["service"], phases),
        "secrets": [dict(row) for row in chosen],
        "paths": [row["path"] for row in chosen],
        "services": renewed_services(model, chosen),
    }


def observe_refusal(options: Parameters) -> dict[str, list[str]]:
    """Try every old credential where it opened something, and the current one beside it, which must work.

    :raises StewardError: an old one is accepted, or the current one is not.
    """
    model = options["platform"]
    tried = [(entrance, _try(options, entrance)) for entrance in entrances(model, options["paths"])]
    return {"refused": judge(tried)}


def _try(options: Parameters, entrance: Entrance) -> dict[str, bool]:
    fields = _read_as_service(options, entrance.path)
    answers = {"current": _accepts(entrance, fields["username"], fields["password"])}
    if f"{REFUSED}password" in fields:
        answers["old"] = _accepts(entrance, fields[f"{REFUSED}username"], fields[f"{REFUSED}password"])
    return answers


def _read_as_service(options: Parameters, path: str) -> Mapping[str, str]:
    """A secret as one of its services reads it, from the host on which that may log in."""
    model = options["platform"]
    name = users_of(model, path)[0]
    server = Server(options["address"], options["ca_file"])
    if not login_service(server, options["approle_directory"], name):
        raise StewardError(f"this host has no OpenBao login of {name} that works", "Deploy first; that issues one.")
    return read_secrets(server, model["name"], [path])[path]


def _accepts(entrance: Entrance, user: str, password: str) -> bool:
    if entrance.database:
        return postgresql.accepts(entrance.address, entrance.port, entrance.database, user, password)
    return redis.accepts(entrance.address, entrance.port, user, password)
