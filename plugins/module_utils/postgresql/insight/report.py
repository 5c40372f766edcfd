# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's sizes, sessions and blockers for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...core import table

DATABASES = ("DATABASE", "SIZE")
TABLES = ("TABLE", "DATABASE", "SIZE", "INDEXES", "ROWS", "DEAD ROWS", "VACUUMED")
ACTIVITY = ("PID", "FOR", "STATE", "WAITS FOR", "WHO", "WHERE", "STATEMENT")
STATEMENT_CHARACTERS = 100
END_IT = "To end one: SELECT pg_terminate_backend(PID) in steward db shell."

Row = Mapping[str, Any]


def render_sizes(report: Row) -> str:
    """Databases, then the biggest tables of all of them."""
    databases = sorted(report["databases"], key=lambda row: -row["bytes"])
    known = table.render(DATABASES, [(row["name"], table.size(row["bytes"])) for row in databases])
    return f"{known}\n{table.render(TABLES, [_table(row) for row in report['tables']])}"


def _table(row: Row) -> list[str]:
    everything = row["live_rows"] + row["dead_rows"]
    dead = f"{row['dead_rows']} ({row['dead_rows'] / everything:.0%})" if row["dead_rows"] else "0"
    return [
        f"{row['schema']}.{row['name']}", row["database"], table.size(row["bytes"]), table.size(row["index_bytes"]),
        str(row["live_rows"]), dead, row["vacuumed"] or "never",
    ]  # fmt: skip


def render_activity(sessions: Sequence[Row]) -> str:
    """One line a session that does something, the longest first."""
    return table.render(ACTIVITY, [_session(row) for row in sessions]) if sessions else "nothing runs so long\n"


def _session(row: Row) -> list[str]:
    waits = "/".join(word for word in (row["wait_type"], row["wait_event"]) if word)
    who = f"{row['user']} ({row['application']})" if row["application"] else str(row["user"])
    return [
        str(row["pid"]), table.duration(row["seconds"] or 0), str(row["state"]), waits, who,
        f"{row['database']} from {row['client']}", shorten(row["statement"]),
    ]  # fmt: skip


def shorten(statement: str) -> str:
    """The beginning of a statement on one line."""
    text = " ".join(statement.split())
    return text if len(text) <= STATEMENT_CHARACTERS else f"{text[: STATEMENT_CHARACTERS - 1]}…"


def render_blocked(trees: Sequence[Row]) -> str:
    """The trees, one line a session, those that wait below whom they wait for."""
    lines = [line for tree in trees for line in _branch(tree, "")]
    return "\n".join([*lines, END_IT, ""]) if lines else "nobody waits for a lock\n"


def _branch(node: Row, indent: str) -> Iterator[str]:
    yield f"{indent}{describe_session(node)}"
    for below in node["blocks"]:
        yield from _branch(below, f"{indent}    ")


def describe_session(row: Row) -> str:
    """A session in one line: who, where, how long, and what it waits for or does."""
    if "statement" not in row:
        return f"{row['pid']} {row['state']}"
    wanted = f"waits {table.duration(row['seconds'] or 0)} for {row['wanted_lock']}" if row["wanted_lock"] else (
        f"{row['state']} for {table.duration(row['seconds'] or 0)}"
    )  # fmt: skip
    who = f"{row['user']}@{row['database']} from {row['client']}"
    return f"{row['pid']} {who}, {wanted}: {shorten(row['statement'])}"
