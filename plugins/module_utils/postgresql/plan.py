# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the databases and roles that are wanted and those that are there to the statements between them.

The ``data`` of each change are ``statement`` and, where it must run inside one, ``database``. Nothing that may hold
data is ever dropped, scratch databases excepted: what nobody asked for is reported as ``unmanaged``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..core.errors import InputError
from ..core.plan import Change, Plan
from . import command, scram
from .model import Catalogue, Database, DatabaseState, Login, RoleState, World

# A new database as template0 makes it.
_NEW_PRIVILEGES = frozenset({"public=CONNECT", "public=TEMPORARY"})
_NEW_SCHEMA = frozenset({"public=USAGE"})


def plan_catalogue(wish: Catalogue, world: World, new_salt: Callable[[], bytes]) -> Plan:
    """The statements in an order in which each finds what it needs.

    :raises InputError: an extension is not installed on the host.
    """
    _check_extensions(wish, world)
    changes = (
        *_plan_removals(wish, world),
        *_plan_roles(wish, world),
        *_plan_logins(wish, world, new_salt),
        *_plan_databases(wish, world),
        *_plan_members(wish, world),
        *_plan_session_roles(wish, world),
        *(change for database in wish.databases for change in _plan_inside(database, world)),
    )
    return Plan(changes, {"unmanaged": find_unmanaged(wish, world)})


def find_unmanaged(wish: Catalogue, world: World) -> dict[str, Any]:
    """What is there without having been asked for; it is left alone."""
    roles = {*wish.groups, *(login.name for login in wish.logins)}
    databases = {database.name: set(database.extensions) for database in wish.databases}
    extensions = {
        name: sorted(world.databases[name].extensions - wanted)
        for name, wanted in databases.items()
        if name in world.databases and world.databases[name].extensions - wanted
    }
    return {
        "databases": sorted(set(world.databases) - set(databases) - set(wish.unwanted)),
        "roles": sorted(set(world.roles) - roles),
        "extensions": extensions,
    }


def _check_extensions(wish: Catalogue, world: World) -> None:
    for database in wish.databases:
        for name in database.extensions:
            if name not in world.extensions:
                raise InputError(
                    f"the database {database.name} wants the extension {name}, which this server does not have",
                    "Install its Debian package first (apt search postgresql-17-).",
                )


def _plan_removals(wish: Catalogue, world: World) -> Iterator[Change]:
    for name in wish.unwanted:
        if name in world.databases:
            yield _change("drop", f"database {name}", command.drop_database(name), before="present")


def _plan_roles(wish: Catalogue, world: World) -> Iterator[Change]:
    wanted = dict.fromkeys(wish.groups, command.GROUP_ATTRIBUTES)
    wanted |= {
        login.name: command.LOGIN_ATTRIBUTES if login.password else command.GROUP_ATTRIBUTES for login in wish.logins
    }
    for name, attributes in wanted.items():
        state = world.roles.get(name)
        after = command.build_attributes(attributes)
        if state is None:
            yield _change("create", f"role {name}", command.create_role(name, attributes), after=after)
        elif state.attributes != attributes:
            before = command.build_attributes(state.attributes)
            yield _change("alter", f"role {name}", command.alter_role(name, attributes), before=before, after=after)


def _plan_logins(wish: Catalogue, world: World, new_salt: Callable[[], bytes]) -> Iterator[Change]:
    for login in wish.logins:
        state = world.roles.get(login.name) or RoleState(login.name, frozenset(), -1)
        if not login.password and state.verifier:
            statement = command.drop_password(login.name)
            yield _change("discard password of", f"role {login.name}", statement, "a password", "no password")
        elif login.password and not scram.is_verifier_of(state.verifier, login.password):
            yield _plan_password(login, state, new_salt())
        if state.limit != login.limit:
            statement = command.set_limit(login.name, login.limit)
            yield _change("limit connections of", f"role {login.name}", statement, str(state.limit), str(login.limit))


def _plan_password(login: Login, state: RoleState, salt: bytes) -> Change:
    verifier = scram.build_verifier(login.password, salt).to_text()
    before = "another password" if state.verifier else "no password"
    return _change(
        "set password of",
        f"role {login.name}",
        command.set_verifier(login.name, verifier),
        before,
        "the wanted password",
    )


