# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads dumps into databases, after everything that could go wrong was looked at."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ...core import clock, process
from .. import command, parse, plan
from ..client import SECONDS, find_tools, read_contents, read_facts, scan_file, session
from ..foreign.client import WORK, Dump, opened, read_header
from ..model import TAR, Entry, Server, Tool, check_jobs


def restore(
    *, server: Server, database: str, path: str, jobs: int = 2, tables: Collection[str] = (),
    schemas: Collection[str] = (), with_owner: bool = True, clean: bool = False, work: str = WORK,
) -> dict[str, Any]:  # fmt: skip
    """Read a dump (a folder or file of any kind that :func:`inspect_foreign` knows) into an existing database.

    An archive is read to its end before the database is touched; SQL that reaches beyond one database or is cut off is
    refused. The first error ends the restore. SQL runs in one transaction unless something in it cannot.

    :param tables: ``schema.table``; only these, with their indexes, constraints, sequences, triggers and rights, and
        without foreign keys to other tables. Types and functions that they need come along where they are missing.
    :param schemas: likewise everything in these schemas.
    :param with_owner: give objects to the roles that owned them; they must exist.
    :param clean: the database may have something in it. What the archive (or the part of it) has is dropped there and
        made anew in one transaction, so after an error everything is as before. What else is there stays.
    :returns: ``database``, ``kind``, ``tables``, ``rows`` (estimated), ``left`` (tables that were there and are not in
        the dump), ``alone`` (statements for which there was no single transaction), times.
    """
    check_jobs(jobs)
    started, begun = clock.to_text(clock.now()), time.monotonic()
    with opened(path, work) as dump:
        plan.refuse_unknown(path, dump.kind)
        content = read_content(server, database)
        plan.refuse_filled(database, content, clean=clean)
        if parse.is_archive(dump.kind):
            done = _restore_archive(
                server, database, dump,
                jobs=jobs, tables=tables, schemas=schemas, with_owner=with_owner, clean=clean,
            )  # fmt: skip
        else:
            used = _only_archives(tables, schemas, with_owner=with_owner, clean=clean)
            done = _restore_sql(server, database, path, dump, used)
    with session(server, database) as reached:
        reached.execute("ANALYZE")
        found = read_facts(reached)["tables"]
    plan.refuse_incomplete(database, done.pop("expected"), [f"{row['schema']}.{row['name']}" for row in found])
    figures = {"tables": len(found), "rows": sum(row["rows"] for row in found)}
    times = {"started": started, "finished": clock.to_text(clock.now()), "seconds": round(time.monotonic() - begun, 2)}
    return {"database": database, "path": path, "kind": dump.kind, **figures, **times, **done}


def examine(
    *, server: Server, database: str, path: str, tables: Collection[str] = (), schemas: Collection[str] = (),
    with_owner: bool = True, clean: bool = False, work: str = WORK,
) -> dict[str, Any]:  # fmt: skip
    """What :func:`restore` would do, with all its refusals and without any change: ``kind`` and ``content``."""
    with opened(path, work) as dump:
        plan.refuse_unknown(path, dump.kind)
        content = read_content(server, database)
        plan.refuse_filled(database, content, clean=clean)
        if parse.is_archive(dump.kind):
            _tool, entries = _read(dump)
            plan.select_entries(entries, tables, schemas)
        else:
            used = _only_archives(tables, schemas, with_owner=with_owner, clean=clean)
            _refuse_sql(path, dump, used)
        return {"kind": dump.kind, "content": content}


def read_content(server: Server, database: str) -> list[str]:
    """What is in a database and would be in the way of a restore.

    :raises StewardError: there is no such database.
    """
    with session(server, database) as reached:
        return [row["name"] for row in reached.query(command.CONTENT)]


def _only_archives(tables: Collection[str], schemas: Collection[str], *, with_owner: bool, clean: bool) -> list[str]:
    """The options that were used and that plain SQL cannot have."""
    used = {"tables": bool(tables), "schemas": bool(schemas), "with_owner false": not with_owner, "clean": clean}
    return [name for name, is_used in used.items() if is_used]


def _read(dump: Dump) -> tuple[Tool, tuple[Entry, ...]]:
    """The archive's table of contents, once all of it could be read."""
    tool = plan.choose_restore_tool(find_tools(), read_header(dump).dump_version)
    entries = read_contents(tool, dump.path)
    process.run(command.read_archive(tool, dump.path), timeout=SECONDS)
    return tool, entries


def _restore_archive(
    server: Server, database: str, dump: Dump, *, jobs: int, tables: Collection[str], schemas: Collection[str],
    with_owner: bool, clean: bool,
) -> dict[str, Any]:  # fmt: skip
    tool, entries = _read(dump)
    with session(server, database) as reached:
        before = {f"{row['schema']}.{row['name']}" for row in read_facts(reached)["tables"]}
        there = {(row["kind"], row["schema"], row["name"]) for row in reached.query(command.THERE)}
    partial = bool(tables or schemas)
    chosen = plan.select_entries(entries, tables, schemas, there) if partial else entries
    with _list_file(chosen) as list_file:
        argv = command.restore(
            tool, server, database, dump.path, jobs=jobs if dump.kind != TAR else 1,
            list_file=list_file if partial else "", with_owner=with_owner, clean=clean,
        )  # fmt: skip
        process.run(argv, timeout=SECONDS)
    expected = plan.list_tables(chosen)
    return {"expected": expected, "left": sorted(before - set(expected)), "alone": []}


@contextmanager
def _list_file(entries: Sequence[Entry]) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", dir=WORK, prefix="steward-list-", encoding="utf-8") as file:
        file.write(plan.render_list(entries))
        file.flush()
        yield file.name


def _refuse_sql(path: str, dump: Dump, used: Sequence[str]) -> tuple[str, ...]:
    """Refuse what must not be run; what cannot be in a transaction."""
    found = scan_file(dump.path)
    cut_off = parse.is_cut_off(dump.kind, dump.head, dump.tail)
    plan.refuse_sql(path, dump.kind, found, cut_off=cut_off, only_archives=used)
    return found.alone


def _restore_sql(server: Server, database: str, path: str, dump: Dump, used: Sequence[str]) -> dict[str, Any]:
    alone = _refuse_sql(path, dump, used)
    tool = plan.choose_restore_tool(find_tools())
    argv = command.run_sql(tool, server, database, single=not alone)
    process.run(argv, stdin_file=dump.path, timeout=SECONDS)
    return {"expected": [], "left": [], "alone": list(alone)}
