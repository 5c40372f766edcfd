# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.pgdump import parse
from ansible_collections.steward.platform.plugins.module_utils.pgdump.model import Header

CONTENTS = Path(__file__).parent.joinpath("recordings/contents-17.12.txt").read_text()
# The beginnings of archives that pg_dump 17.12 wrote.
_BEGIN = "UEdETVABEAAECA{}ADsAAAAALAAAAAAOAAAAABwAAAAACgAAAAB+AAAAAAAAAAAAAwAAAHJlYwAeAAAAMTcuMTIgKERlYmlhbiAxNy4xMi0w"
_END = "K2RlYjEzdTEpAB4AAAAxNy4xMiAoRGViaWFuIDE3LjEyLTArZGViMTN1MSkAJAAAAACPDQAA"
CUSTOM = base64.b64decode(_BEGIN.format("EB") + _END)
CUSTOM_ZSTD = base64.b64decode(_BEGIN.format("ED") + _END)
DIRECTORY = base64.b64decode(_BEGIN.format("MD") + _END)
DEBIAN = "17.12 (Debian 17.12-0+deb13u1)"


def tar(name: bytes, content: bytes) -> bytes:
    return name.ljust(257, b"\0").ljust(257) + b"ustar".ljust(255, b"\0") + content


def old(compressed: bool) -> bytes:
    """An archive as pg_dump 12 began them, with a level where there is a program now."""
    number = b"\0" + (b"\x06" if compressed else b"\0") + b"\0\0\0"
    texts = b"".join(b"\0" + bytes([len(text), 0, 0, 0]) + text for text in (b"shop", b"12.1", b"12.2"))
    return b"PGDMP\x01\x0e\x00\x04\x08\x01" + number + b"\0\x01\0\0\0" * 7 + texts


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        pytest.param(CUSTOM, "custom", id="custom"),
        pytest.param(DIRECTORY, "unknown", id="a table of contents alone"),
        pytest.param(b"PGDMP\x01", "unknown", id="a broken header"),
        pytest.param(tar(b"toc.dat", DIRECTORY), "tar", id="tar"),
        pytest.param(tar(b"readme", b"hello"), "unknown", id="another tar"),
        pytest.param(tar(b"toc.dat", b"hello"), "unknown", id="a tar that looks like one"),
        pytest.param(b"--\n-- PostgreSQL database dump\n--\n", "sql", id="pg_dump"),
        pytest.param(b"--\n-- PostgreSQL database cluster dump\n--\n", "cluster_sql", id="pg_dumpall"),
        pytest.param(b"/* by hand */\n\ncreate table t (a int);", "sql", id="by hand"),
        pytest.param(b"-- x\nINSERT INTO t VALUES (1);", "sql", id="rows"),
        pytest.param(b"\\connect shop", "sql", id="a command of psql"),
        pytest.param(b"-- licence\n" * 300, "sql", id="a long licence"),
        pytest.param(b"Dear reader", "unknown", id="a letter"),
        pytest.param(b"", "unknown", id="nothing"),
        pytest.param(b"SELECT\0", "unknown", id="binary"),
    ],
)
def test_a_kind_is_known_by_content(head: bytes, kind: str) -> None:
    assert parse.parse_kind(head) == kind


@pytest.mark.parametrize(
    ("head", "packing"),
    [
        pytest.param(b"\x1f\x8b\x08", "gzip", id="gzip"),
        pytest.param(b"\x28\xb5\x2f\xfd", "zstd", id="zstd"),
        pytest.param(b"\xfd7zXZ\x00", "xz", id="xz"),
        pytest.param(b"BZh9", "bzip2", id="bzip2"),
        pytest.param(b"\x04\x22\x4d\x18", "lz4", id="lz4"),
        pytest.param(CUSTOM, "", id="none"),
    ],
)
def test_a_packing_is_known_by_content(head: bytes, packing: str) -> None:
    assert parse.parse_packing(head) == packing


