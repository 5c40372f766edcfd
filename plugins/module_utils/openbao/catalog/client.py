# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes what a platform has in OpenBao, and issues logins for it."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Callable, Mapping
from typing import Any

from ...core.errors import StewardError
from ...core.plan import Change, Plan
from ..client import POLL_SECONDS, OpenBaoError, Server, connect, destroy, new_secret_id
from ..model import Catalog, CatalogWorld

LETTERS = string.ascii_letters + string.digits
# Right after it was made, a key-value store answers so for a moment.
UPGRADING = "Upgrading from non-versioned to versioned"


def observe_catalog(options: Mapping[str, Any], wanted: Catalog) -> CatalogWorld:
    server = connect(options)
    prefix = f"{wanted.platform}-"
    names = [name for name in server.keys("sys/policies/acl") if name.startswith(prefix)]
    roles = {
        name: server.data(f"auth/approle/role/{name}")
        for name in server.keys("auth/approle/role")
        if name.startswith(prefix)
    }
    mount = server.data(f"sys/mounts/{wanted.platform}", absent=(400, 404))
    is_ours = bool(mount) and (mount or {}).get("type") == "kv"
    paths = [secret.path for secret in wanted.secrets] if is_ours else []
    stored = {path: server.secret(f"{wanted.platform}/data/{path}") for path in paths}
    return CatalogWorld(
        mount=mount,
        policies={name: (server.data(f"sys/policies/acl/{name}") or {}).get("policy", "") for name in names},
        roles={name: settings for name, settings in roles.items() if settings is not None},
        secrets={path: secret for path, secret in stored.items() if secret is not None},
    )


def apply_catalog(options: Mapping[str, Any], plan: Plan) -> None:
    server = connect(options)
    for change in plan.changes:
        CATALOG_STEPS[change.action](server, change)


def _mount(server: Server, change: Change) -> None:
    server.ask("POST", f"sys/mounts/{change.data['name']}", {"type": "kv", "options": {"version": "2"}})


def write_secret(server: Server, change: Change) -> None:
    """Compare and set: what somebody else wrote meanwhile is never overwritten."""
    made = {name: generate(length) for name, length in change.data["generate"].items()}
    body = {"data": {**change.data["fields"], **made}, "options": {"cas": change.data["version"]}}
    deadline = time.monotonic() + 15
    while True:
        try:
            server.ask("POST", change.data["path"], body)
            return
        except OpenBaoError as error:
            if UPGRADING not in error.message or time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)


def generate(length: int) -> str:
    """Letters and digits only: nothing that a URL or a shell would read differently."""
    return "".join(secrets.choice(LETTERS) for _place in range(length))


CATALOG_STEPS: Mapping[str, Callable[[Server, Change], Any]] = {
    "mount": _mount,
    "write_secret": write_secret,
    "write_policy": lambda server, change: server.ask(
        "PUT", f"sys/policies/acl/{change.data['name']}", {"policy": change.data["text"]}
    ),
    "write_role": lambda server, change: server.ask(
        "POST", f"auth/approle/role/{change.data['name']}", change.data["settings"]
    ),
    "remove_policy": lambda server, change: server.ask("DELETE", f"sys/policies/acl/{change.data['name']}"),
    "remove_role": lambda server, change: server.ask("DELETE", f"auth/approle/role/{change.data['name']}"),
}


def issue_logins(options: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """A new secret-id for each service of the plan; those the same host had before are destroyed."""
    server = connect(options)
    logins = {}
    for change in plan.changes:
        name = change.data["name"]
        role = f"auth/approle/role/{name}"
        identity = server.data(f"{role}/role-id")
        if identity is None:
            raise StewardError(f"OpenBao has no AppRole {name}", "Run the role openbao with the whole model first.")
        old = [
            accessor
            for accessor in server.keys(f"{role}/secret-id")
            if _host_of(server, role, accessor) == options["host"]
        ]
        secret_id = new_secret_id(server, name, {"host": options["host"]}, options["cidrs"])
        destroy(server, name, old)
        logins[change.data["service"]] = {"role_id": identity["role_id"], "secret_id": secret_id}
    return {"logins": logins}


def _host_of(server: Server, role: str, accessor: str) -> str:
    seen = server.ask("POST", f"{role}/secret-id-accessor/lookup", {"secret_id_accessor": accessor})
    return str(((seen or {"data": {}})["data"].get("metadata") or {}).get("host", ""))
