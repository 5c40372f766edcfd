# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What databases and roles should be there, and what a server was seen to hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.credentials import accepted
from ..core.errors import InputError

SCRATCH_PREFIX = "steward_scratch_"
PASSWORD_MINIMUM = 16
CONNECTION_STEP = 50
STANDBY = "standby_"
# Room for the suffix `_writer` in PostgreSQL's 63 characters.
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,55}")
_EXTENSION = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
# The account of the server, and its superuser.
ACCOUNT = "postgres"


@dataclass(frozen=True)
class Client:
    """A login role's way into a database: as ``owner`` (migrates it) or as ``writer`` (reads and writes rows).

    ``standby`` takes turns with ``role`` when passwords are rotated, and acts as it.
    """

    role: str
    access: str
    standby: str = ""

    @property
    def logins(self) -> tuple[str, ...]:
        return (self.role, self.standby) if self.standby else (self.role,)


@dataclass(frozen=True)
class Database:
    """A database that should be there; several may belong to the same owner (a scratch database and its model)."""

    name: str
    owner: str
    writer: str
    extensions: tuple[str, ...]
    clients: tuple[Client, ...]


@dataclass(frozen=True)
class Login:
    """A role that may log in; ``limit`` is its highest number of connections, -1 for any.

    Without a password it is the idle one of a pair and may not log in at present.
    """

    name: str
    password: str = field(repr=False)
    limit: int = -1


@dataclass(frozen=True)
class Catalogue:
    """The whole wish: databases in order, login roles, and scratch databases to remove."""

    databases: tuple[Database, ...]
    logins: tuple[Login, ...]
    unwanted: tuple[str, ...] = ()

    @property
    def clients(self) -> tuple[Client, ...]:
        return tuple(client for database in self.databases for client in database.clients)

    @property
    def groups(self) -> tuple[str, ...]:
        """The roles without login that own databases or write to them."""
        names = dict.fromkeys(name for database in self.databases for name in (database.owner, database.writer))
        return tuple(names)


@dataclass(frozen=True)
class RoleState:
    """A role as the server has it; ``attributes`` are its keywords such as ``LOGIN`` or ``SUPERUSER``."""

    name: str
    attributes: frozenset[str]
    limit: int
    verifier: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class DatabaseState:
    """A database as the server has it; privileges are ``grantee=PRIVILEGE``, the grantee of everybody is ``public``.

    ``defaults`` are default privileges as ``owner:kind:grantee=PRIVILEGE``, ``bare`` the kinds (``TABLES``,
    ``SEQUENCES``) of which some of the owner's are not yet open to the writer.
    """

    name: str
    owner: str
    privileges: frozenset[str]
    schema_privileges: frozenset[str] = frozenset()
    defaults: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()


@dataclass(frozen=True)
class World:
    """What a server holds; ``members`` are (group, member), ``session_roles`` (database, login) → role."""

    roles: Mapping[str, RoleState]
    databases: Mapping[str, DatabaseState]
    members: frozenset[tuple[str, str]] = frozenset()
    session_roles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    extensions: frozenset[str] = frozenset()


def build_catalogue(parameters: Mapping[str, Any]) -> Catalogue:
    """The wish from the module's options.

    :raises InputError: the first defect, naming option, value (never a password) and what is allowed.
    """
    databases = [_database(row, f"databases[{index}]") for index, row in enumerate(parameters["databases"])]
    _refuse_twice([database.name for database in databases], "databases")
    logins = _logins(parameters)
    taken = {login.name for login in logins} & {
        name for database in databases for name in (database.owner, database.writer)
    }
    if taken:
        raise InputError(f"the role {min(taken)} is both a login role and the owner or writer of a database")
    scratch = parameters.get("scratch_databases") or []
    names = [_scratch_name(row["name"], f"scratch_databases[{index}].name") for index, row in enumerate(scratch)]
    _refuse_twice(names, "scratch_databases")
    by_name = {database.name: database for database in databases}
    wanted = [
        _scratch(row, by_name, f"scratch_databases[{index}]")
        for index, row in enumerate(scratch)
        if row["state"] == "present"
    ]
    unwanted = tuple(row["name"] for row in scratch if row["state"] == "absent")
    return Catalogue((*databases, *wanted), logins, unwanted)


def _database(row: Mapping[str, Any], place: str) -> Database:
    name = _checked(_NAME, row["name"], f"{place}.name")
    if name.startswith(SCRATCH_PREFIX):
        raise InputError(f"{place}.name is {name!r}, allowed is: a name that does not begin with {SCRATCH_PREFIX}")
    clients = tuple(_client(client, f"{place}.clients[{index}]") for index, client in enumerate(row["clients"]))
    _refuse_twice([name for client in clients for name in client.logins], f"{place}.clients")
    extensions = [_checked(_EXTENSION, text, f"{place}.extensions") for text in row["extensions"]]
    return Database(name, f"{name}_owner", f"{name}_writer", tuple(extensions), clients)


def _client(row: Mapping[str, Any], place: str) -> Client:
    standby = row.get("standby") or ""
    if standby:
        _checked(_NAME, standby, f"{place}.standby")
    return Client(_checked(_NAME, row["role"], f"{place}.role"), row["access"], standby)


def _scratch_name(name: str, place: str) -> str:
    if not name.startswith(SCRATCH_PREFIX) or name == SCRATCH_PREFIX:
        raise InputError(f"{place} is {name!r}, allowed is: {SCRATCH_PREFIX}<name>", "Nothing else is ever removed.")
    return _checked(_NAME, name, place)


