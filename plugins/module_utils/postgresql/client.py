# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and changes a PostgreSQL cluster of this host over its local socket, without a password."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from ..core import process, sql, tls
from ..core.errors import StewardError
from ..core.plan import Plan
from ..core.sql import local_session
from . import command, server
from .model import Catalogue, DatabaseState, RoleState, World
from .scram import SALT_BYTES

CA_FILE = "/etc/ssl/steward/ca/ca.pem"
# What a role hears whose password is wrong or that may not log in; in another language it would be no answer at all.
REFUSALS = ("password authentication failed for user", "is not permitted to log in")
MINIMUM_VERSION = 170000
SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
RELOAD_SECONDS = 10.0
COMMAND_SECONDS = 300
POLL_SECONDS = 0.1
# What only a start can change is an error as long as it differs, without a file where its line was removed.
_WAITS = "f.error IS NOT NULL AND (f.sourcefile IS NULL OR s.context = 'postmaster')"
_DEFECTS = f"""
SELECT format('%s line %s: %s', file_name, line_number, error) AS text FROM pg_hba_file_rules WHERE error IS NOT NULL
UNION ALL SELECT format('%s line %s: %s %s', f.sourcefile, f.sourceline, f.name, f.error) FROM pg_file_settings f
LEFT JOIN pg_settings s USING (name) WHERE f.error IS NOT NULL AND NOT coalesce({_WAITS}, false)
"""
_PENDING = f"""
SELECT name FROM pg_settings WHERE pending_restart UNION SELECT coalesce(f.name, f.error) FROM pg_file_settings f
LEFT JOIN pg_settings s USING (name) WHERE {_WAITS} ORDER BY name
"""
_OVERRIDDEN = "SELECT name FROM pg_file_settings WHERE sourcefile = %s AND NOT applied AND error IS NULL ORDER BY name"
_LOADED = (
    "SELECT extract(epoch FROM pg_conf_load_time())::float8 AS moment, current_setting('server_version') AS version"
)
_STATUS = """
SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS in_recovery,
    current_setting('max_connections')::int AS maximum,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used
"""
_SIZES = (
    "SELECT datname AS name, pg_database_size(oid) AS bytes FROM pg_database WHERE NOT datistemplate ORDER BY datname"
)


def observe_catalogue(wish: Catalogue, port: int) -> World:
    """Everything about roles, and the inside of the databases that are wanted and there."""
    with local_session(port) as main:
        version = int(main.query("SHOW server_version_num")[0]["server_version_num"])
        if version < MINIMUM_VERSION:
            raise StewardError(f"the server's version is {version}, at least {MINIMUM_VERSION} is needed")
        roles = [
            RoleState(row["name"], frozenset(row["attributes"]), row["limit"], row["verifier"])
            for row in main.query(command.ROLES)
        ]
        databases = {row["name"]: row for row in main.query(command.DATABASES)}
        members = {(row["group"], row["member"]) for row in main.query(command.MEMBERS)}
        session_roles = {(row["database"], row["login"]): row["role"] for row in main.query(command.SESSION_ROLES)}
        extensions = _names(main, command.AVAILABLE)
    writers = {database.name: database.writer for database in wish.databases}
    return World(
        roles={role.name: role for role in roles},
        databases={name: _observe_database(row, writers.get(name), port) for name, row in databases.items()},
        members=frozenset(members),
        session_roles=session_roles,
        extensions=extensions,
    )


def _observe_database(row: Mapping[str, Any], writer: str | None, port: int) -> DatabaseState:
    known = DatabaseState(row["name"], row["owner"], frozenset(row["privileges"]))
    if writer is None:
        return known
    with local_session(port, known.name) as inside:
        return DatabaseState(
            name=known.name,
            owner=known.owner,
            privileges=known.privileges,
            schema_privileges=frozenset(found["privilege"] for found in inside.query(command.SCHEMA)),
            defaults=frozenset(found["privilege"] for found in inside.query(command.DEFAULTS)),
            extensions=_names(inside, command.INSTALLED),
            bare=frozenset(found["kind"] for found in inside.query(command.BARE, (known.owner, writer))),
        )


def _names(opened: sql.Session, statement: str) -> frozenset[str]:
    return frozenset(row["name"] for row in opened.query(statement))


