# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of SQL would do, found at the level of statements and never inside of data.

The file is read as psql reads it: comments (nested ones, too), quoted names, texts with and without escapes and their
continuation on the next line, dollar quotes, brackets, bodies between BEGIN ATOMIC and END, and after COPY … FROM STDIN
the rows up to the line with only a backslash and a dot. What is left are statements, of which the first words outside
of brackets are kept, and psql's own commands, which begin with a backslash.

A row or a text that says DROP DATABASE is thus nothing, and a statement is found however it is spaced, written or
commented. Where the reading itself could be led astray (another encoding, ``standard_conforming_strings`` off,
something behind COPY on its line) the place counts as dangerous. This guards against dumps that reach beyond their
database. It makes nobody's program harmless: functions and DO blocks are not looked into.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from .model import Statements

# pylint takes mmap for no class.
Data: TypeAlias = bytes | mmap.mmap  # pylint: disable=unsupported-binary-operation

_WORDS_KEPT, _FOUND_KEPT, _SHOWN = 64, 20, 80
_BLANK = rb"(?:[ \t\f\v]|--[^\n\r]*)*+[\n\r](?:\s|--[^\n\r]*+[\n\r])*+"
_ESCAPED = rb"'(?:[^'\\]|\\.|'')*+'"
_TOKEN = re.compile(
    rb"(?P<line_comment>--[^\n]*)"
    rb"|(?P<comment>/\*)"
    rb"|(?P<text>[eE]" + _ESCAPED + rb"(?:" + _BLANK + _ESCAPED + rb")*+|'[^']*+(?:''[^']*+)*+')"
    rb"|(?P<unclosed_text>[eE]')"
    rb"|(?P<word>[A-Za-z_\x80-\xff][\w$\x80-\xff]*+)"
    rb'|(?P<name>"[^"]*+(?:""[^"]*+)*+")'
    rb"|(?P<dollar>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*+)?\$)"
    rb"|(?P<meta>\\)"
    rb"|(?P<end>;)|(?P<open>\()|(?P<close>\))"
    rb"|(?P<unclosed>['\"])",
    re.DOTALL,
)
_COMMENT = re.compile(rb"/\*|\*/")
_LINE_END = re.compile(rb"\n|\Z")
# Empty lines do not matter, but a command of psql or another statement on the line of COPY would come after its rows.
_REST_OF_COPY = re.compile(rb"[ \t\r\f\v]*(?:--[^\n]*)?(?:\n|\Z)")
_ROWS_END = re.compile(rb"(?:^|\n)\\\.\r?(?:\n|\Z)")
# pg_dump writes these two around what could come from somebody's names.
_HARMLESS_COMMANDS = re.compile(rb"\\(?:restrict|unrestrict) [A-Za-z0-9]+\s*\Z")
_CONNECT = re.compile(rb"\\c(?:onnect)?\s+(?:-\S+\s+)*\"?([^\"\s]+)")
# Statements that reach beyond the database they are run in, by their first words.
_BEYOND = tuple(
    tuple(words.split())
    for words in (
        "CREATE DATABASE", "DROP DATABASE", "ALTER DATABASE", "COMMENT ON DATABASE", "SECURITY LABEL ON DATABASE",
        "ALTER SYSTEM", "CREATE ROLE", "ALTER ROLE", "DROP ROLE", "CREATE USER", "ALTER USER", "DROP USER",
        "CREATE GROUP", "ALTER GROUP", "DROP GROUP", "CREATE TABLESPACE", "ALTER TABLESPACE", "DROP TABLESPACE",
        "DROP OWNED", "REASSIGN OWNED", "LOAD",
    )
)  # fmt: skip
_MAPPING = "MAPPING"
_ALONE = (
    ("BEGIN",), ("START", "TRANSACTION"), ("COMMIT",), ("END",), ("ROLLBACK",), ("ABORT",), ("PREPARE", "TRANSACTION"),
    ("VACUUM",), ("CREATE", "SUBSCRIPTION"), ("DROP", "SUBSCRIPTION"),
)  # fmt: skip
# Of all other statements, millions of INSERT among them, nothing needs to be known.
_TELLING = frozenset({words[0] for words in (*_BEYOND, *_ALONE)} | {"COPY", "REINDEX", "RESET", "SELECT", "SET"})
# Encodings in which a byte of a letter looks like a quote or a backslash.
_TREACHEROUS = frozenset({"BIG5", "GBK", "GB18030", "JOHAB", "SJIS", "SHIFT_JIS_2004", "UHC"})
_SETTERS = frozenset({"SET", "SELECT", "RESET"})
_ESCAPES = "STANDARD_CONFORMING_STRINGS"
_TEMPORARY = frozenset({"TEMP", "TEMPORARY"})


