# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the steps of a rotation in OpenBao."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.plan import Plan
from ..catalog.client import write_secret
from ..client import Server, connect
from ..model import Secret
from .plan import Held


def observe(options: Mapping[str, Any], secrets: Sequence[Secret]) -> dict[str, Held]:
    """What is there of the secrets, by path."""
    server = connect(options)
    found = {secret.path: _observe(server, options["platform"], secret.path) for secret in secrets}
    return {path: held for path, held in found.items() if held is not None}


def _observe(server: Server, mount: str, path: str) -> Held | None:
    stored = server.secret(f"{mount}/data/{path}")
    if stored is None:
        return None
    versions = (server.data(f"{mount}/metadata/{path}") or {}).get("versions", {})
    readable = sorted(int(number) for number, version in versions.items() if not version["destroyed"])
    return Held(stored, tuple(number for number in readable if number < stored.version))


def apply(options: Mapping[str, Any], plan: Plan) -> None:
    server = connect(options)
    for change in plan.changes:
        if change.action == "write":
            write_secret(server, change)
        else:
            server.ask("POST", change.data["path"], {"versions": change.data["versions"]})
