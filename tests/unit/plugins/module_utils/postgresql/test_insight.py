# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.postgresql.insight.blocking import (
    build_trees,
    count_waiting,
)
from ansible_collections.steward.platform.plugins.module_utils.postgresql.insight.logs import find_log, select_lines
from ansible_collections.steward.platform.plugins.module_utils.postgresql.insight.report import (
    describe_session,
    render_activity,
    render_blocked,
    render_sizes,
)

# pg_lsclusters --json of postgresql-common 278.
CLUSTERS = json.dumps(
    [
        {"cluster": "main", "config": {"port": "5432"}, "logfile": "/var/log/postgresql/postgresql-17-main.log",
         "owneruid": "101", "port": "5432", "running": 1, "version": "17"},
    ]
)  # fmt: skip
LINES = [
    "2026-11-23 13:58:00.100 UTC [10] LOG:  checkpoint starting: time\n",
    "2026-11-23 13:59:30.900 UTC [11] api@shop api ERROR:  deadlock detected\n",
    "2026-11-23 13:59:30.900 UTC [11] api@shop api DETAIL:  Process 11 waits\n",
    "\tand this line belongs to it\n",
]


def session(pid: int, *waits_for: int) -> dict[str, Any]:
    return {
        "pid": pid, "waits_for": list(waits_for), "user": "shop_api", "database": "shop", "client": "10.0.0.7",
        "application": "api", "state": "active" if waits_for else "idle in transaction", "seconds": 12.5,
        "wanted_lock": "transactionid ShareLock" if waits_for else None, "wait_type": "Lock" if waits_for else "Client",
        "wait_event": "transactionid" if waits_for else None, "statement": "UPDATE orders\n  SET paid = true",
    }  # fmt: skip


def shape(tree: dict[str, Any]) -> Any:
    return {tree["pid"]: [shape(below) for below in tree["blocks"]]}


@pytest.mark.parametrize(
    ("sessions", "trees"),
    [
        pytest.param([], [], id="nobody waits"),
        pytest.param([session(1), session(2, 1), session(3, 2)], [{1: [{2: [{3: []}]}]}], id="a chain"),
        pytest.param([session(1), session(2), session(3, 1, 2)], [{1: [{3: []}]}, {2: [{3: []}]}], id="for two"),
        pytest.param([session(1, 2), session(2, 1), session(3, 2)], [{1: [{2: [{3: []}]}]}], id="a circle"),
        pytest.param([session(4, 0)], [{0: [{4: []}]}], id="for a prepared transaction"),
        pytest.param([session(4, 3)], [{3: [{4: []}]}], id="for one that ended meanwhile"),
    ],
)
def test_blockers_stand_above_those_who_wait(sessions: list[dict[str, Any]], trees: list[Any]) -> None:
    assert [shape(tree) for tree in build_trees(sessions)] == trees


def test_only_those_who_wait_are_counted() -> None:
    assert count_waiting([session(1), session(2, 1), session(3, 2)]) == 2


def test_the_tree_says_who_waits_how_long_and_for_what() -> None:
    text = render_blocked(build_trees([session(11), session(12, 11)]))
    assert text.splitlines() == [
        "11 shop_api@shop from 10.0.0.7, idle in transaction for 12s: UPDATE orders SET paid = true",
        "    12 shop_api@shop from 10.0.0.7, waits 12s for transactionid ShareLock: UPDATE orders SET paid = true",
        "To end one: SELECT pg_terminate_backend(PID) in steward db shell.",
    ]
    assert render_blocked([]) == "nobody waits for a lock\n"
    assert describe_session(build_trees([session(4, 0)])[0]) == "0 prepared transaction"


def test_activity_tells_who_where_and_how_long() -> None:
    long = {**session(7, 1), "statement": "SELECT " + "x" * 200}
    lines = render_activity([long, {**session(8), "application": ""}]).splitlines()
    assert lines[1].split()[:5] == ["7", "12s", "active", "Lock/transactionid", "shop_api"]
    assert "(api)" in lines[1]
    assert "shop from 10.0.0.7" in lines[1]
    assert lines[1].endswith("x…")
    assert "(api)" not in lines[2]
    assert render_activity([]) == "nothing runs so long\n"


def test_sizes_begin_with_the_biggest() -> None:
    table = {"schema": "public", "name": "orders", "database": "shop", "bytes": 2**20, "index_bytes": 2**19,
             "live_rows": 75, "dead_rows": 25, "vacuumed": None}  # fmt: skip
    report = {
        "databases": [{"name": "postgres", "bytes": 100}, {"name": "shop", "bytes": 2**21}],
        "tables": [table, {**table, "name": "new", "dead_rows": 0, "vacuumed": "2026-11-23T13:00:00Z"}],
    }
    lines = render_sizes(report).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["shop", "postgres"]
    assert lines[5].split() == ["public.orders", "shop", "1.0", "MB", "512", "kB", "75", "25", "(25%)", "never"]
    assert lines[6].split()[-2:] == ["0", "2026-11-23T13:00:00Z"]


def test_the_log_is_that_of_the_port() -> None:
    assert find_log(CLUSTERS, 5432) == "/var/log/postgresql/postgresql-17-main.log"
    with pytest.raises(StewardError, match="no PostgreSQL cluster of this host has the port 5433"):
        find_log(CLUSTERS, 5433)


@pytest.mark.parametrize(
    ("since", "limit", "shown"),
    [
        pytest.param(None, None, LINES, id="all"),
        pytest.param(None, 1, LINES[3:], id="the last"),
        pytest.param(datetime(2026, 11, 23, 13, 59, tzinfo=UTC), None, LINES[1:], id="an entry with its further lines"),
        pytest.param(datetime(2026, 11, 23, 13, 59, 30, tzinfo=UTC), 2, LINES[2:], id="both"),
        pytest.param(datetime(2026, 11, 23, 14, tzinfo=UTC), None, [], id="nothing since"),
    ],
)
def test_lines_since_a_moment(since: datetime | None, limit: int | None, shown: list[str]) -> None:
    assert select_lines(LINES, since, limit, UTC) == shown


def test_a_log_in_local_time_is_read_as_such() -> None:
    lines = [line.replace("UTC", "CET") for line in LINES]
    vienna = timezone(timedelta(hours=1))
    assert select_lines(lines, datetime(2026, 11, 23, 12, 59, tzinfo=UTC), None, vienna) == lines[1:]