@dataclass
class _Statement:
    """The statement that is being read."""

    start: int = -1
    words: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    brackets: int = 0
    bodies: int = 0

    def begins(self, *words: str) -> bool:
        return tuple(self.words[: len(words)]) == words

    @property
    def is_routine(self) -> bool:
        return bool({"FUNCTION", "PROCEDURE"} & set(self.words[1:4]))


class _Scanner:
    """Goes through the file once; what was found so far are its attributes."""

    def __init__(self, data: Data) -> None:
        self._data, self._length = data, len(data)
        self._line, self._counted = 1, 0
        self._now = _Statement()
        self.tables = self.count = 0
        self.databases: dict[str, None] = {}
        self.dangerous: list[str] = []
        self.alone: list[str] = []
        self.unfinished = ""

    def run(self) -> None:
        position = 0
        while found := _TOKEN.search(self._data, position):
            kind, text = str(found.lastgroup), found.group()
            if self._now.start < 0 and kind not in ("line_comment", "comment", "meta"):
                self._now.start = found.start()
            position = getattr(self, f"_on_{kind}")(found, text)
        if self._now.words and not self.unfinished:
            self.unfinished = f"the statement in line {self._line_of(self._now.start)}"

    def _on_line_comment(self, found: re.Match[bytes], text: bytes) -> int:
        return found.end()

    def _on_comment(self, found: re.Match[bytes], text: bytes) -> int:
        depth, position = 1, found.end()
        while depth:
            mark = _COMMENT.search(self._data, position)
            if mark is None:
                return self._stop("a comment", found.start())
            depth += 1 if mark.group() == b"/*" else -1
            position = mark.end()
        return position

    def _on_text(self, found: re.Match[bytes], text: bytes) -> int:
        inside = text[text.index(b"'") + 1 : -1][:_SHOWN]
        self._keep(inside.decode(errors="replace").upper(), self._now.texts)
        return found.end()

    def _on_word(self, found: re.Match[bytes], text: bytes) -> int:
        now, word = self._now, text.decode(errors="replace").upper()
        if now.brackets == 0:
            self._keep(word, now.words)
            if now.words[0] == "CREATE" and now.is_routine:
                self._follow_body(word)
        return found.end()

    def _follow_body(self, word: str) -> None:
        """A body between BEGIN ATOMIC and END has semicolons of its own; CASE has an END of its own."""
        if word == "BEGIN" or (word == "CASE" and self._now.bodies):
            self._now.bodies += 1
        elif word == "END" and self._now.bodies:
            self._now.bodies -= 1

    def _on_name(self, found: re.Match[bytes], text: bytes) -> int:
        if self._now.brackets == 0:
            self._keep(text.decode(errors="replace"), self._now.words)
        return found.end()

    def _keep(self, word: str, kept: list[str]) -> None:
        if len(kept) < _WORDS_KEPT:
            kept.append(word)

    def _on_dollar(self, found: re.Match[bytes], text: bytes) -> int:
        end = self._data.find(text, found.end())
        return self._stop("a quoted text", found.start()) if end < 0 else end + len(text)

    def _on_meta(self, found: re.Match[bytes], text: bytes) -> int:
        """A command of psql goes to the end of its line."""
        end = self._find(_LINE_END, found.end()).start()
        command = bytes(self._data[found.start() : end])
        if not _HARMLESS_COMMANDS.match(command):
            self._danger(found.start(), command.decode(errors="replace"))
            connect = _CONNECT.match(command)
            if connect:
                self.databases[connect.group(1).decode(errors="replace")] = None
        return end

    def _on_open(self, found: re.Match[bytes], text: bytes) -> int:
        self._now.brackets += 1
        return found.end()

    def _on_close(self, found: re.Match[bytes], text: bytes) -> int:
        self._now.brackets = max(self._now.brackets - 1, 0)
        return found.end()

    def _on_unclosed(self, found: re.Match[bytes], text: bytes) -> int:
        return self._stop("a quoted text", found.start())

    _on_unclosed_text = _on_unclosed

    def _on_end(self, found: re.Match[bytes], text: bytes) -> int:
        now = self._now
        if now.brackets or now.bodies:
            return found.end()
        self._now = _Statement()
        if not now.words:
            return found.end()
        self.count += 1
        if now.words[0] in _TELLING:
            self._judge(now)
        return self._skip_rows(found.end()) if _reads_rows(now) else found.end()

    def _skip_rows(self, position: int) -> int:
        rest = _REST_OF_COPY.match(self._data, position)
        if rest is None:
            self._danger(position, "something behind COPY on its line")
            return position
        # The line feed before the first row is part of the search, because there may be no row.
        end = _ROWS_END.search(self._data, max(rest.end() - 1, position))
        return self._stop("the rows of COPY", position) if end is None else end.end()

    def _judge(self, now: _Statement) -> None:
        shown = " ".join(now.words)
        if now.begins("CREATE") and "TABLE" in now.words[1:4] and not _TEMPORARY & set(now.words[1:4]):
            self.tables += 1
        if _is_beyond(now) or _leads_astray(now) or _reaches_files(now):
            self._danger(now.start, shown)
        if now.words[1:2] == ["DATABASE"] and len(now.words) > 2:
            # CREATE DATABASE name, DROP DATABASE IF EXISTS name
            self.databases[self._name_in(now)] = None
        if any(now.begins(*words) for words in _ALONE) or "CONCURRENTLY" in now.words[1:4]:
            self._note(self.alone, f"line {self._line_of(now.start)}: {shown[:_SHOWN]}")

    def _name_in(self, now: _Statement) -> str:
        """A database's name as it is written, without its quotes: names without them mean small letters."""
        name = now.words[4] if now.words[2:4] == ["IF", "EXISTS"] and len(now.words) > 4 else now.words[2]
        return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()

    def _danger(self, position: int, words: str) -> None:
        self._note(self.dangerous, f"line {self._line_of(position)}: {words[:_SHOWN]}")

    def _note(self, kept: list[str], line: str) -> None:
        if len(kept) < _FOUND_KEPT:
            kept.append(line)

    def _stop(self, inside: str, position: int) -> int:
        self.unfinished = f"{inside} that begins in line {self._line_of(position)}"
        return self._length

    def _find(self, pattern: re.Pattern[bytes], position: int) -> re.Match[bytes]:
        # The end of the file always matches.
        return cast("re.Match[bytes]", pattern.search(self._data, position))

    def _line_of(self, position: int) -> int:
        """The line of a place. Lines are counted once, so a place before the last one asked for has its line."""
        while (at := self._data.find(b"\n", self._counted, position)) >= 0:
            self._line, self._counted = self._line + 1, at + 1
        return self._line


