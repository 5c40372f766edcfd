# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program fits a server, what makes a dump no backup, what may be restored, and what belongs to one table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..core.errors import InputError, StewardError
from ..core.plan import Change, Plan
from .model import CLUSTER_SQL, SQL, Entry, Statements, Tool

DUMP, RESTORE = "dump", "restore"
GLOBALS = "globals.sql"
_ATTACHED = frozenset(
    {
        "ACL", "COMMENT", "CONSTRAINT", "CHECK CONSTRAINT", "DEFAULT", "FK CONSTRAINT", "INDEX", "INDEX ATTACH",
        "POLICY", "ROW SECURITY", "RULE", "SECURITY LABEL", "SEQUENCE", "SEQUENCE OWNED BY", "SEQUENCE SET",
        "STATISTICS", "STATISTICS DATA", "TABLE ATTACH", "TABLE DATA", "TRIGGER",
    }
)  # fmt: skip
_RELATIONS = frozenset({"TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"})
Known = tuple[str, str, str]
_TABLE = re.compile(r"[^.]+\.[^.]+")
# Of what a server or a schema has before anybody makes a table.
_COMMON = frozenset({"ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES"})


def choose_dump_tool(tools: Iterable[Tool], server_version: str) -> Tool:
    """The oldest installed programs that know the server: a dump they write can be read by most.

    :raises StewardError: all are older than the server, and pg_dump refuses those.
    """
    major = int(server_version.partition(".")[0])
    fitting = [tool for tool in tools if tool.major >= major]
    if not fitting:
        shown = ", ".join(tool.version for tool in sorted(tools, key=_age)) or "none"
        raise StewardError(
            f"the server is PostgreSQL {server_version} and the installed client programs are: {shown}",
            f"Install postgresql-client-{major}.",
        )
    return min(fitting, key=lambda tool: (tool.major, [-part for part in _age(tool)]))


def choose_restore_tool(tools: Iterable[Tool], dump_version: str = "") -> Tool:
    """The newest installed programs, which read all archives of older ones.

    :raises StewardError: the archive was written by a newer one.
    """
    known = sorted(tools, key=_age)
    if not known:
        raise StewardError("no client programs of PostgreSQL are installed", "Install postgresql-client.")
    written = re.match(r"\d+", dump_version)
    if written and known[-1].major < int(written[0]):
        raise StewardError(
            f"the archive was written by pg_dump {dump_version} and the newest installed one is {known[-1].version}",
            f"Install postgresql-client-{written[0]}.",
        )
    return known[-1]


def _age(tool: Tool) -> tuple[int, ...]:
    return tuple(int(part) for part in tool.version.split("."))


def name_folder(database: str) -> str:
    """What a database's dump is called, whatever characters its name has.

    >>> name_folder("web/shop")
    'web%2Fshop'
    """
    return quote(database, safe=" ").replace(".", "%2E")


def choose_databases(wanted: Sequence[str] | None, there: Sequence[str]) -> list[str]:
    """The databases to dump; without a wish all of them.

    :raises InputError: one is not there.
    """
    if wanted is None:
        return list(there)
    missing = [name for name in wanted if name not in there]
    if missing:
        raise InputError(f"databases has {missing[0]!r}, allowed is one of: {', '.join(there)}")
    return list(dict.fromkeys(wanted))


def refuse_hollow(database: str, tables: int, expected: int) -> None:
    """:raises StewardError: a dump lacks tables that the server had at its very moment."""
    if tables < expected:
        raise StewardError(
            f"the dump of {database} has {tables} tables and the database had {expected} at that moment",
            "See whether the role that dumps may read all of them.",
        )


def describe_database(name: str, facts: Mapping[str, Any], size: int) -> dict[str, Any]:
    """What a result says of one database.

    :param facts: ``tables`` (rows of ``schema``, ``name`` and ``rows``) and ``bytes``.
    :param size: of its dump.
    """
    tables = facts["tables"]
    rows = sum(row["rows"] for row in tables)
    return {"name": name, "size": facts["bytes"], "dump_size": size, "tables": len(tables), "rows": rows}


