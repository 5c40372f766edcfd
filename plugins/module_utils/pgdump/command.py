# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of PostgreSQL's dump programs, and what is asked of a server around them.

No password is in any of them: a local server knows the account, another one takes it from a file whose path is given.
"""

from __future__ import annotations

from collections.abc import Sequence

from .model import Server, Tool

# Somebody who holds a table exclusively must not stop the backup for ever.
LOCK_WAIT = "300s"

VERSION = "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number"
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SNAPSHOT = "SELECT pg_export_snapshot() AS ident"
_OWN = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
# What belongs to an extension comes back with it.
_EXTENSIONS = (
    "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{}'::regclass AND d.objid = o.oid AND d.deptype = 'e')"
)
# A table that nobody analysed yet has no estimate but the count of its own statistics.
TABLES = f"""
SELECT n.nspname AS schema, o.relname AS name, CASE WHEN o.relkind = 'p' THEN 0 ELSE
    greatest(CASE WHEN o.reltuples >= 0 THEN o.reltuples::bigint END, pg_stat_get_live_tuples(o.oid), 0) END AS rows
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relkind IN ('r', 'p') AND {_OWN} AND {_EXTENSIONS.format("pg_class")} ORDER BY 1, 2
"""
SIZE = "SELECT pg_database_size(current_database()) AS bytes"
# Everything that a restore could meet, not only tables.
CONTENT = f"""
SELECT format('%s %I.%I', CASE o.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'
    WHEN 'm' THEN 'view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'table' ELSE 'type' END, n.nspname, o.relname) AS name
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND {_OWN} AND {_EXTENSIONS.format("pg_class")}
UNION ALL SELECT format('function %I.%I', n.nspname, o.proname) FROM pg_proc o
    JOIN pg_namespace n ON n.oid = o.pronamespace WHERE {_OWN} AND {_EXTENSIONS.format("pg_proc")}
UNION ALL SELECT format('type %I.%I', n.nspname, o.typname) FROM pg_type o
    JOIN pg_namespace n ON n.oid = o.typnamespace
    WHERE o.typtype IN ('d', 'e') AND {_OWN} AND {_EXTENSIONS.format("pg_type")}
UNION ALL SELECT format('schema %I', n.nspname) FROM pg_namespace n JOIN pg_namespace o USING (oid)
    WHERE n.nspname <> 'public' AND {_OWN} AND {_EXTENSIONS.format("pg_namespace")}
UNION ALL SELECT format('large object %s', oid) FROM pg_largeobject_metadata
ORDER BY 1
"""
# What another object may need, as an archive's table of contents names it.
THERE = """
SELECT 'SCHEMA' AS kind, '-' AS schema, nspname AS name FROM pg_namespace
UNION ALL SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relnamespace::regnamespace::text, relname
    FROM pg_class WHERE relkind IN ('r', 'p', 'S')
UNION ALL SELECT CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, typnamespace::regnamespace::text, typname
    FROM pg_type WHERE typtype IN ('c', 'd', 'e', 'r')
UNION ALL SELECT 'FUNCTION', pronamespace::regnamespace::text, format('%s(%s)', proname, oidvectortypes(proargtypes))
    FROM pg_proc
"""


def run_as(server: Server, *, read_all: bool = False) -> list[str]:
    """The beginning of a command line that runs as the account the server knows and ends when we do.

    :param read_all: let the program read files that only root can: dumps do not belong to the server's account. What
        the server sees is the effective account. The real one stays, because pg_restore looks by access(2), which asks
        for it, which of an archive's files are compressed.
    """
    argv = ["setpriv", "--pdeathsig", "TERM"]
    if server.account:
        who = ["--euid", "--clear-groups"] if read_all else ["--reuid", "--init-groups"]
        argv += [f"{who[0]}={server.account}", f"--regid={server.account}", who[1], "--no-new-privs"]
        argv += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"] if read_all else []
    return [*argv, "--"]


def connection_text(server: Server, database: str) -> str:
    """libpq's connection text.

    >>> connection_text(Server(), "shop")[:58]
    "host='/var/run/postgresql' port='5432' user='postgres' dbn"
    """
    parts = server.parameters(database).items()
    return " ".join(f"{name}='{_escape(value)}'" for name, value in parts)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def dump(tool: Tool, server: Server, database: str, name: str, *, jobs: int, level: str, snapshot: str) -> list[str]:
    """Write a database as a directory of compressed files, as it is in a snapshot.

    :param name: of the new folder, in the working directory.
    """
    argv = [*run_as(server), f"{tool.folder}/pg_dump", "--format=directory", f"--jobs={jobs}", f"--compress={level}"]
    argv += [f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_WAIT}", "--no-password", f"--file={name}"]
    return [*argv, f"--dbname={connection_text(server, database)}"]


def dump_schema(tool: Tool, server: Server, database: str, name: str, *, snapshot: str) -> list[str]:
    """Write the definitions of a database as SQL, without its rows."""
    argv = [*run_as(server), f"{tool.folder}/pg_dump", "--format=plain", "--schema-only", f"--snapshot={snapshot}"]
    argv += [f"--lock-wait-timeout={LOCK_WAIT}", "--no-password", f"--file={name}"]
    return [*argv, f"--dbname={connection_text(server, database)}"]


def dump_globals(tool: Tool, server: Server, name: str) -> list[str]:
    """Write roles and tablespaces as SQL, without any password.

    pg_dumpall takes no database from the connection text, and not everybody may use the one it would take.
    """
    argv = [*run_as(server), f"{tool.folder}/pg_dumpall", "--globals-only", "--no-role-passwords", "--no-password"]
    argv += [f"--file={name}", f"--database={server.maintenance}"]
    return [*argv, f"--dbname={connection_text(server, server.maintenance)}"]


def list_archive(tool: Tool, path: str) -> list[str]:
    """Show an archive's table of contents with what depends on what."""
    return [f"{tool.folder}/pg_restore", "--list", "--verbose", path]


def read_archive(tool: Tool, path: str) -> list[str]:
    """Read an archive to its end, every row of it, without a server."""
    return [f"{tool.folder}/pg_restore", "--file=/dev/null", path]


def restore(
    tool: Tool, server: Server, database: str, path: str, *,
    jobs: int = 1, list_file: str = "", with_owner: bool = True, clean: bool = False,
) -> list[str]:  # fmt: skip
    """Read an archive into a database and stop at the first error.

    :param list_file: only these entries.
    :param clean: drop first what the archive has, all or nothing, therefore over one connection.
    """
    argv = [*run_as(server, read_all=True), f"{tool.folder}/pg_restore", "--exit-on-error", "--no-password"]
    argv += ["--clean", "--if-exists", "--single-transaction"] if clean else [f"--jobs={jobs}"]
    argv += [] if with_owner else ["--no-owner"]
    argv += [f"--use-list={list_file}"] if list_file else []
    return [*argv, f"--dbname={connection_text(server, database)}", path]


def run_sql(tool: Tool, server: Server, database: str, *, single: bool) -> list[str]:
    """Run SQL from standard input and stop at the first error; ``single`` is all or nothing."""
    argv = [*run_as(server), f"{tool.folder}/psql", "--no-psqlrc", "--quiet", "--no-password", "--output=/dev/null"]
    argv += ["--set=ON_ERROR_STOP=1", *(["--single-transaction"] if single else []), "--file=-"]
    return [*argv, f"--dbname={connection_text(server, database)}"]


def decode(kind: str, source: str, target: str) -> Sequence[str]:
    """Unpack what Python's library cannot."""
    programs = {
        "zstd": ["zstd", "--decompress", "--quiet", "--force", "-o", target, source],
        "lz4": ["lz4", "-d", "-q", "-f", source, target],
    }
    return programs[kind]