def apply_catalogue(plan: Plan, port: int) -> None:
    """Run the plan's statements in order, each in its database."""
    with ExitStack() as stack:
        opened: dict[str, sql.Session] = {}
        for change in plan.changes:
            name = change.data["database"]
            if name not in opened:
                opened[name] = stack.enter_context(local_session(port, name))
            try:
                opened[name].execute(change.data["statement"])
            except sql.SqlError as error:
                raise StewardError(f"cannot {change.action} {change.subject}: {error.message}") from error


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def observe_server(wanted: server.Wanted) -> server.ServerState:
    """The service and, when it runs, what it says of its files and what its addresses answer."""
    active, enabled = _systemctl_says("is-active", wanted.unit), _systemctl_says("is-enabled", wanted.unit)
    if active != "active":
        return server.ServerState(active=False, enabled=enabled == "enabled")
    with local_session(wanted.port) as opened:
        loaded = opened.query(_LOADED)[0]
        return server.ServerState(
            active=True,
            enabled=enabled == "enabled",
            listens={address: _listens(address, wanted) for address in wanted.addresses},
            pending=_column(opened, _PENDING, "name"),
            newer=tuple(path for path in wanted.files if os.stat(path).st_mtime > loaded["moment"]),
            overridden=_column(opened, _OVERRIDDEN, "name", (wanted.settings_file,)),
            errors=_column(opened, _DEFECTS, "text"),
            version=loaded["version"],
        )


def _systemctl_says(verb: str, unit: str) -> str:
    return process.run(["systemctl", verb, unit], check=False).stdout.strip()


def _listens(address: str, wanted: server.Wanted) -> str:
    return tls.answer(address, wanted.port, ca_file=wanted.ca_file, certificate=wanted.certificate, hello=SSL_REQUEST)


def _column(opened: sql.Session, statement: str, name: str, values: Sequence[Any] | None = None) -> tuple[str, ...]:
    return tuple(str(row[name]) for row in opened.query(statement, values))


def apply_server(wanted: server.Wanted, plan: Plan) -> dict[str, Any]:
    """Do what was planned, then look again; what a reload did not cure is restarted.

    :raises StewardError: it still does not serve as its files say.
    """
    for change in plan.changes:
        if change.action == server.RELOAD:
            _reload(wanted)
        else:
            process.run(["systemctl", change.action, wanted.unit], timeout=COMMAND_SECONDS)
    state = observe_server(wanted)
    server.refuse_errors(wanted.unit, state)
    if state.active and server.reason_to_restart(state):
        process.run(["systemctl", server.RESTART, wanted.unit], timeout=COMMAND_SECONDS)
        state = observe_server(wanted)
    server.refuse_unhealthy(wanted.unit, state)
    return {"server": server.to_dict(state)}


def _reload(wanted: server.Wanted) -> None:
    """Ask the server to read its files and wait until it has."""
    with local_session(wanted.port) as opened:
        before = opened.query(_LOADED)[0]["moment"]
        opened.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < deadline:
        with local_session(wanted.port) as opened:
            if opened.query(_LOADED)[0]["moment"] != before:
                return
        time.sleep(POLL_SECONDS)
    raise StewardError(
        f"{wanted.unit} did not read its files within {RELOAD_SECONDS:g} s", f"See journalctl -u {wanted.unit}."
    )


def status(port: int = 5432) -> dict[str, Any]:
    """What ``steward status`` shows: version, role, connections and the size of each database in bytes.

    :raises StewardError: the server cannot be asked.
    """
    with local_session(port) as opened:
        said = opened.query(_STATUS)[0]
        sizes = {row["name"]: row["bytes"] for row in opened.query(_SIZES)}
    return {
        "version": said["version"],
        "in_recovery": said["in_recovery"],
        "connections": {"used": said["used"], "maximum": said["maximum"]},
        "databases": sizes,
    }


def accepts(address: str, port: int, database: str, user: str, password: str) -> bool:
    """Whether the server lets a role into a database with a password, asked as a service does.

    :raises SqlError: it gave neither answer; a refusal for another reason than role and password is none.
    """
    try:
        with sql.connect(
            host=address, port=port, dbname=database, user=user, password=password, sslmode="verify-full",
            sslrootcert=CA_FILE, connect_timeout=10, application_name="steward",
        ) as opened:  # fmt: skip
            opened.query("SELECT")
    except sql.SqlError as error:
        if any(refusal in error.message for refusal in REFUSALS):
            return False
        raise
    return True