def _plan_databases(wish: Catalogue, world: World) -> Iterator[Change]:
    for database in wish.databases:
        subject = f"database {database.name}"
        state = world.databases.get(database.name)
        if state is None:
            statement = command.create_database(database.name, database.owner)
            yield _change("create", subject, statement, after=f"owner {database.owner}")
        elif state.owner != database.owner:
            statement = command.set_owner(database.name, database.owner)
            yield _change("own", subject, statement, f"owner {state.owner}", f"owner {database.owner}")
        privileges = state.privileges if state else _NEW_PRIVILEGES
        open_to_all = _of("public", privileges)
        if open_to_all:
            yield _change("close", subject, command.revoke_public_database(database.name), f"public: {open_to_all}")
        if f"{database.writer}=CONNECT" not in privileges:
            statement = command.grant_connect(database.name, database.writer)
            yield _change("open", subject, statement, after=f"{database.writer}: CONNECT")


def _plan_members(wish: Catalogue, world: World) -> Iterator[Change]:
    """Memberships of our login roles in our groups; those of other roles are not ours."""
    wanted = {
        (database.owner if client.access == "owner" else database.writer, client.role): None
        for database in wish.databases
        for client in database.clients
    }
    # The other one of a pair may do what the first may, also what somebody granted by hand.
    wanted |= {(client.role, client.standby): None for client in wish.clients if client.standby}
    for group, member in wanted:
        if (group, member) not in world.members:
            yield _change("join", f"role {member}", command.grant_role(group, member), after=f"member of {group}")
    logins = {login.name for login in wish.logins}
    for group, member in sorted(world.members):
        if member in logins and group in wish.groups and (group, member) not in wanted:
            yield _change("leave", f"role {member}", command.revoke_role(group, member), f"member of {group}")


def _plan_session_roles(wish: Catalogue, world: World) -> Iterator[Change]:
    for database in wish.databases:
        wanted = {client.standby: client.role for client in database.clients if client.standby}
        wanted |= {
            name: database.owner for client in database.clients if client.access == "owner" for name in client.logins
        }
        for login in wish.logins:
            before, after = world.session_roles.get((database.name, login.name)), wanted.get(login.name)
            if before != after:
                statement = command.set_session_role(database.name, login.name, after)
                subject = f"role {login.name} in {database.name}"
                yield _change(
                    "act", subject, statement, f"as {before}" if before else "", f"as {after}" if after else ""
                )


def _plan_inside(database: Database, world: World) -> Iterator[Change]:
    state = world.databases.get(database.name) or DatabaseState(
        database.name, database.owner, _NEW_PRIVILEGES, schema_privileges=_NEW_SCHEMA
    )

    def change(action: str, statement: str, before: str = "", after: str = "", what: str = "schema public") -> Change:
        return _change(action, f"{what} of {database.name}", statement, before, after, database.name)

    open_to_all = _of("public", state.schema_privileges)
    if open_to_all:
        yield change("close", command.revoke_public_schema(), before=f"public: {open_to_all}")
    if f"{database.writer}=USAGE" not in state.schema_privileges:
        yield change("open", command.grant_schema(database.writer), after=f"{database.writer}: USAGE")
    for kind, privileges in command.WRITER_PRIVILEGES.items():
        after = f"{database.writer}: {', '.join(privileges)}"
        if not {f"{database.owner}:{kind}:{database.writer}={word}" for word in privileges} <= state.defaults:
            statement = command.grant_future(kind, database.owner, database.writer)
            yield change("open", statement, after=after, what=f"future {kind.lower()}")
        if kind in state.bare:
            yield change("open", command.grant_existing(kind, database.writer), after=after, what=kind.lower())
    for name in database.extensions:
        if name not in state.extensions:
            yield change("create", command.create_extension(name), after="present", what=f"extension {name}")


def _of(grantee: str, privileges: frozenset[str]) -> str:
    """The privileges of one grantee as text.

    >>> _of("public", frozenset({"public=CONNECT", "app=CONNECT"}))
    'CONNECT'
    """
    return ", ".join(sorted(row.split("=")[1] for row in privileges if row.startswith(f"{grantee}=")))


def _change(
    action: str, subject: str, statement: str, before: str = "", after: str = "", database: str = "postgres"
) -> Change:
    return Change(action, subject, before, after, {"statement": statement, "database": database})
