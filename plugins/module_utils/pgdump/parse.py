# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file is, by its content and never by its name, and what PostgreSQL's programs say of an archive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..core.errors import StewardError
from .model import ARCHIVES, CLUSTER_SQL, CUSTOM, SQL, TAR, UNKNOWN, Entry, Header

# How much of a file's beginning and end is looked at.
HEAD, TAIL = 4096, 1024
MAGIC = b"PGDMP"
TABLE_OF_CONTENTS = "toc.dat"
SUMS = "SHA256SUMS"
# Compressed files of general programs, which say nothing of what is in them.
PACKED = {
    "gzip": b"\x1f\x8b",
    "zstd": b"\x28\xb5\x2f\xfd",
    "xz": b"\xfd7zXZ\x00",
    "bzip2": b"BZh",
    "lz4": b"\x04\x22\x4d\x18",
}
_TAR_NAME, _TAR_MAGIC, TAR_BLOCK = 100, slice(257, 262), 512
# The table of contents of a directory says that it is one of a tar file.
_FORMATS = {1: CUSTOM, 3: TAR}
_COMPRESSIONS = {0: "none", 1: "gzip", 2: "lz4", 3: "zstd"}
# The archive version from which on one byte names the program of the compression.
_ALGORITHM_SINCE = (1, 15)
_STARTS = re.compile(
    rb"(\s|--[^\n]*\n|/\*.*?\*/)*(\\|(ALTER|ANALYZE|BEGIN|COMMENT|COMMIT|COPY|CREATE|DELETE|DO|DROP|GRANT|INSERT|REVOKE|"
    rb"SELECT|SET|START|TRUNCATE|UPDATE|WITH)\b)",
    re.IGNORECASE | re.DOTALL,
)
_ONLY_COMMENTS = re.compile(rb"(\s|--[^\n]*(\n|$))*")
_CLUSTER = b"-- PostgreSQL database cluster dump\n"
_DATABASE = b"-- PostgreSQL database dump\n"
_COMPLETE = b"dump complete\n"
# As pg_restore names them, longest first because some begin like others.
KINDS = tuple(
    sorted(
        (
            "ACCESS METHOD", "ACL", "AGGREGATE", "BLOB", "BLOB METADATA", "BLOBS", "CAST", "CHECK CONSTRAINT",
            "COLLATION", "COMMENT", "CONSTRAINT", "CONVERSION", "DATABASE", "DATABASE PROPERTIES", "DEFAULT",
            "DEFAULT ACL", "DOMAIN", "ENCODING", "EVENT TRIGGER", "EXTENSION", "FK CONSTRAINT", "FOREIGN DATA WRAPPER",
            "FOREIGN SERVER", "FOREIGN TABLE", "FUNCTION", "INDEX", "INDEX ATTACH", "LARGE OBJECT", "MATERIALIZED VIEW",
            "MATERIALIZED VIEW DATA", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "POLICY", "PROCEDURAL LANGUAGE",
            "PROCEDURE", "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA", "ROW SECURITY", "RULE",
            "SCHEMA", "SEARCHPATH", "SECURITY LABEL", "SEQUENCE", "SEQUENCE OWNED BY", "SEQUENCE SET", "SERVER",
            "SHELL TYPE", "STATISTICS", "STATISTICS DATA", "STDSTRINGS", "SUBSCRIPTION", "SUBSCRIPTION TABLE", "TABLE",
            "TABLE ATTACH", "TABLE DATA", "TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER",
            "TEXT SEARCH TEMPLATE", "TRANSFORM", "TRIGGER", "TYPE", "USER MAPPING", "VIEW",
        ),
        key=len,
        reverse=True,
    )
)  # fmt: skip
_ENTRY = re.compile(rf"(\d+); \d+ \d+ ({'|'.join(KINDS)}) (\S+) (.*) (\S*)")
_NEEDS = re.compile(r";\s+depends on: ([\d ]+)")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+(?:\.\d+)*)")


