# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves a backup: restores it into a scratch instance, asks what it holds, and records what was found."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from ..core import clock, files, locks, process, sql
from ..core.errors import StewardError
from ..core.sql import DATABASE_SIZES
from . import amcheck, canary, evidence, instance, inventory
from .assertions import assertion_check, check_assertions
from .model import ASSERTED, RESTORED, ROLE, SERVED, Check, Scratch
from .scratch import client as scratches
from .scratch.client import Source

EVIDENCE = "/var/log/steward/backup-evidence.jsonl"
AMCHECK_SECONDS = 12 * 3600
LINE_BYTES = 64 * 1024**2
Connect = Callable[[str], AbstractContextManager[sql.Session]]
Serve = Callable[[Scratch], Sequence[Check]]


@dataclass(frozen=True)
class Expectation:
    """What the restored instance is held against.

    ``databases`` were recorded with the backup (None: nobody recorded anything), ``previous`` are those of the set
    before; ``accepted`` says that what was lost since then was meant to. ``canary`` says whether the set's own row has
    to be there, ``lsn`` is a place that replay has to reach.
    """

    databases: Sequence[Mapping[str, Any]] | None = ()
    previous: Sequence[Mapping[str, Any]] = ()
    lsn: str = ""
    accepted: bool = False
    canary: bool = True
    envelope: inventory.Envelope = field(default_factory=inventory.Envelope)
    assertions: Sequence[Mapping[str, Any]] = ()


def prove(
    scratch: Scratch, subject: Mapping[str, Any], expectation: Expectation, source: Source,
    restore: Callable[[str], object], *, load: Callable[[], object] | None = None, serve: Serve | None = None,
    before: Sequence[Check] = (), evidence_file: str = EVIDENCE,
) -> dict[str, Any]:  # fmt: skip
    """Levels 2 to 4 of one set, and the record of it, which is written whatever comes out.

    :param subject: as :func:`evidence.build_record` takes it; ``wanted`` is the level to reach.
    :param restore: fills the empty directory it is given with the data directory of a cluster.
    :param load: fills the started instance further: with a dump.
    :param serve: starts the application against the instance.
    :param before: the checks of the levels below.
    :raises InputError: nothing was done and nothing recorded.
    """
    check_assertions(expectation.assertions)
    run = _Run(list(before))
    started = clock.now()
    with scratches.opened(scratch) as clusters:
        try:
            with run.measured("restore"):
                restore(scratch.data)
            run.size = _size(scratch.data)
            with run.measured("replay"):
                run.checks += scratches.start(scratch, clusters, source)
            if not any(check.level == RESTORED and check.status == "fail" for check in run.checks):
                if load:
                    with run.measured("load"):
                        load()
                _look(scratch, subject, expectation, run)
                if serve and subject["wanted"] >= SERVED and all(check.status != "fail" for check in run.checks):
                    run.level = SERVED
                    scratches.cut_off(scratch, clusters, source)
                    with run.measured("serve"):
                        run.checks += serve(scratch)
        except StewardError as error:
            run.checks.append(Check(run.level, run.doing, "fail", error.message, {}))
    return _record(subject, run, started, evidence_file)


def record(
    subject: Mapping[str, Any], checks: Sequence[Check], *, started: datetime, seconds: Mapping[str, float],
    size: int = 0, evidence_file: str = EVIDENCE,
) -> dict[str, Any]:  # fmt: skip
    """The record of what was looked at without a scratch instance; arguments as of :func:`evidence.build_record`."""
    return _record(subject, _Run(list(checks), seconds=dict(seconds), size=size), started, evidence_file)


@dataclass
class _Run:
    """What one verification found so far."""

    checks: list[Check]
    level: int = RESTORED
    doing: str = "restore"
    seconds: dict[str, float] = field(default_factory=dict)
    size: int = 0
    replayed: str = ""
    databases: Sequence[Mapping[str, Any]] = ()

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        begun, self.doing = time.monotonic(), name
        try:
            yield
        finally:
            self.seconds[name] = time.monotonic() - begun


def _record(subject: Mapping[str, Any], run: _Run, started: datetime, evidence_file: str) -> dict[str, Any]:
    document = evidence.build_record(
        subject, run.checks, started=started, finished=clock.now(), seconds=run.seconds, size=run.size,
        replayed=run.replayed, databases=run.databases,
    )  # fmt: skip
    return append(document, evidence_file)


