# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.pgdump.statements import scan


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"DROP DATABASE shop;", id="plain"),
        pytest.param(b"drop\n /* a /* nested */ one */ database\n-- x\nif exists shop;", id="spaced and commented"),
        pytest.param(b"SELECT 'it''s'; DROP DATABASE \"shop\";", id="after a text with a quote"),
        pytest.param(b"SELECT E'it\\'s'; DROP DATABASE shop;", id="after a text with an escape"),
        pytest.param(b"SELECT E'a' -- x\n  'b\\''; DROP DATABASE shop;", id="after a text that goes on"),
        pytest.param(b"SELECT '\\'; DROP DATABASE shop; --'", id="a backslash is no escape"),
        pytest.param(b"DO $x$ BEGIN; $y$ $x$; DROP DATABASE shop;", id="after a dollar quote"),
        pytest.param(b"SELECT a$1$, b FROM t; DROP DATABASE shop; --$1$", id="a dollar within a name"),
        pytest.param(b"COPY t (a) FROM stdin;\n1\n\\.\nDROP DATABASE shop;", id="after rows"),
        pytest.param(b"COPY t FROM stdin;\n\\.\nDROP DATABASE shop;", id="after no rows"),
        pytest.param(b"COPY t FROM stdin; -- rows\r\n1\r\n\\.\r\nDROP DATABASE shop;", id="after rows of Windows"),
        pytest.param(b"CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; END; DROP DATABASE shop;",
                     id="after a body"),
        pytest.param(b";; DROP DATABASE shop;", id="after nothing"),
    ],
)  # fmt: skip
def test_a_statement_is_found_however_it_stands(text: bytes) -> None:
    found = scan(text)
    assert [line.partition(": ")[2].split()[:2] for line in found.dangerous] == [["DROP", "DATABASE"]]
    assert (found.databases, found.unfinished) == (("shop",), "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"INSERT INTO t VALUES ('DROP DATABASE shop;', E'\\';DROP DATABASE shop;');", id="texts"),
        pytest.param(b"COPY t (a) FROM stdin;\nDROP DATABASE shop;\n\\\\connect x\n\\.x\n\\.\n", id="rows"),
        pytest.param(b"-- DROP DATABASE shop;\n/* DROP DATABASE shop; */ SELECT 1;", id="comments"),
        pytest.param(b"CREATE FUNCTION f() AS $$ DROP DATABASE shop; \\connect x $$;", id="a body"),
        pytest.param(b"CREATE RULE r AS ON INSERT TO t DO (DROP DATABASE x; SELECT 1);", id="within brackets"),
        pytest.param(b'SELECT ";DROP DATABASE shop;", ("(") FROM t;', id="names"),
        pytest.param(b"INSERT INTO settings VALUES ('standard_conforming_strings', 'SJIS');", id="a row of settings"),
        pytest.param(b"\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", id="what pg_dump writes"),
        pytest.param(b"SET standard_conforming_strings = on; SET standard_conforming_strings TO 'on';", id="usual"),
        pytest.param(b"SET client_encoding = 'UTF8'; SET NAMES 'LATIN1';", id="harmless encodings"),
        pytest.param(b"CREATE USER MAPPING FOR x SERVER y; ALTER TABLE database ADD a int;", id="similar words"),
        pytest.param(b"COPY t TO stdout; SELECT 1);", id="copy to us, a bracket too many"),
    ],
)
def test_what_only_looks_like_it_is_nothing(text: bytes) -> None:
    found = scan(text)
    assert (found.dangerous, found.databases, found.unfinished) == ((), (), "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(b"\\connect shop\n", "\\connect shop", id="connect"),
        pytest.param(b'\\c -reuse-previous=on "shop"\n', '\\c -reuse-previous=on "shop"', id="connect quoted"),
        pytest.param(b"SELECT 1 \\gexec", "\\gexec", id="within a statement"),
        pytest.param(b"\\! rm -rf /\n", "\\! rm -rf /", id="a program"),
        pytest.param(b"\\restrict a; \\! id\n", "\\restrict a; \\! id", id="a program behind what is harmless"),
        pytest.param(b"ALTER SYSTEM SET x = 1;", "ALTER SYSTEM SET X", id="server settings"),
        pytest.param(b"CREATE ROLE x SUPERUSER;", "CREATE ROLE X SUPERUSER", id="roles"),
        pytest.param(b"COPY t FROM PROGRAM 'id';", "COPY T FROM PROGRAM", id="a program of the server"),
        pytest.param(b"SET standard_conforming_strings = off;", "SET STANDARD_CONFORMING_STRINGS OFF", id="escapes"),
        pytest.param(
            b"SELECT set_config('standard_conforming_strings', 'off', false);", "SELECT SET_CONFIG", id="function"
        ),
        pytest.param(b"SET client_encoding TO 'SJIS';", "SET CLIENT_ENCODING TO", id="a treacherous encoding"),
        pytest.param(b"SET NAMES 'GBK';", "SET NAMES", id="the same in other words"),
        pytest.param(
            b"COPY t FROM stdin; DROP TABLE x;\n1\n\\.\n", "something behind COPY on its line", id="behind COPY"
        ),
    ],
)
def test_what_reaches_further_is_dangerous(text: bytes, shown: str) -> None:
    assert scan(b"SELECT 1;\n" + text).dangerous[0] == f"line 2: {shown}"


