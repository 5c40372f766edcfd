# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's defaults and its specification say the same, and the specification says everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .source import Collection, is_template

TYPES = {"str", "int", "float", "bool", "list", "dict", "path", "raw"}
# What ansible-core's validator takes; the rest of a specification is prose.
VALIDATED = {"type", "elements", "required", "choices", "default", "options", "no_log"}
# These roles' specifications are made from a model that knows defaults and what is required, tells all defects at once
# and reads what the user wrote only: a default here would be read as the user's word, a refusal would come before its.
MODELLED = {"platform": "plugins/module_utils/platform_model/model.py"}


def spec_problems(collection: Collection) -> list[str]:
    return [problem for role in collection.roles for problem in _role_problems(collection, role)]


def _role_problems(collection: Collection, role: str) -> Iterator[str]:
    specs, defaults = collection.specs(role), collection.defaults(role)
    if not specs:
        yield f"roles/{role}: has no meta/argument_specs.yml"
        return
    for entry, spec in specs.items():
        if not (collection.root / f"roles/{role}/tasks/{entry}.yml").is_file():
            yield f"roles/{role}: entry point {entry} has no tasks/{entry}.yml"
        if not spec.get("short_description"):
            yield f"roles/{role}: entry point {entry} has no short_description"
        for name, row in (spec.get("options") or {}).items():
            place = f"roles/{role}: {entry}: {name}"
            if not name.startswith(f"{role}_"):
                yield f"{place} lacks the prefix {role}_"
            yield from _option_problems(place, row)
            if role in MODELLED:
                yield from _modelled_problems(place, MODELLED[role], row, name in defaults)
            else:
                yield from _default_problems(place, name, row, defaults)
    options = collection.options(role)
    for name, value in defaults.items():
        if name not in options:
            yield f"roles/{role}: default {name} is in no entry point of the specification"
        else:
            yield from _literal_problems(f"roles/{role}: default {name}", name, value, options[name])


def _option_problems(place: str, row: Mapping[str, Any]) -> Iterator[str]:
    if row.get("type") not in TYPES:
        yield f"{place} has no type, or an unknown one"
    if not row.get("description"):
        yield f"{place} has no description"
    if row.get("type") == "list" and row.get("elements") not in TYPES:
        yield f"{place} is a list without elements"
    for name, nested in (row.get("options") or {}).items():
        yield from _option_problems(f"{place}.{name}", nested)


def _modelled_problems(place: str, model: str, row: Mapping[str, Any], has_default: bool) -> Iterator[str]:
    if has_default or {"default", "required"} & set(row):
        yield f"{place} says what only {model} may say"


def _default_problems(place: str, name: str, row: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    if row.get("required"):
        if "default" in row or name in defaults:
            yield f"{place} is required and yet has a default"
    elif "default" not in row:
        yield f"{place} is neither required nor has a default"
    elif name not in defaults:
        yield f"{place} has a default that defaults/main.yml lacks"
    elif not _same(row["default"], defaults[name]):
        yield f"{place} has the default {row['default']!r}, defaults/main.yml says {defaults[name]!r}"


def _same(one: Any, other: Any) -> bool:
    """Equal in value and kind: 1 is not true."""
    return bool(one == other) and type(one) is type(other)


def _literal_problems(place: str, name: str, value: Any, row: Mapping[str, Any]) -> Iterator[str]:
    """A default that is no template must itself satisfy the specification."""
    if _holds_template(value) or value is None:
        return
    result = ArgumentSpecValidator({name: _validated(row)}).validate({name: value})
    yield from (f"{place} breaks its own specification: {message}" for message in result.error_messages)


def _validated(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if key in VALIDATED and key != "default"}
    if "options" in kept:
        kept["options"] = {name: _validated(nested) for name, nested in kept["options"].items()}
    return kept


def _holds_template(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_template(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_template(item) for item in value)
    return is_template(value)
