# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.pgdump import plan
from ansible_collections.steward.platform.plugins.module_utils.pgdump.model import Entry, Statements, Tool
from ansible_collections.steward.platform.plugins.module_utils.pgdump.parse import parse_contents

CONTENTS = parse_contents(Path(__file__).parent.joinpath("recordings/contents-17.12.txt").read_text())
TOOLS = [Tool(f"/{version}", version) for version in ("17.2", "15.9", "17.12", "18.1")]


def chosen(tables: tuple[str, ...] = (), schemas: tuple[str, ...] = (), there: Any = ()) -> set[str]:
    entries = plan.select_entries(CONTENTS, tables, schemas, there)
    return {f"{entry.kind} {entry.name}" for entry in entries} - COMMON


COMMON = {"ENCODING ENCODING", "STDSTRINGS STDSTRINGS", "SEARCHPATH SEARCHPATH", "DATABASE rec"}


@pytest.mark.parametrize(
    ("server", "expected"),
    [("17.12 (Debian)", "17.12"), ("16.4", "17.12"), ("18.0", "18.1"), ("14", "15.9")],
)
def test_the_oldest_program_that_knows_the_server_dumps(server: str, expected: str) -> None:
    assert plan.choose_dump_tool(TOOLS, server).version == expected


def test_older_programs_than_the_server_are_refused() -> None:
    with pytest.raises(
        StewardError, match=r"PostgreSQL 19\.1 .*: 15\.9, 17\.2, 17\.12, 18\.1\. Install postgresql-client-19"
    ):
        plan.choose_dump_tool(TOOLS, "19.1")
    with pytest.raises(StewardError, match="are: none"):
        plan.choose_dump_tool([], "17.1")


def test_the_newest_program_restores() -> None:
    assert plan.choose_restore_tool(TOOLS, "16.1").version == "18.1"
    assert plan.choose_restore_tool(TOOLS).version == "18.1"
    with pytest.raises(StewardError, match=r"by pg_dump 19\.1 and the newest installed one is 18\.1"):
        plan.choose_restore_tool(TOOLS, "19.1")
    with pytest.raises(StewardError, match="no client programs"):
        plan.choose_restore_tool([])


def test_folders_can_have_any_database_name() -> None:
    assert [plan.name_folder(name) for name in ("shop", "a/b", "..", "My shop")] == [
        "shop",
        "a%2Fb",
        "%2E%2E",
        "My shop",
    ]


def test_databases_are_all_or_those_that_are_there() -> None:
    assert plan.choose_databases(None, ["a", "b"]) == ["a", "b"]
    assert plan.choose_databases(["b", "b"], ["a", "b"]) == ["b"]
    with pytest.raises(InputError, match="databases has 'c', allowed is one of: a, b"):
        plan.choose_databases(["c"], ["a", "b"])


def test_a_dump_without_the_tables_of_its_moment_is_none() -> None:
    plan.refuse_hollow("shop", 3, 3)
    with pytest.raises(StewardError, match="the dump of shop has 0 tables and the database had 3"):
        plan.refuse_hollow("shop", 0, 3)


def test_databases_are_described_and_empty_ones_told() -> None:
    facts = {"tables": [{"rows": 2}, {"rows": 3}], "bytes": 100}
    row = plan.describe_database("shop", facts, 10)
    assert row == {"name": "shop", "size": 100, "dump_size": 10, "tables": 2, "rows": 5}
    assert plan.warn_empty([row, {"name": "new", "tables": 0}]) == ["the database new has no tables"]


def test_tables_are_counted_and_listed() -> None:
    assert plan.count_tables(CONTENTS) == 5
    assert plan.list_tables(CONTENTS)[0] == "public.customers"


def test_a_table_comes_with_what_is_its_own() -> None:
    assert chosen(("public.customers",)) == {
        "TYPE mood", "TABLE customers", "COMMENT TABLE customers", "ACL TABLE customers", "SEQUENCE customers_id_seq",
        "SEQUENCE OWNED BY customers_id_seq", "DEFAULT customers id", "TABLE DATA customers",
        "SEQUENCE SET customers_id_seq", "CONSTRAINT customers customers_pkey",
    }  # fmt: skip


def test_a_table_comes_with_what_it_needs_but_no_foreign_key() -> None:
    got = chosen(("sales.orders",))
    assert {"SCHEMA sales", "SEQUENCE free_seq", "FUNCTION touch()", "TRIGGER orders t", "INDEX orders_what"} <= got
    assert not {"FK CONSTRAINT orders orders_customer_fkey", "TABLE customers"} & got


def test_two_tables_come_with_the_foreign_key_between_them() -> None:
    assert "FK CONSTRAINT orders orders_customer_fkey" in chosen(("sales.orders", "public.customers"))


def test_partitions_come_with_their_table_and_a_table_with_its_partition() -> None:
    whole = {
        "TABLE logs", "TABLE logs_2024", "TABLE ATTACH logs_2024", "TABLE DATA logs_2024", "INDEX logs_at_idx",
        "INDEX logs_2024_at_idx", "INDEX ATTACH logs_2024_at_idx",
    }  # fmt: skip
    assert chosen(("public.logs",)) == whole
    assert chosen(("public.logs_2024",)) == whole