def test_headers_say_where_an_archive_is_from() -> None:
    assert parse.parse_header(CUSTOM) == Header("1.16", "custom", "gzip", "rec", DEBIAN, DEBIAN)
    assert parse.parse_header(CUSTOM_ZSTD) == Header("1.16", "custom", "zstd", "rec", DEBIAN, DEBIAN)
    assert parse.parse_header(DIRECTORY) == Header("1.16", "tar", "zstd", "rec", DEBIAN, DEBIAN)
    assert parse.parse_header(old(True)) == Header("1.14", "custom", "gzip", "shop", "12.1", "12.2")
    assert parse.parse_header(old(False)) == Header("1.14", "custom", "none", "shop", "12.1", "12.2")


def test_a_number_may_be_negative() -> None:
    broken = bytearray(old(True))
    broken[16] = 1
    assert parse.parse_header(bytes(broken)) == parse.parse_header(old(True))


@pytest.mark.parametrize("length", [0, 7, 11, 12, 30, 60, 100])
def test_a_header_that_is_cut_off_is_none(length: int) -> None:
    assert parse.parse_header(CUSTOM[:length]) is None


def test_an_unknown_format_is_none() -> None:
    assert parse.parse_header(CUSTOM[:10] + b"\x09" + CUSTOM[11:]) is None


@pytest.mark.parametrize(
    ("kind", "head", "tail", "expected"),
    [
        pytest.param(
            "sql", b"-- PostgreSQL database dump\n", b"-- PostgreSQL database dump complete\n", False, id="whole"
        ),
        pytest.param("sql", b"-- PostgreSQL database dump\n", b"INSERT", True, id="cut off"),
        pytest.param("sql", b"SELECT 1;", b"SELECT 1;", False, id="not by pg_dump"),
        pytest.param("cluster_sql", b"", b"", True, id="cut off cluster"),
    ],
)
def test_pg_dump_says_when_it_is_complete(kind, head, tail, expected) -> None:
    assert parse.is_cut_off(kind, head, tail) is expected


def test_archives_are_three_kinds() -> None:
    assert [kind for kind in ("custom", "directory", "tar", "sql", "unknown") if parse.is_archive(kind)] == [
        "custom", "directory", "tar",
    ]  # fmt: skip


def test_contents_have_kinds_of_several_words_and_what_is_needed() -> None:
    entries = {entry.ident: entry for entry in parse.parse_contents(CONTENTS)}
    assert len(entries) == 37 - 1
    assert (entries[226].kind, entries[226].full_name, entries[226].owner) == ("TABLE", "public.odd name", "postgres")
    assert (entries[3303].kind, entries[3303].name, entries[3303].needs) == ("DEFAULT", "customers id", (218, 219))
    assert (entries[3467].kind, entries[3467].name) == ("MATERIALIZED VIEW DATA", "mv")
    assert (entries[3477].kind, entries[227].name) == ("SEQUENCE OWNED BY", "touch()")
    assert (entries[3471].kind, entries[3471].schema, entries[3471].owner) == ("ENCODING", "-", "")
    assert entries[219].line == "219; 1259 16393 TABLE public customers postgres"


def test_a_line_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(StewardError, match="unknown line: 1; 0 0 MAGIC public x y"):
        parse.parse_contents("1; 0 0 MAGIC public x y\n")


def test_what_is_needed_before_any_entry_is_nothing() -> None:
    assert parse.parse_contents(";\tdepends on: 1\n\n;\n") == ()


def test_versions_and_checksums() -> None:
    assert parse.parse_version("pg_dump (PostgreSQL) 18beta1") == "18"
    assert parse.parse_version("command not found") is None
    sums = {"shop/toc.dat": "ab", "globals.sql": "cd"}
    text = parse.render_sums(sums)
    assert text == "cd  globals.sql\nab  shop/toc.dat\n"
    assert parse.parse_sums(text + "\n") == sums
    assert parse.parse_sums(text, "globals.sql") == {"globals.sql": "cd"}
    assert parse.parse_sums(text, "sho") == {}
