# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What databases hold, told at backup time and asked again of what was restored; and how the two may differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.findings import FAIL, ORDER, WARN
from ..core.table import size
from .model import ASSERTED, Check

# How bad, and what.
Difference = tuple[str, str]

EXTENSIONS = "SELECT extname AS name FROM pg_extension ORDER BY extname"
# Ordinary tables and partitions that hold rows; counts of the statistics while they live (they do not survive a
# restore), else those of the last ANALYZE; -1 where nobody ever counted.
TABLES = """
SELECT n.nspname || '.' || c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted,
    pg_table_size(c.oid) AS size,
    CASE WHEN s.n_live_tup > 0 THEN s.n_live_tup WHEN c.reltuples > 0 THEN c.reltuples::bigint
        WHEN pg_relation_size(c.oid) = 0 THEN 0 ELSE -1 END AS rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg_toast%' ORDER BY 1
"""
# What is filled in was quoted by the server.
COUNT = "SELECT count(*) AS rows FROM {}"
# Counting reads the table; one of more than this is judged by its size and the count of its last ANALYZE.
COUNT_BYTES = 8 * 1024**3


@dataclass(frozen=True)
class Slack:
    """How far a number may be away: by a part of what was recorded, and by an amount that small tables need."""

    percent: float
    amount: int

    def allows(self, recorded: int, found: int) -> bool:
        return abs(found - recorded) <= recorded * self.percent / 100 + self.amount


@dataclass(frozen=True)
class Envelope:
    """Rows are estimates when a backup is made, and writers go on while it runs; sizes lack what was not yet vacuumed.

    ``shrink`` is the part in percent by which a database may become smaller from one set to the next. An emptied table
    that had up to ``small`` rows is only a warning: it may be a queue. ``growth`` says that more is no difference,
    because replay went on after the recording.
    """

    rows: Slack = Slack(5, 1000)
    size: Slack = Slack(20, 32 * 1024**2)
    shrink: float = 50
    small: int = 100
    growth: bool = False

    def allows(self, slack: Slack, recorded: int, found: int) -> bool:
        return (self.growth and found > recorded) or slack.allows(recorded, found)

    def judge_emptied(self, rows: int) -> str:
        return WARN if rows <= self.small else FAIL


def compare(recorded: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], envelope: Envelope,
            ) -> list[Check]:  # fmt: skip
    """One check a database, against what was recorded when the backup was made.

    :param recorded: ``{name, size, tables, rows}``, where ``tables`` is a list of ``{name, rows, size}`` or, of a set
        that was recorded in less detail, their number.
    """
    if not recorded:
        return [Check(ASSERTED, "envelope", "unknown", "nothing was recorded to compare with", {})]
    there = {database["name"]: database for database in found}
    return [_database(database, there.get(database["name"]), envelope) for database in recorded]


def _database(recorded: Mapping[str, Any], found: Mapping[str, Any] | None, envelope: Envelope) -> Check:
    name = f"envelope of {recorded['name']}"
    if found is None:
        return Check(ASSERTED, name, "fail", f"the database {recorded['name']} is missing", {})
    wrong = list(_differences(recorded, found, envelope))
    figures = {
        side: {"size": row["size"], "tables": _count(row), "rows": row["rows"]}
        for side, row in (("recorded", recorded), ("found", found))
    }
    if wrong:
        return _differs(name, wrong, figures)
    message = f"{_count(found)} tables, {found['rows']} rows, {size(found['size'])}: as recorded"
    return Check(ASSERTED, name, "pass", message, figures)


def _differs(name: str, wrong: Sequence[Difference], figures: Mapping[str, Any]) -> Check:
    """The worst of the differences decides."""
    lines = [line for _status, line in wrong]
    status = max((status for status, _line in wrong), key=ORDER.index)
    return Check(ASSERTED, name, status, "; ".join(lines), {**figures, "wrong": lines})