def test_connections_name_their_database() -> None:
    assert scan(b'\\connect shop\n\\c -reuse-previous=on "books"\n\\connect\n').databases == ("shop", "books")
    assert scan(b'ALTER DATABASE "It""s" SET x = 1; DROP DATABASE Shop;').databases == ('It"s', "shop")
    assert scan(b"DROP DATABASE IF EXISTS books; DROP DATABASE;").databases == ("books",)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        pytest.param(b"COPY t FROM stdin;\n1\n2", "the rows of COPY that begins in line 1", id="rows"),
        pytest.param(b"COPY t FROM stdin;", "the rows of COPY that begins in line 1", id="before rows"),
        pytest.param(b"\nSELECT 'abc", "a quoted text that begins in line 2", id="a text"),
        pytest.param(b'SELECT "abc', "a quoted text that begins in line 1", id="a name"),
        pytest.param(b"SELECT E'abc\\'", "a quoted text that begins in line 1", id="a text with escapes"),
        pytest.param(b"SELECT $$ abc", "a quoted text that begins in line 1", id="a dollar quote"),
        pytest.param(b"/* abc /* */", "a comment that begins in line 1", id="a comment"),
        pytest.param(b"SELECT (1; SELECT 2;", "the statement in line 1", id="a bracket"),
        pytest.param(b"SELECT 1;\nSELECT 2", "the statement in line 2", id="a statement"),
    ],
)
def test_what_is_cut_off_is_unfinished(text: bytes, inside: str) -> None:
    assert scan(text).unfinished == inside


def test_tables_and_statements_are_counted() -> None:
    found = scan(
        b"CREATE TABLE a (x int); CREATE UNLOGGED TABLE b (x int); CREATE TEMP TABLE c (x int);"
        b"CREATE TEMPORARY TABLE d (x int); CREATE VIEW v AS TABLE a; CREATE FOREIGN TABLE f (x int) SERVER s;"
    )
    assert (found.tables, found.statements) == (3, 6)
    assert scan(b"") == scan(b"-- nothing\n")


@pytest.mark.parametrize(
    "text",
    [b"BEGIN;", b"COMMIT;", b"VACUUM t;", b"CREATE INDEX CONCURRENTLY i ON t (a);", b"CREATE SUBSCRIPTION s;", b"END;"],
)
def test_what_cannot_be_in_a_transaction_is_told(text: bytes) -> None:
    assert scan(b"\n" + text).alone[0].startswith("line 2: ")


def test_a_text_within_many_is_not_kept() -> None:
    assert scan(b"SELECT " + b"'a', " * 100 + b"'standard_conforming_strings';").dangerous == ()


def test_words_and_findings_have_bounds() -> None:
    found = scan(b"SELECT " + b"a, " * 200 + b"'x'; " + b"DROP DATABASE shop; " * 50)
    assert (len(found.dangerous), found.statements) == (20, 51)
