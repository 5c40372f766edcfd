# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small schema for what people write: every defect at once, one line each, with place, value and what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list, tuple),
    "object": (dict,),
    "map": (dict,),
}


@dataclass(frozen=True)
class Field:
    """What one value may be.

    ``kind`` is a key of :data:`KINDS`: an ``object`` has the named ``fields``, a ``map`` any names with values of kind
    ``items``, a ``list`` values of ``items``. A field that is not ``required`` takes ``default`` when absent or null.
    ``minimum`` and ``maximum`` bound a number, or the length of a list. ``shape`` says in words what ``pattern`` wants.
    """

    kind: str
    about: str = ""
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    shape: str = ""
    minimum: float | None = None
    maximum: float | None = None
    items: Field | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """A value with its defaults filled in, and what is wrong with it."""

    value: Any
    errors: tuple[str, ...] = ()


def check(value: Any, wanted: Field, place: str) -> Checked:
    """Compare a value with its field; the input is not changed.

    >>> check("blue", Field("text", choices=("web", "worker")), "platform_services[0].kind").errors
    ("platform_services[0].kind is 'blue', allowed is one of: web, worker",)
    """
    if value is None and wanted.required:
        return Checked(None, (f"{place} is missing",))
    value = wanted.default if value is None else value
    if value is None:
        return Checked(None)
    if not _has_kind(value, wanted.kind):
        return Checked(value, (f"{place} is {_show(value)}, allowed is: {wanted.kind}",))
    if wanted.kind == "object":
        return _check_object(value, wanted, place)
    if wanted.kind in ("list", "map"):
        return _check_members(value, wanted, place)
    return Checked(value, tuple(_scalar_errors(value, wanted, place)))


def _has_kind(value: Any, kind: str) -> bool:
    # A boolean is an integer to Python, but not to the person who wrote it.
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _check_object(value: Mapping[str, Any], wanted: Field, place: str) -> Checked:
    label = place + (f" ({value['name']})" if isinstance(value.get("name"), str) else "")
    errors = [unknown_name(name, wanted.fields, f"{label}.{name}") for name in value if name not in wanted.fields]
    result: dict[str, Any] = {}
    for name, part in wanted.fields.items():
        checked = check(value.get(name), part, f"{label}.{name}")
        result[name] = checked.value
        errors.extend(checked.errors)
    return Checked(result, tuple(errors))


def unknown_name(name: str, known: Mapping[str, Any], place: str) -> str:
    """The line that refuses a name nobody knows, with the nearest one that exists."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f"{place} is unknown" + (f", did you mean {near[0]}?" if near else f", allowed is: {', '.join(known)}")


def _check_members(value: Any, wanted: Field, place: str) -> Checked:
    errors = _size_errors(len(value), wanted, f"{place} has {len(value)} entries")
    if wanted.items is None:
        return Checked(value, tuple(errors))
    pairs = list(value.items()) if wanted.kind == "map" else list(enumerate(value))
    checked = {key: check(member, wanted.items, f"{place}[{key}]") for key, member in pairs}
    errors += [line for member in checked.values() for line in member.errors]
    values = {key: member.value for key, member in checked.items()}
    return Checked(values if wanted.kind == "map" else list(values.values()), tuple(errors))


def _scalar_errors(value: Any, wanted: Field, place: str) -> list[str]:
    if wanted.choices and value not in wanted.choices:
        return [f"{place} is {_show(value)}, allowed is one of: {', '.join(wanted.choices)}"]
    if wanted.pattern and not re.fullmatch(wanted.pattern, value):
        return [f"{place} is {_show(value)}, allowed is: {wanted.shape or wanted.pattern}"]
    return [] if isinstance(value, str) else _size_errors(value, wanted, f"{place} is {value}")


def _size_errors(size: float, wanted: Field, said: str) -> list[str]:
    low, high = wanted.minimum, wanted.maximum
    if (low is None or size >= low) and (high is None or size <= high):
        return []
    bounds = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
    return [f"{said}, allowed is: {' and '.join(bound for bound in bounds if bound)}"]


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
