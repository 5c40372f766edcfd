# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL statements that change a catalogue, and the queries that read one."""

from __future__ import annotations

from collections.abc import Iterable

GROUP_ATTRIBUTES = frozenset({"INHERIT"})
LOGIN_ATTRIBUTES = frozenset({"INHERIT", "LOGIN"})
ATTRIBUTES = ("SUPERUSER", "CREATEDB", "CREATEROLE", "INHERIT", "LOGIN", "REPLICATION", "BYPASSRLS")
# What a writer may do, by the keyword that GRANT and default privileges use.
WRITER_PRIVILEGES = {"TABLES": ("SELECT", "INSERT", "UPDATE", "DELETE"), "SEQUENCES": ("USAGE", "SELECT", "UPDATE")}


def quote_name(name: str) -> str:
    """An identifier, also one that is a keyword.

    >>> quote_name("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A string constant; the sessions have standard_conforming_strings on."""
    return "'" + text.replace("'", "''") + "'"


def create_role(name: str, attributes: Iterable[str]) -> str:
    return f"CREATE ROLE {quote_name(name)} {build_attributes(attributes)}"


def alter_role(name: str, attributes: Iterable[str]) -> str:
    return f"ALTER ROLE {quote_name(name)} {build_attributes(attributes)}"


def build_attributes(attributes: Iterable[str]) -> str:
    """All role keywords, negated where they are not wanted."""
    wanted = set(attributes)
    return " ".join(keyword if keyword in wanted else f"NO{keyword}" for keyword in ATTRIBUTES)


def set_verifier(name: str, verifier: str) -> str:
    return f"ALTER ROLE {quote_name(name)} PASSWORD {quote_text(verifier)}"


def drop_password(name: str) -> str:
    return f"ALTER ROLE {quote_name(name)} PASSWORD NULL"


def let_in(name: str, *, login: bool) -> str:
    return f"ALTER ROLE {quote_name(name)} {'LOGIN' if login else 'NOLOGIN'}"


def set_limit(name: str, limit: int) -> str:
    return f"ALTER ROLE {quote_name(name)} CONNECTION LIMIT {limit}"


def grant_role(group: str, member: str) -> str:
    return f"GRANT {quote_name(group)} TO {quote_name(member)} WITH ADMIN FALSE, INHERIT TRUE, SET TRUE"


def revoke_role(group: str, member: str) -> str:
    return f"REVOKE {quote_name(group)} FROM {quote_name(member)}"


def create_database(name: str, owner: str) -> str:
    """A database in UTF-8 that sorts by code point: an update of the C library cannot damage its indexes."""
    return (
        f"CREATE DATABASE {quote_name(name)} OWNER {quote_name(owner)} TEMPLATE template0 ENCODING 'UTF8' "
        "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
    )


def drop_database(name: str) -> str:
    return f"DROP DATABASE {quote_name(name)} WITH (FORCE)"


def set_owner(name: str, owner: str) -> str:
    return f"ALTER DATABASE {quote_name(name)} OWNER TO {quote_name(owner)}"


def revoke_public_database(name: str) -> str:
    return f"REVOKE ALL ON DATABASE {quote_name(name)} FROM PUBLIC"


def grant_connect(name: str, role: str) -> str:
    return f"GRANT CONNECT ON DATABASE {quote_name(name)} TO {quote_name(role)}"


def set_session_role(database: str, login: str, role: str | None) -> str:
    """What the login role becomes in this database, so that what it creates belongs to the owner."""
    wish = f"SET role = {quote_text(role)}" if role else "RESET role"
    return f"ALTER ROLE {quote_name(login)} IN DATABASE {quote_name(database)} {wish}"


def revoke_public_schema() -> str:
    return "REVOKE ALL ON SCHEMA public FROM PUBLIC"


def grant_schema(role: str) -> str:
    return f"GRANT USAGE ON SCHEMA public TO {quote_name(role)}"


def grant_existing(kind: str, role: str) -> str:
    return f"GRANT {', '.join(WRITER_PRIVILEGES[kind])} ON ALL {kind} IN SCHEMA public TO {quote_name(role)}"


def grant_future(kind: str, owner: str, role: str) -> str:
    return (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote_name(owner)} IN SCHEMA public "
        f"GRANT {', '.join(WRITER_PRIVILEGES[kind])} ON {kind} TO {quote_name(role)}"
    )


def create_extension(name: str) -> str:
    return f"CREATE EXTENSION IF NOT EXISTS {quote_name(name)}"