def _differences(recorded: Mapping[str, Any], found: Mapping[str, Any], envelope: Envelope) -> Iterator[Difference]:
    if not envelope.allows(envelope.size, recorded["size"], found["size"]):
        yield FAIL, f"{size(found['size'])} instead of {size(recorded['size'])}"
    if isinstance(recorded["tables"], int):
        if _count(found) < recorded["tables"]:
            yield FAIL, f"{_count(found)} tables instead of {recorded['tables']}"
        yield from _rows("all tables", recorded["rows"], found["rows"], envelope)
        return
    there = {table["name"]: table for table in found["tables"]}
    for table in recorded["tables"]:
        if table["name"] not in there:
            yield FAIL, f"the table {table['name']} is missing"
        else:
            yield from _rows(table["name"], table["rows"], there[table["name"]]["rows"], envelope)


def _rows(name: str, recorded: int, found: int, envelope: Envelope) -> Iterator[Difference]:
    # Nobody had counted on one of the sides; the size of the database still speaks.
    if recorded < 0 or found < 0:
        return
    if recorded and not found:
        yield envelope.judge_emptied(recorded), f"{name} is empty, it had {recorded} rows"
    elif not envelope.allows(envelope.rows, recorded, found):
        yield FAIL, f"{name} has {found} rows instead of {recorded}"


def describe(found: Sequence[Mapping[str, Any]]) -> list[Check]:
    """What there is, where nobody recorded what had to be there: it must be anything at all."""
    tables, rows = sum(map(_count, found)), sum(database["rows"] for database in found)
    status = "pass" if rows else "fail"
    return [Check(ASSERTED, "content", status, f"{tables} tables with {rows} rows", {"tables": tables, "rows": rows})]


def compare_previous(
    previous: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], envelope: Envelope, *,
    accepted: bool = False,
) -> list[Check]:  # fmt: skip
    """Against the set before: what somebody emptied before the backup is faithfully empty in it.

    :param accepted: somebody knows of the losses and means them.
    """
    there = {database["name"]: database for database in found}
    wrong = [line for database in previous for line in _losses(database, there.get(database["name"]), envelope)]
    figures = {"databases": len(previous)}
    if wrong:
        return [_differs("shrink", [(WARN if accepted else status, line) for status, line in wrong], figures)]
    return [Check(ASSERTED, "shrink", "pass", "nothing was lost since the set before", figures)]


def _losses(previous: Mapping[str, Any], found: Mapping[str, Any] | None, envelope: Envelope) -> Iterator[Difference]:
    if found is None:
        yield FAIL, f"the database {previous['name']} is gone since the set before"
        return
    if found["size"] < previous["size"] * (1 - envelope.shrink / 100) - envelope.size.amount:
        yield FAIL, f"{previous['name']} went from {size(previous['size'])} to {size(found['size'])}"
    if isinstance(previous["tables"], int):
        return
    there = {table["name"]: table["rows"] for table in found["tables"]}
    for table in previous["tables"]:
        if table["rows"] > 0 and there.get(table["name"]) == 0:
            line = f"{table['name']} of {previous['name']} is empty, it had {table['rows']} rows in the set before"
            yield envelope.judge_emptied(table["rows"]), line


def _count(database: Mapping[str, Any]) -> int:
    tables = database["tables"]
    return tables if isinstance(tables, int) else len(tables)


def summarise(
    name: str, bytes_: int, tables: Iterable[Mapping[str, Any]], extensions: Iterable[str] = ()
) -> dict[str, Any]:
    """A database's entry in a manifest.

    >>> summarise("shop", 9000, [{"name": "public.orders", "rows": 3, "size": 8192}])
    {'name': 'shop', 'size': 9000, 'tables': [{'name': 'public.orders', 'rows': 3, 'size': 8192}], 'rows': 3, ...}
    """
    rows = [{"name": table["name"], "rows": table["rows"], "size": table["size"]} for table in tables]
    counted = sum(max(table["rows"], 0) for table in rows)
    return {"name": name, "size": bytes_, "tables": rows, "rows": counted, "extensions": list(extensions)}


def needs_count(table: Mapping[str, Any]) -> bool:
    """Whether a table of the scratch instance is counted row by row, which reads it whole."""
    return bool(0 < table["size"] <= COUNT_BYTES)
