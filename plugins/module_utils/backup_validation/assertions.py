# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assertions that a platform's people wrote: a query each, which has to answer with one true value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.errors import InputError
from .model import ASSERTED, Check

FIELDS = ("name", "database", "query")


def check_assertions(rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """:raises InputError: one lacks a field or has one nobody knows."""
    for index, row in enumerate(rows):
        for name in FIELDS:
            if not isinstance(row.get(name), str) or not row[name].strip():
                raise InputError(f"assertions[{index}].{name} is {row.get(name)!r}, allowed is: text")
        unknown = sorted(set(row) - set(FIELDS))
        if unknown:
            raise InputError(f"assertions[{index}].{unknown[0]} is unknown, allowed is: {', '.join(FIELDS)}")
    return tuple(rows)


def assertion_check(row: Mapping[str, Any], answer: Sequence[Mapping[str, Any]], error: str = "") -> Check:
    """The verdict on one assertion.

    :param answer: the rows of its query; ``error`` what was said instead.
    """
    name = f"assertion {row['name']}"
    if error:
        return Check(ASSERTED, name, "fail", error, {})
    values = [value for line in answer for value in line.values()]
    figures = {"answer": [str(value) for value in values[:10]]}
    if values == [True] and isinstance(values[0], bool):
        return Check(ASSERTED, name, "pass", "it holds", figures)
    said = str(values[0]) if len(values) == 1 else f"{len(answer)} rows"
    return Check(ASSERTED, name, "fail", f"the answer is {said} instead of true", figures)