def _reads_rows(now: _Statement) -> bool:
    return now.begins("COPY") and any(pair == ("FROM", "STDIN") for pair in zip(now.words, now.words[1:], strict=False))


def _is_beyond(now: _Statement) -> bool:
    return any(now.begins(*words) for words in _BEYOND) and _MAPPING not in now.words[:3]


def _leads_astray(now: _Statement) -> bool:
    """Whether what follows would be read otherwise than here."""
    if now.words[0] not in _SETTERS:
        return False
    said = [*now.words, *now.texts]
    if _ESCAPES in said:
        return [word for word in said if word != "TO"] != ["SET", _ESCAPES, "ON"]
    return bool({"CLIENT_ENCODING", "NAMES"} & set(said)) and bool(_TREACHEROUS & set(said))


def _reaches_files(now: _Statement) -> bool:
    """COPY with a file or program of the server."""
    return now.begins("COPY") and not {"STDIN", "STDOUT"} & set(now.words)


def scan(data: Data) -> Statements:
    """Read a file of SQL; a mapped one is not loaded as a whole.

    >>> scan(b"CREATE TABLE t (a int); DROP DATABASE shop;").dangerous
    ('line 1: DROP DATABASE SHOP',)
    """
    scanner = _Scanner(data)
    scanner.run()
    return Statements(
        tables=scanner.tables,
        statements=scanner.count,
        databases=tuple(scanner.databases),
        dangerous=tuple(scanner.dangerous),
        alone=tuple(scanner.alone),
        unfinished=scanner.unfinished,
    )
