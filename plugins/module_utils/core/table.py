# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and figures for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GAP = "  "
UNITS = ("B", "kB", "MB", "GB", "TB")


def render(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns line up, each line with its end.

    >>> render(("NAME", "KEYS"), [("cache", "12")])
    'NAME   KEYS\\ncache  12\\n'
    """
    return "".join(f"{line}\n" for line in align([titles, *rows]))


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, each column as wide as its widest cell.

    >>> align([("NAME", "STATUS"), ("api", "pass")])
    ['NAME  STATUS', 'api   pass']
    """
    wide = widths(rows)
    return [line(row, wide) for row in rows]


def widths(rows: Iterable[Sequence[str]]) -> list[int]:
    """The width of each column."""
    return [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]


def line(cells: Sequence[str], wide: Sequence[int]) -> str:
    """One line of a table, without blanks at its end."""
    return GAP.join(cell.ljust(width) for cell, width in zip(cells, wide, strict=True)).rstrip()


def size(number: float) -> str:
    """Bytes for people, in powers of 1024.

    >>> size(1536)
    '1.5 kB'
    """
    power = 0
    while abs(number) >= 1024 and power < len(UNITS) - 1:
        number, power = number / 1024, power + 1
    return f"{number:.0f} {UNITS[power]}" if power == 0 or number >= 100 else f"{number:.1f} {UNITS[power]}"


def duration(seconds: float) -> str:
    """A time for people, its two largest parts.

    >>> duration(93784)
    '1d 2h'
    """
    if seconds < 60:
        return f"{seconds:.1f}s" if seconds < 10 else f"{seconds:.0f}s"
    parts, left = [], int(seconds)
    for letter, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        parts.append((left // length, letter))
        left %= length
    first = next(number for number, (count, _letter) in enumerate(parts) if count)
    return " ".join(f"{count}{letter}" for count, letter in parts[first : first + 2])