def _look(scratch: Scratch, subject: Mapping[str, Any], expectation: Expectation, run: _Run) -> None:
    state = scratches.read_replay(scratch)
    run.checks += instance.replay_checks(state, expectation.lsn)
    run.replayed = state["commit"] or ""
    if subject["wanted"] < ASSERTED:
        return
    run.level = ASSERTED
    with run.measured("assertions"):
        if expectation.canary:
            rows = _read_canaries(scratch)
            run.checks += canary.canary_checks(subject["set"], rows)
            run.replayed = run.replayed or (rows[-1]["written"] if rows else "")
        run.databases = read_inventory(partial(scratches.session, scratch, user=ROLE), exact=True)
        run.checks += _compare(expectation, run.databases)
        run.checks += [_assert(scratch, row) for row in expectation.assertions]
    with run.measured("amcheck"):
        done = process.run(amcheck.build_argv(scratch), check=False, timeout=AMCHECK_SECONDS, env={"LC_ALL": "C"})
        run.checks += amcheck.amcheck_checks(done.returncode, done.stdout, done.stderr.splitlines())
    for database in run.databases:
        if amcheck.EXTENSION not in database["extensions"]:
            with scratches.session(scratch, database["name"]) as asked:
                asked.execute(amcheck.DROP)


def _compare(expectation: Expectation, found: Sequence[Mapping[str, Any]]) -> list[Check]:
    if expectation.databases is None:
        return inventory.describe(found)
    lost = inventory.compare_previous(expectation.previous, found, expectation.envelope, accepted=expectation.accepted)
    return inventory.compare(expectation.databases, found, expectation.envelope) + lost


def _read_canaries(scratch: Scratch) -> list[dict[str, Any]]:
    with scratches.session(scratch, canary.DATABASE, ROLE) as asked:
        return asked.query(canary.READ) if asked.query(canary.THERE)[0]["there"] else []


def _assert(scratch: Scratch, row: Mapping[str, Any]) -> Check:
    try:
        with scratches.session(scratch, row["database"], ROLE) as asked:
            return assertion_check(row, asked.query(row["query"]))
    except sql.SqlError as error:
        return assertion_check(row, [], error.message)


def read_inventory(connect: Connect, *, exact: bool = False) -> list[dict[str, Any]]:
    """What a server's databases hold, as a manifest records it.

    :param connect: opens a session in a database.
    :param exact: count the rows, which reads the tables; else as the server's statistics estimate them.
    """
    with connect("postgres") as main:
        databases = main.query(DATABASE_SIZES)
    return [_read_database(connect, row, exact) for row in databases]


def _read_database(connect: Connect, row: Mapping[str, Any], exact: bool) -> dict[str, Any]:
    with connect(row["name"]) as inside:
        tables = inside.query(inventory.TABLES)
        extensions = [line["name"] for line in inside.query(inventory.EXTENSIONS)]
        if exact:
            tables = [{**table, "rows": _count(inside, table)} for table in tables]
    return inventory.summarise(row["name"], row["size"], tables, extensions)


def _count(inside: sql.Session, table: Mapping[str, Any]) -> int:
    if not inventory.needs_count(table):
        return int(table["rows"])
    return int(inside.query(inventory.COUNT.format(table["quoted"]))[0]["rows"])


def write_canary(opened: sql.Session, set_id: str) -> dict[str, Any]:
    """Write the set's row into production after its base backup; returns ``set_id``, ``written``, ``lsn`` and ``wal``.

    :param opened: a session of the superuser in the database :data:`canary.DATABASE`.
    """
    for statement in canary.MAKE:
        opened.execute(statement)
    written = opened.query(canary.WRITE, [set_id])[0]
    opened.execute(canary.PRUNE)
    return {**written, **opened.query(canary.SWITCH)[0]}


def _size(folder: str) -> int:
    return sum(os.lstat(f"{place}/{name}").st_size for place, _folders, names in os.walk(folder) for name in names)


def append(record: Mapping[str, Any], path: str = EVIDENCE) -> dict[str, Any]:
    """Add a record to the evidence and return it as it stands there."""
    os.makedirs(os.path.dirname(path), mode=0o750, exist_ok=True)
    with locks.lock("/run/lock/steward-backup-evidence", "evidence", wait=30):
        lines, _end = files.read_lines(path, LINE_BYTES)
        chained = evidence.chain(record, lines[-1] if lines else "")
        with files.appending(path) as write:
            write(chained)
    return chained


def problems(path: str = EVIDENCE) -> list[str]:
    """Where the evidence was changed after it was written."""
    return evidence.chain_problems(files.read_lines(path, LINE_BYTES)[0])