def _scratch(row: Mapping[str, Any], databases: Mapping[str, Database], place: str) -> Database:
    model = databases.get(row["owner_of"])
    if model is None:
        raise InputError(f"{place}.owner_of is {row['owner_of']!r}, allowed is one of: {', '.join(databases)}")
    return Database(row["name"], model.owner, model.writer, model.extensions, model.clients)


def _logins(parameters: Mapping[str, Any]) -> tuple[Login, ...]:
    """Every client's roles once, each with its password."""
    limits = parameters.get("connection_limits") or {}
    logins: dict[str, Login] = {}
    for role, (path, standby) in _pairs(parameters["databases"]).items():
        passwords = _passwords(parameters["credentials"], path)
        pair = {role: passwords[""], **({standby: passwords[STANDBY]} if standby else {})}
        for name, password in pair.items():
            if name in logins:
                raise InputError(f"the role {name} stands for two clients, allowed is one")
            logins[name] = Login(name, password, _limit(limits, role))
    return tuple(logins.values())


def _pairs(databases: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Of each client's role the path of its password and the role that takes turns with it."""
    pairs: dict[str, tuple[str, str]] = {}
    for row in databases:
        for client in row["clients"]:
            given = (client["path"], client.get("standby") or "")
            known = pairs.setdefault(client["role"], given)
            for one, other, what in zip(known, given, ("paths", "standbys"), strict=True):
                if one != other:
                    raise InputError(f"the role {client['role']} has two {what}, {one} and {other}; allowed is one")
    return pairs


def _passwords(credentials: Mapping[str, Mapping[str, Any]], path: str) -> dict[str, str]:
    """The passwords of a role and, under :data:`STANDBY`, of its other; nothing for who may not log in at present."""
    place = f"credentials[{path}]"
    fields = credentials.get(path) or {}
    found = {prefix: fields.get(f"{prefix}password") or "" for prefix in ("", STANDBY)}
    if not any(found.values()):
        raise InputError(f"{place} has no password", "The role openbao generates it.")
    for prefix, password in found.items():
        is_text = isinstance(password, str)
        if password and not (is_text and len(password) >= PASSWORD_MINIMUM and _PRINTABLE.fullmatch(password)):
            allowed = f"{PASSWORD_MINIMUM} or more printable ASCII characters"
            raise InputError(f"{place}.{prefix}password is too weak, allowed are: {allowed}")
    return found


def strip_usernames(databases: Any, credentials: Any) -> Any:
    """The credentials with nothing but passwords, after a look at the user names: ``password`` is that of the
    client's role, ``standby_password`` that of the one which takes turns with it.

    Values of another shape than documented go on as they are: the module refuses them with the option's name.

    :raises InputError: credentials belong to another role than the one that uses them.
    """
    if not isinstance(credentials, dict) or not isinstance(databases, list):
        return credentials
    used = {
        client.get("path"): client
        for database in databases
        if isinstance(database, dict)
        for client in database.get("clients") or []
        if isinstance(client, dict)
    }
    return {
        path: _strip(path, fields, used.get(path)) if isinstance(fields, dict) else fields
        for path, fields in credentials.items()
    }


def _strip(path: str, fields: Mapping[str, Any], client: Mapping[str, Any] | None) -> dict[str, Any]:
    if client is None:
        return {key: value for key, value in fields.items() if key == "password"}
    places = {None: "", client.get("role"): ""}
    if client.get("standby"):
        places[client["standby"]] = STANDBY
    result: dict[str, Any] = {}
    for name, password in accepted(fields):
        if name not in places:
            allowed = " or ".join(str(known) for known in places if known)
            raise InputError(f"credentials[{path}].username is {name!r}, allowed is: {allowed}")
        result[f"{places[name]}password"] = password
    return result


def _limit(limits: Mapping[str, Any], role: str) -> int:
    """The role's entry of ``connection_limits``, whose values Ansible hands over unconverted."""
    value = limits.get(role, -1)
    if not str(value).lstrip("-").isdigit() or int(value) < -1:
        raise InputError(f"connection_limits[{role}] is {value!r}, allowed is: a number from 0, or -1 for any")
    return int(value)


def _checked(pattern: re.Pattern[str], name: str, place: str) -> str:
    if not pattern.fullmatch(name):
        raise InputError(f"{place} is {name!r}, allowed is: {pattern.pattern}")
    return name


def _refuse_twice(names: Sequence[str], place: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"{place} has {name} twice, allowed is once")
        seen.add(name)


def connection_budget(
    databases: Iterable[Mapping[str, Any]],
    services: Iterable[Mapping[str, Any]],
    *,
    per_process: int,
    reserved: int,
) -> dict[str, Any]:
    """How many connections each login role may hold, and ``max_connections`` for all of them and ``reserved`` ones.

    Both slots of a service run during a switch (a scheduler never does), and one process more is counted for
    migrations and pre-deploy tests. A client without a service of ours counts as one process. ``max_connections`` is
    rounded up to whole steps, because changing it restarts the server: one more replica should not.
    """
    processes = {
        row["name"].replace("-", "_"): row["replicas"] * (1 if row["kind"] == "scheduler" else 2) for row in services
    }
    roles = dict.fromkeys(client["role"] for database in databases for client in database["clients"])
    limits = {role: (processes.get(role, 1) + 1) * per_process for role in roles}
    needed = sum(limits.values()) + reserved
    return {"max_connections": -(-needed // CONNECTION_STEP) * CONNECTION_STEP, "limits": limits}
