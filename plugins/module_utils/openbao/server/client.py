# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialises a server and keeps its administration in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...core import clock, files
from ...core.plan import Plan
from ..client import OpenBaoError, Server, connect, destroy, is_active, login_admin, new_secret_id, wait_until
from ..command import admin_policy, build_role
from ..model import ADMIN, ServerWorld
from ..plan import COMPLETE, RECEIVED, REQUESTED, sealed

LOOPBACK = ("127.0.0.0/8",)


def observe_server(options: Mapping[str, Any]) -> ServerWorld:
    """Wait for the server to answer and, where it opens itself, to be active; then look."""
    server = Server(options["address"], options["ca_file"])
    opens_itself = options["seal"] == "static"
    health = wait_until(
        server,
        lambda seen: is_active(seen) or not seen["initialized"] or (seen["sealed"] and not opens_itself),
        options["timeout"],
    )
    escrow = files.read_json(options["escrow_file"])
    if not health["initialized"] or health["sealed"]:
        return ServerWorld(health["initialized"], health["sealed"], escrow)
    admin = login_admin(server, options["admin_file"])
    if admin != "works":
        return ServerWorld(True, False, escrow, admin)
    policy = server.data(f"sys/policies/acl/{ADMIN}") or {}
    tuning = server.data("sys/auth/approle/tune") or {}
    return ServerWorld(True, False, escrow, admin, policy.get("policy", ""), tuning.get("user_lockout_disable", False))


def apply_server(options: Mapping[str, Any], plan: Plan) -> None:
    server = Server(options["address"], options["ca_file"])
    for change in plan.changes:
        SERVER_STEPS[change.action](server, options)


def _initialise(server: Server, options: Mapping[str, Any]) -> None:
    """Ask for the keys. A note that they were asked for lies in their place until they are there."""
    path = options["escrow_file"]
    document = {
        "state": REQUESTED,
        "since": clock.to_text(clock.now()),
        "address": server.address,
        "seal": options["seal"],
    }
    files.write_json(path, document, mode="0400")
    static = options["seal"] == "static"
    kind = "recovery" if static else "secret"
    wanted = {f"{kind}_shares": options["key_shares"], f"{kind}_threshold": options["key_threshold"]}
    try:
        answer = server.ask("PUT", "sys/init", wanted) or {}
    except OpenBaoError:
        # Refused, so nothing came of it.
        files.remove(path)
        raise
    keys = {"recovery_keys": answer["recovery_keys_base64"]} if static else {"unseal_keys": answer["keys_base64"]}
    document = {
        **document,
        **keys,
        "state": RECEIVED,
        "threshold": options["key_threshold"],
        "root_token": answer["root_token"],
    }
    files.write_json(path, document, mode="0400")
    if not static:
        _unseal(server, options)


def _unseal(server: Server, options: Mapping[str, Any]) -> None:
    kept = files.read_json(options["escrow_file"])
    for key in kept["unseal_keys"][: kept["threshold"]]:
        server.ask("PUT", "sys/unseal", {"key": key})


def _make_admin(server: Server, options: Mapping[str, Any]) -> None:
    """Each part can be repeated, so a killed run is finished by the next one."""
    server.token = files.read_json(options["escrow_file"])["root_token"]
    if not is_active(wait_until(server, is_active, options["timeout"])):
        raise sealed(server.address)
    if server.data("sys/auth/approle", absent=(400, 404)) is None:
        server.ask("POST", "sys/auth/approle", {"type": "approle"})
    _disable_lockout(server, options)
    _write_admin_policy(server, options)
    role = f"auth/approle/role/{ADMIN}"
    server.ask("POST", role, build_role(ADMIN, LOOPBACK))
    old = server.keys(f"{role}/secret-id")
    login = {
        "role_id": (server.data(f"{role}/role-id") or {})["role_id"],
        "secret_id": new_secret_id(server, ADMIN, {}),
    }
    files.write_json(options["admin_file"], login, mode="0400")
    destroy(server, ADMIN, old)


def _disable_lockout(server: Server, options: Mapping[str, Any]) -> None:
    """Else some bad secret-ids block the good ones: anyone who reaches the port could lock a service out."""
    _admin_token(server, options)
    server.ask("POST", "sys/auth/approle/tune", {"user_lockout_config": {"lockout_disable": True}})


def _write_admin_policy(server: Server, options: Mapping[str, Any]) -> None:
    _admin_token(server, options)
    server.ask("PUT", f"sys/policies/acl/{ADMIN}", {"policy": admin_policy()})


def _admin_token(server: Server, options: Mapping[str, Any]) -> None:
    if not server.token:
        server.token = connect(options).token


def _retire_root(server: Server, options: Mapping[str, Any]) -> None:
    """Revoke the root token, but only when the admin's login works; then forget it."""
    connect(options)
    kept = files.read_json(options["escrow_file"])
    root = Server(server.address, server.ca_file, kept["root_token"])
    # 403: a killed run had revoked it already.
    root.ask("POST", "auth/token/revoke-self", {}, absent=(403,))
    rest = {name: value for name, value in kept.items() if name != "root_token"}
    files.write_json(options["escrow_file"], {**rest, "state": COMPLETE}, mode="0400")


SERVER_STEPS: Mapping[str, Callable[[Server, Mapping[str, Any]], None]] = {
    "initialise": _initialise,
    "unseal": _unseal,
    "make_admin": _make_admin,
    "write_policy": _write_admin_policy,
    "disable_lockout": _disable_lockout,
    "retire_root": _retire_root,
}