def render_sums(sums: Mapping[str, str]) -> str:
    """Checksums by name, as sha256sum reads them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def parse_sums(text: str, part: str = "") -> dict[str, str]:
    """The checksums of one file, or of those in one folder; without a name all.

    >>> parse_sums("ab12  shop/toc.dat\\ncd34  globals.sql\\n", "shop")
    {'shop/toc.dat': 'ab12'}
    """
    pairs = [line.split("  ", 1) for line in text.splitlines() if "  " in line]
    return {name: digest for digest, name in pairs if not part or name == part or name.startswith(f"{part}/")}


def parse_version(text: str) -> str | None:
    """The version that a program of PostgreSQL says of itself.

    >>> parse_version("pg_dump (PostgreSQL) 17.12 (Debian 17.12-0+deb13u1)")
    '17.12'
    """
    found = _VERSION.search(text)
    return found.group(1) if found else None


def parse_packing(head: bytes) -> str:
    """The program that compressed a file, from its first bytes; nothing when none did."""
    return next((name for name, magic in PACKED.items() if head.startswith(magic)), "")


def parse_kind(head: bytes) -> str:
    """What a file that is not compressed holds, from its beginning.

    >>> parse_kind(b"-- PostgreSQL database dump\\nSET x = 1;")
    'sql'
    """
    if head.startswith(MAGIC):
        header = parse_header(head)
        return CUSTOM if header and header.format == CUSTOM else UNKNOWN
    if head[_TAR_MAGIC] == b"ustar":
        first = head[:_TAR_NAME].rstrip(b"\0")
        inside = head[TAR_BLOCK:].startswith(MAGIC)
        return TAR if first == TABLE_OF_CONTENTS.encode() and inside else UNKNOWN
    if b"\0" in head:
        return UNKNOWN
    if _CLUSTER in head:
        return CLUSTER_SQL
    return SQL if _DATABASE in head or _STARTS.match(head) or _is_comments(head) else UNKNOWN


def _is_comments(head: bytes) -> bool:
    """Whether a beginning is all comments: long licences stand in front of some dumps."""
    return head.lstrip().startswith(b"--") and _ONLY_COMMENTS.fullmatch(head) is not None


def is_cut_off(kind: str, head: bytes, tail: bytes) -> bool:
    """Whether SQL that pg_dump began lacks the line that it ends with."""
    return (kind == CLUSTER_SQL or _DATABASE in head) and _COMPLETE not in tail


def is_archive(kind: str) -> bool:
    return kind in ARCHIVES


def parse_header(head: bytes) -> Header | None:
    """What pg_dump wrote at the beginning of an archive; None when it is broken.

    Magic, version, sizes of numbers, format, compression, seven numbers of a date, then three texts.
    """
    try:
        version = (head[5], head[6])
        reader = _Reader(head, 11, size=head[8])
        archive, kind = f"{head[5]}.{head[6]}", _FORMATS[head[10]]
        if version >= _ALGORITHM_SINCE:
            compression = _COMPRESSIONS[head[11]]
            reader.position += 1
        else:
            compression = "gzip" if reader.number() else "none"
        for _part_of_date in range(7):
            reader.number()
        return Header(archive, kind, compression, reader.text(), reader.text(), reader.text())
    except (IndexError, KeyError):
        return None


class _Reader:
    """Numbers and texts as pg_dump writes them."""

    def __init__(self, data: bytes, position: int, *, size: int) -> None:
        self._data, self.position, self._size = data, position, size

    def number(self) -> int:
        """One byte for the sign, then the bytes from the least on."""
        end = self.position + 1 + self._size
        if end > len(self._data):
            raise IndexError(end)
        value = int.from_bytes(self._data[self.position + 1 : end], "little")
        negative = self._data[self.position] != 0
        self.position = end
        return -value if negative else value

    def text(self) -> str:
        length = max(self.number(), 0)
        end = self.position + length
        if end > len(self._data):
            raise IndexError(end)
        value = self._data[self.position : end].decode(errors="replace")
        self.position = end
        return value


def parse_contents(text: str) -> tuple[Entry, ...]:
    """An archive's table of contents from ``pg_restore --list --verbose``.

    :raises StewardError: a line that nobody knows, because what is not understood is not restored in part.
    """
    return tuple(_entries(text))


def _entries(text: str) -> Iterator[Entry]:
    found: Entry | None = None
    for line in text.splitlines():
        needs = _NEEDS.fullmatch(line)
        if needs and found:
            found = Entry(
                found.ident, found.kind, found.schema, found.name, found.owner, _numbers(needs[1]), found.line
            )
        elif line.strip() and not line.startswith(";"):
            if found:
                yield found
            found = _entry(line)
    if found:
        yield found


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(number) for number in text.split()))


def _entry(line: str) -> Entry:
    parts = _ENTRY.fullmatch(line)
    if parts is None:
        raise StewardError(f"the archive's table of contents has an unknown line: {line[:200]}")
    return Entry(int(parts[1]), parts[2], parts[3], parts[4], parts[5], line=line)
