# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.postgresql import command, scram
from ansible_collections.steward.platform.plugins.module_utils.postgresql.model import (
    Catalogue,
    Client,
    Database,
    DatabaseState,
    Login,
    RoleState,
    World,
)
from ansible_collections.steward.platform.plugins.module_utils.postgresql.plan import plan_catalogue

PASSWORD = "0123456789abcdefgh"
SALT = b"0123456789abcdef"
VERIFIER = scram.build_verifier(PASSWORD, SALT).to_text()
APP = Database("app", "app_owner", "app_writer", ("pg_trgm",), (Client("api", "owner"), Client("job", "writer")))
WISH = Catalogue((APP,), (Login("api", PASSWORD, 20), Login("job", PASSWORD)))
EVERYTHING = frozenset(
    f"app_owner:{kind}:app_writer={word}" for kind, words in command.WRITER_PRIVILEGES.items() for word in words
)
DONE = DatabaseState(
    "app",
    "app_owner",
    privileges=frozenset({"app_owner=CONNECT", "app_writer=CONNECT"}),
    schema_privileges=frozenset({"pg_database_owner=CREATE", "app_writer=USAGE"}),
    defaults=EVERYTHING,
    extensions=frozenset({"pg_trgm"}),
)
GROUPS = {name: RoleState(name, command.GROUP_ATTRIBUTES, -1) for name in ("app_owner", "app_writer")}
LOGINS = {
    "api": RoleState("api", command.LOGIN_ATTRIBUTES, 20, VERIFIER),
    "job": RoleState("job", command.LOGIN_ATTRIBUTES, -1, VERIFIER),
}
CONVERGED = World(
    roles={**GROUPS, **LOGINS},
    databases={"app": DONE},
    members=frozenset({("app_owner", "api"), ("app_writer", "job")}),
    session_roles={("app", "api"): "app_owner"},
    extensions=frozenset({"pg_trgm"}),
)
NOTHING = World({}, {}, extensions=frozenset({"pg_trgm"}))


def plan(world, wish=WISH):
    return plan_catalogue(wish, world, lambda: SALT)


def statements(world, wish=WISH):
    return [change.data["statement"] for change in plan(world, wish).changes]


def with_database(**fields):
    return replace(CONVERGED, databases={"app": replace(DONE, **fields)})


def with_role(name, **fields):
    return replace(CONVERGED, roles={**CONVERGED.roles, name: replace(CONVERGED.roles[name], **fields)})


def test_nothing_to_do():
    assert not plan(CONVERGED).changed


def test_everything_is_made_on_an_empty_server():
    made = [(change.action, change.subject) for change in plan(NOTHING).changes]
    assert made == [
        ("create", "role app_owner"),
        ("create", "role app_writer"),
        ("create", "role api"),
        ("create", "role job"),
        ("set password of", "role api"),
        ("limit connections of", "role api"),
        ("set password of", "role job"),
        ("create", "database app"),
        ("close", "database app"),
        ("open", "database app"),
        ("join", "role api"),
        ("join", "role job"),
        ("act", "role api in app"),
        ("close", "schema public of app"),
        ("open", "schema public of app"),
        ("open", "future tables of app"),
        ("open", "future sequences of app"),
        ("create", "extension pg_trgm of app"),
    ]


def test_neither_password_nor_verifier_is_in_the_difference():
    shown = str(plan(NOTHING).diff())
    assert PASSWORD not in shown
    assert "SCRAM" not in shown


def test_only_verifiers_are_sent():
    sent = "\n".join(statements(NOTHING))
    assert PASSWORD not in sent
    assert sent.count(VERIFIER) == 2


def test_statements_run_where_they_belong():
    places = {change.subject: change.data["database"] for change in plan(NOTHING).changes}
    assert places["database app"] == "postgres"
    assert places["schema public of app"] == "app"


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        pytest.param(
            with_role("job", attributes=frozenset({"LOGIN", "INHERIT", "SUPERUSER"})),
            'ALTER ROLE "job" NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT LOGIN NOREPLICATION NOBYPASSRLS',
            id="a superuser too many",
        ),
        pytest.param(
            with_role("app_owner", attributes=command.LOGIN_ATTRIBUTES),
            'ALTER ROLE "app_owner" NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT NOLOGIN NOREPLICATION NOBYPASSRLS',
            id="an owner that may log in",
        ),
        pytest.param(
            with_role("job", verifier=scram.build_verifier("another password", SALT).to_text()),
            f"ALTER ROLE \"job\" PASSWORD '{VERIFIER}'",
            id="another password",
        ),
        pytest.param(with_role("api", limit=-1), 'ALTER ROLE "api" CONNECTION LIMIT 20', id="no limit"),
        pytest.param(with_database(owner="postgres"), 'ALTER DATABASE "app" OWNER TO "app_owner"', id="another owner"),
        pytest.param(
            with_database(privileges=DONE.privileges | {"public=CONNECT"}),
            'REVOKE ALL ON DATABASE "app" FROM PUBLIC',
            id="a database open to all",
        ),
        pytest.param(
            with_database(privileges=frozenset()),
            'GRANT CONNECT ON DATABASE "app" TO "app_writer"',
            id="a writer shut out",
        ),
        pytest.param(
            with_database(schema_privileges=DONE.schema_privileges | {"public=USAGE"}),
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            id="a schema open to all",
        ),
        pytest.param(
            with_database(bare=frozenset({"SEQUENCES"})),
            'GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO "app_writer"',
            id="a sequence the writer may not use",
        ),
        pytest.param(
            with_database(defaults=EVERYTHING - {"app_owner:TABLES:app_writer=DELETE"}),
            'ALTER DEFAULT PRIVILEGES FOR ROLE "app_owner" IN SCHEMA public '
            'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "app_writer"',
            id="a default privilege lost",
        ),
        pytest.param(
            replace(CONVERGED, members=CONVERGED.members | {("app_owner", "job")}),
            'REVOKE "app_owner" FROM "job"',
            id="a writer that is also an owner",
        ),
        pytest.param(
            replace(CONVERGED, session_roles={**CONVERGED.session_roles, ("app", "job"): "app_owner"}),
            'ALTER ROLE "job" IN DATABASE "app" RESET role',
            id="a writer that acts as the owner",
        ),
    ],
)
def test_one_thing_is_put_right(world, expected):
    assert statements(world) == [expected]