def test_what_is_there_already_does_not_come_again() -> None:
    there = {("SCHEMA", "-", "sales"), ("FUNCTION", "public", "touch()"), ("SEQUENCE", "public", "free_seq")}
    got = chosen(("sales.orders",), there=there | {("TABLE", "sales", "orders")})
    assert "TABLE orders" in got
    assert not {"SCHEMA sales", "FUNCTION touch()", "SEQUENCE free_seq"} & got


def test_a_schema_comes_with_all_that_needs_no_other() -> None:
    assert "VIEW names" in chosen(schemas=("public",))
    got = chosen(schemas=("sales",))
    assert {"SCHEMA sales", "TABLE orders", "TRIGGER orders t"} <= got
    assert "FK CONSTRAINT orders orders_customer_fkey" not in got


@pytest.mark.parametrize(
    ("tables", "schemas", "message"),
    [
        pytest.param(("orders",), (), "tables has 'orders', allowed is: schema.table", id="no schema"),
        pytest.param(
            ("public.orders",), (), "tables has 'public.orders', the archive has: public.customers", id="table"
        ),
        pytest.param((), ("other",), "schemas has 'other', the archive has tables in: public, sales", id="schema"),
    ],
)
def test_what_is_not_in_the_archive_is_refused(tables, schemas, message) -> None:
    with pytest.raises(InputError, match=message):
        plan.select_entries(CONTENTS, tables, schemas)
    with pytest.raises(InputError, match="none"):
        plan.select_entries([], ("a.b",), ())
    with pytest.raises(InputError, match="none"):
        plan.select_entries([], (), ("a",))


def test_the_list_has_the_lines_of_the_archive() -> None:
    assert plan.render_list([Entry(1, "TABLE", "a", "b", "c", line="1; 2 3 TABLE a b c")]) == "1; 2 3 TABLE a b c\n"


@pytest.mark.parametrize(
    ("kind", "found", "options", "message"),
    [
        pytest.param(
            "sql", Statements(dangerous=("line 1: X",)), {}, "reaches beyond one database: line 1: X", id="danger"
        ),
        pytest.param("cluster_sql", Statements(), {}, "/f reaches beyond one database. Run", id="cluster"),
        pytest.param("sql", Statements(unfinished="a comment"), {}, "is cut off within a comment", id="unfinished"),
        pytest.param(
            "sql", Statements(), {"cut_off": True}, "is cut off within what pg_dump was writing", id="cut off"
        ),
        pytest.param(
            "sql", Statements(), {"only_archives": ["clean"]}, "clean is used, allowed is: with an", id="option"
        ),
    ],
)
def test_sql_that_must_not_run_is_refused(kind, found, options, message) -> None:
    with pytest.raises(StewardError, match=message):
        plan.refuse_sql("/f", kind, found, **{"cut_off": False, **options})


def test_good_sql_and_known_kinds_are_taken() -> None:
    plan.refuse_sql("/f", "sql", Statements(), cut_off=False)
    plan.refuse_unknown("/f", "custom")
    with pytest.raises(InputError, match="/f is no dump of PostgreSQL"):
        plan.refuse_unknown("/f", "unknown")


def test_a_filled_database_is_refused_unless_it_may_go() -> None:
    plan.refuse_filled("shop", [], clean=False)
    plan.refuse_filled("shop", ["table a"], clean=True)
    with pytest.raises(StewardError, match=r"the database shop is not empty: it has table a\. Create"):
        plan.refuse_filled("shop", ["table a"], clean=False)
    with pytest.raises(StewardError, match="it has a, b, c and 1 more"):
        plan.refuse_filled("shop", ["a", "b", "c", "d"], clean=False)


def test_the_name_confirms() -> None:
    plan.refuse_unconfirmed("shop", "shop")
    with pytest.raises(InputError, match="confirm is 'yes', allowed is: shop"):
        plan.refuse_unconfirmed("yes", "shop")


def test_tables_that_did_not_come_are_an_error() -> None:
    plan.refuse_incomplete("shop", ["a.b"], ["a.b", "a.c"])
    with pytest.raises(StewardError, match=r"after the restore shop lacks 1 tables: a\.b"):
        plan.refuse_incomplete("shop", ["a.b"], [])


def test_a_dump_is_planned_once() -> None:
    parameters = {"path": "/f", "databases": None, "content": "data"}
    made = plan.plan_dump(parameters, ["a", "b"])
    assert [change.after for change in made.changes] == ["data of a, b"]
    assert not plan.plan_dump(parameters, None).changed


def test_a_restore_shows_what_was_and_what_comes() -> None:
    parameters = {"database": "shop", "path": "/f", "tables": [], "schemas": []}
    (whole,) = plan.plan_restore(parameters, {"content": [], "kind": "tar"}).changes
    assert (whole.before, whole.after) == ("empty\n", "all of /f (tar)")
    parameters["tables"] = ["a.b"]
    (part,) = plan.plan_restore(parameters, {"content": ["table a.b"], "kind": "custom"}).changes
    assert (part.before, part.after) == ("1 objects\n", "a.b of /f (custom)")