ROLES = """
SELECT rolname AS name, rolconnlimit AS "limit", rolpassword AS verifier, array_remove(ARRAY[
    CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
    CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolinherit THEN 'INHERIT' END,
    CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
    CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL) AS attributes
FROM pg_authid WHERE rolname !~ '^pg_' AND oid <> 10
"""
# A membership that does not inherit or cannot be assumed is not the one that is wanted: it counts as missing.
MEMBERS = """
SELECT g.rolname AS "group", m.rolname AS member FROM pg_auth_members a
JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE a.inherit_option AND a.set_option AND NOT a.admin_option
"""
SESSION_ROLES = """
SELECT d.datname AS database, r.rolname AS login, substr(c.setting, 6) AS role FROM pg_db_role_setting s
JOIN pg_database d ON d.oid = s.setdatabase JOIN pg_roles r ON r.oid = s.setrole
CROSS JOIN unnest(s.setconfig) AS c(setting) WHERE c.setting LIKE 'role=%'
"""
DATABASES = """
SELECT d.datname AS name, o.rolname AS owner, ARRAY(
    SELECT coalesce(g.rolname, 'public') || '=' || x.privilege_type
    FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x LEFT JOIN pg_roles g ON g.oid = x.grantee
) AS privileges
FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba WHERE NOT d.datistemplate AND d.datname <> 'postgres'
"""
AVAILABLE = "SELECT name FROM pg_available_extensions"
INSTALLED = "SELECT extname AS name FROM pg_extension WHERE extname <> 'plpgsql'"
SCHEMA = """
SELECT coalesce(g.rolname, 'public') || '=' || x.privilege_type AS privilege FROM pg_namespace n
CROSS JOIN aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x LEFT JOIN pg_roles g ON g.oid = x.grantee
WHERE n.nspname = 'public'
"""
DEFAULTS = """
SELECT o.rolname || ':' || CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' ELSE 'OTHERS' END
    || ':' || coalesce(g.rolname, 'public') || '=' || x.privilege_type AS privilege
FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace JOIN pg_roles o ON o.oid = d.defaclrole
CROSS JOIN aclexplode(d.defaclacl) x LEFT JOIN pg_roles g ON g.oid = x.grantee WHERE n.nspname = 'public'
"""
# The kinds of which the owner (first value) has objects that the writer (second value) may not use in full.
BARE = f"""
SELECT DISTINCT CASE c.relkind WHEN 'S' THEN 'SEQUENCES' ELSE 'TABLES' END AS kind FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
AND pg_get_userbyid(c.relowner) = %s AND NOT ARRAY(
    SELECT x.privilege_type::text FROM aclexplode(c.relacl) x JOIN pg_roles g ON g.oid = x.grantee WHERE g.rolname = %s
) @> CASE c.relkind WHEN 'S' THEN ARRAY[{", ".join(quote_text(word) for word in WRITER_PRIVILEGES["SEQUENCES"])}]
    ELSE ARRAY[{", ".join(quote_text(word) for word in WRITER_PRIVILEGES["TABLES"])}] END
"""

# What steward shows to operators.

# Tables of people, with what belongs to them; those of the system are the same everywhere.
TABLES = """
SELECT current_database() AS database, n.nspname AS schema, c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
    pg_indexes_size(c.oid) AS index_bytes,
    coalesce(s.n_live_tup, 0) AS live_rows, coalesce(s.n_dead_tup, 0) AS dead_rows,
    to_char(greatest(s.last_vacuum, s.last_autovacuum) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS vacuumed
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY bytes DESC, schema, name LIMIT %s
"""
_SESSION = """
    pid, datname AS database, usename AS "user", application_name AS application,
    coalesce(host(client_addr), 'this host') AS client, state, wait_event_type AS wait_type, wait_event,
    round(extract(epoch FROM clock_timestamp() - CASE state WHEN 'active' THEN query_start ELSE state_change END), 1)
        ::float8 AS seconds,
    round(extract(epoch FROM clock_timestamp() - xact_start), 1)::float8 AS transaction_seconds,
    left(query, 2000) AS statement
"""
# A session that is idle within a transaction holds its locks, so it counts from the end of its last statement.
ACTIVITY = f"""
SELECT * FROM (SELECT {_SESSION} FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle') AS sessions
WHERE seconds >= %s ORDER BY seconds DESC
"""
# Who waits for a lock, and all whom they wait for. MATERIALIZED: to ask who blocks stops the lock manager each time.
BLOCKED = f"""
WITH waiting AS MATERIALIZED (
    SELECT pid AS waiter, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity WHERE wait_event_type = 'Lock'
), found AS (SELECT * FROM waiting WHERE cardinality(blockers) > 0)
SELECT {_SESSION}, coalesce((SELECT blockers FROM found WHERE waiter = pid), '{{}}') AS waits_for,
    (SELECT string_agg(DISTINCT l.locktype || ' ' || l.mode, ', ') FROM pg_locks l
        WHERE l.pid = a.pid AND NOT l.granted) AS wanted_lock
FROM pg_stat_activity a
WHERE pid IN (SELECT waiter FROM found UNION SELECT unnest(blockers) FROM found) ORDER BY pid
"""