def test_memberships_of_others_are_not_ours():
    world = replace(CONVERGED, members=CONVERGED.members | {("app_owner", "operator"), ("pg_monitor", "job")})
    assert not plan(world).changed


def test_what_nobody_asked_for_is_reported_and_stays():
    world = replace(
        CONVERGED,
        roles={**CONVERGED.roles, "old": RoleState("old", command.LOGIN_ATTRIBUTES, -1)},
        databases={
            "app": replace(DONE, extensions=DONE.extensions | {"hstore"}),
            "old": DatabaseState("old", "old", frozenset()),
        },
    )
    planned = plan(world)
    assert not planned.changed
    assert planned.facts["unmanaged"] == {"databases": ["old"], "roles": ["old"], "extensions": {"app": ["hstore"]}}


def test_an_extension_the_server_does_not_have_is_refused_at_once():
    with pytest.raises(InputError, match="wants the extension pg_trgm"):
        plan(replace(CONVERGED, extensions=frozenset()))


def test_a_scratch_database_is_removed_when_it_is_there():
    wish = replace(WISH, unwanted=("steward_scratch_app", "steward_scratch_gone"))
    scratch = DatabaseState("steward_scratch_app", "app_owner", frozenset())
    world = replace(CONVERGED, databases={**CONVERGED.databases, "steward_scratch_app": scratch})
    assert statements(world, wish) == ['DROP DATABASE "steward_scratch_app" WITH (FORCE)']
    assert plan(world, wish).facts["unmanaged"]["databases"] == []


PAIRED = replace(APP, clients=(Client("api", "owner", "api_b"), Client("job", "writer", "job_b")))
PAIR_MEMBERS = CONVERGED.members | {("api", "api_b"), ("job", "job_b")}
PAIR_SESSIONS = {("app", "api"): "app_owner", ("app", "api_b"): "app_owner", ("app", "job_b"): "job"}
IDLE = {name: RoleState(name, command.GROUP_ATTRIBUTES, -1) for name in ("api_b", "job_b")}


def pair(api=PASSWORD, api_b="", job=PASSWORD, job_b=""):
    logins = (Login("api", api), Login("api_b", api_b), Login("job", job), Login("job_b", job_b))
    return Catalogue((PAIRED,), logins)


def rotated(**changed):
    """The world after everything was made for a pair of which the first may log in."""
    used = {name: RoleState(name, command.LOGIN_ATTRIBUTES, -1, VERIFIER) for name in ("api", "job")}
    roles = {**GROUPS, **used, **IDLE, **changed}
    return replace(CONVERGED, roles=roles, members=PAIR_MEMBERS, session_roles=PAIR_SESSIONS)


def test_the_idle_one_of_a_pair_may_not_log_in():
    assert not plan(rotated(), pair()).changed
    made = plan(NOTHING, pair())
    texts = [change.data["statement"] for change in made.changes]
    assert command.create_role("api_b", command.GROUP_ATTRIBUTES) in texts
    assert not [text for text in texts if "PASSWORD" in text and "_b" in text]


def test_the_other_one_may_do_the_same_and_acts_as_the_same_role():
    texts = [change.data["statement"] for change in plan(NOTHING, pair()).changes]
    assert command.grant_role("api", "api_b") in texts
    assert command.set_session_role("app", "api_b", "app_owner") in texts
    assert command.set_session_role("app", "job_b", "job") in texts


def test_both_may_log_in_between_then_the_first_may_not_any_more():
    both = plan(rotated(), pair(api_b=PASSWORD))
    assert [(change.action, change.subject) for change in both.changes] == [
        ("alter", "role api_b"),
        ("set password of", "role api_b"),
    ]
    world = rotated(api_b=RoleState("api_b", command.LOGIN_ATTRIBUTES, -1, VERIFIER))
    after = plan(world, pair(api="", api_b=PASSWORD))
    assert [change.data["statement"] for change in after.changes] == [
        command.alter_role("api", command.GROUP_ATTRIBUTES),
        'ALTER ROLE "api" PASSWORD NULL',
    ]
    assert not plan(replace(world, roles={**world.roles, "api": IDLE["api_b"]}), pair(api="", api_b=PASSWORD)).changed


def test_a_membership_that_somebody_took_away_comes_back():
    world = replace(rotated(), members=CONVERGED.members)
    assert statements(world, pair()) == [command.grant_role("api", "api_b"), command.grant_role("job", "job_b")]