def warn_empty(databases: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each database without a table: true, but worth to be said of a backup."""
    return [f"the database {row['name']} has no tables" for row in databases if row["tables"] == 0]


def count_tables(entries: Iterable[Entry]) -> int:
    return sum(entry.kind == "TABLE" for entry in entries)


def list_tables(entries: Iterable[Entry]) -> list[str]:
    return sorted(entry.full_name for entry in entries if entry.kind == "TABLE")


def select_entries(
    entries: Sequence[Entry], tables: Collection[str], schemas: Collection[str], there: Collection[Known] = ()
) -> tuple[Entry, ...]:
    """The entries of some tables: themselves, what they cannot be made without, and what hangs on nothing else.

    A foreign key to a table that is not among them stays away, and so does a view. The partitions of a table come with
    it, and with a schema all that is in it. The order stays.

    :param there: kind, schema and name of what the database has already. Of this only what was asked for comes.
    :raises InputError: a table or schema is not in the archive.
    """
    _refuse_unknown(entries, tables, schemas)
    known = {entry.ident: entry for entry in entries}
    family = _with_partitions(entries, {entry.ident for entry in entries if _is_chosen(entry, tables, schemas)})
    wanted = family.union(*(_needs(known, ident) for ident in family))
    while grown := _grow(known, wanted, family, schemas):
        family |= grown
        wanted |= grown.union(*(_needs(known, ident) for ident in grown))
    common = {entry.ident for entry in entries if entry.kind in _COMMON}
    present = {entry.ident for entry in entries if (entry.kind, entry.schema, entry.name) in there}
    return tuple(entry for entry in entries if entry.ident in (wanted - present) | family | common)


def _refuse_unknown(entries: Sequence[Entry], tables: Collection[str], schemas: Collection[str]) -> None:
    there = list_tables(entries)
    for table in tables:
        if not _TABLE.fullmatch(table):
            raise InputError(f"tables has {table!r}, allowed is: schema.table")
        if table not in there:
            raise InputError(f"tables has {table!r}, the archive has: {', '.join(there) or 'none'}")
    with_tables = sorted({entry.schema for entry in entries if entry.kind == "TABLE"})
    for schema in schemas:
        if schema not in with_tables:
            raise InputError(f"schemas has {schema!r}, the archive has tables in: {', '.join(with_tables) or 'none'}")


def _is_chosen(entry: Entry, tables: Collection[str], schemas: Collection[str]) -> bool:
    if entry.kind == "SCHEMA":
        return entry.name in schemas
    return entry.kind == "TABLE" and (entry.full_name in tables or entry.schema in schemas)


def _with_partitions(entries: Sequence[Entry], chosen: set[int]) -> set[int]:
    """Tables with those that are attached to them, and so on down."""
    links = [entry.needs[:2] for entry in entries if entry.kind == "TABLE ATTACH"]
    while grown := {child for child, parent in links if parent in chosen} - chosen:
        chosen = chosen | grown
    return chosen


def _needs(known: Mapping[int, Entry], ident: int) -> set[int]:
    """All that an entry cannot be made without."""
    found: set[int] = set()
    waiting = [ident]
    while waiting:
        new = {need for need in known[waiting.pop()].needs if need in known} - found
        found |= new
        waiting += new
    return found


def _grow(known: Mapping[int, Entry], wanted: set[int], family: set[int], schemas: Collection[str]) -> set[int]:
    """What hangs on the family or stands in a wanted schema, and needs no table or view beyond them."""
    grown = set()
    for ident, entry in known.items():
        hangs = entry.kind in _ATTACHED and bool(family & set(entry.needs))
        if ident in family or not (hangs or entry.schema in schemas):
            continue
        needed = [known[need] for need in _needs(known, ident) - wanted]
        if all(need.kind not in _RELATIONS or need.schema in schemas for need in needed):
            grown.add(ident)
    return grown


def render_list(entries: Iterable[Entry]) -> str:
    """The list that pg_restore takes."""
    return "".join(f"{entry.line}\n" for entry in entries)


def refuse_sql(path: str, kind: str, found: Statements, *, cut_off: bool, only_archives: Sequence[str] = ()) -> None:
    """:raises StewardError: a file of SQL that must not be run in a database, or is not whole.

    :param only_archives: options that were used and that SQL cannot have.
    """
    if kind == CLUSTER_SQL or found.dangerous:
        what = f": {'; '.join(found.dangerous[:3])}" if found.dangerous else ""
        raise StewardError(
            f"{path} reaches beyond one database{what}",
            "Run it by hand against a server of its own, or dump again without --create.",
        )
    if found.unfinished or cut_off:
        raise StewardError(f"{path} is cut off within {found.unfinished or 'what pg_dump was writing'}")
    if only_archives:
        raise InputError(f"{only_archives[0]} is used, allowed is: with an archive; {path} is SQL")


def refuse_unknown(path: str, kind: str) -> None:
    """:raises InputError: the file is no dump of PostgreSQL."""
    if kind not in ("custom", "directory", "tar", SQL, CLUSTER_SQL):
        raise InputError(f"{path} is no dump of PostgreSQL, allowed are: an archive of pg_dump, or SQL")


def refuse_filled(database: str, content: Sequence[str], *, clean: bool) -> None:
    """:raises StewardError: a database has something in it and nobody said that it may go."""
    if content and not clean:
        more = f" and {len(content) - 3} more" if len(content) > 3 else ""
        raise StewardError(
            f"the database {database} is not empty: it has {', '.join(content[:3])}{more}",
            "Create an empty one for the restore, or say clean.",
        )


def refuse_unconfirmed(confirm: str, database: str) -> None:
    """:raises InputError: the confirmation is not the name of what is changed."""
    if confirm != database:
        raise InputError(f"confirm is {confirm!r}, allowed is: {database}", "It repeats the name of what is changed.")


def refuse_incomplete(database: str, expected: Iterable[str], there: Iterable[str]) -> None:
    """:raises StewardError: a restore ended well and yet tables are missing."""
    missing = sorted(set(expected) - set(there))
    if missing:
        raise StewardError(f"after the restore {database} lacks {len(missing)} tables: {', '.join(missing[:5])}")


def plan_dump(parameters: Mapping[str, Any], there: Sequence[str] | None) -> Plan:
    """A dump is made unless its folder is there, because it only appears when it is complete.

    :param there: the server's databases, or None when the folder is there.
    :raises InputError: a wanted database is not there.
    """
    path = parameters["path"]
    if there is None:
        return Plan(facts={"path": path, "result": None})
    wanted = ", ".join(choose_databases(parameters["databases"], there))
    return Plan((Change(DUMP, path, after=f"{parameters['content']} of {wanted}"),), {"path": path, "result": None})


def plan_restore(parameters: Mapping[str, Any], seen: Mapping[str, Any]) -> Plan:
    """:param seen: what the file is, as ``kind`` and ``tables``, and the ``content`` of the database."""
    database = parameters["database"]
    content = seen["content"]
    before = f"{len(content)} objects\n" if content else "empty\n"
    parts = ", ".join([*parameters["tables"], *parameters["schemas"]]) or "all"
    after = f"{parts} of {parameters['path']} ({seen['kind']})"
    return Plan((Change(RESTORE, database, before, after),))
