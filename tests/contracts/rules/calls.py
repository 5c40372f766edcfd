# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of roles: what is passed exists there, what is required is passed, and tags reach the tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .source import NAME, Collection, Task

ROLE_CALLS = ("include_role", "import_role")
INCLUDES = ("include_role", "include_tasks")


@dataclass(frozen=True)
class Call:
    place: str
    role: str
    entry: str
    passed: frozenset[str]
    around: frozenset[str]
    """Names the call can see besides those it passes."""


def call_problems(collection: Collection) -> list[str]:
    found: list[str] = []
    for task in collection.tasks:
        found += [f"{task}: {problem}" for problem in _include_problems(task)]
    for call in _calls(collection):
        found += [f"{call.place}: {problem}" for problem in _call_problems(collection, call)]
    return found


def _calls(collection: Collection) -> Iterator[Call]:
    inventory = frozenset(
        collection.merged("inventories/demo/group_vars/**/*.yml", "inventories/demo/host_vars/**/*.yml")
    )
    for task in collection.tasks:
        if task.builtin in ROLE_CALLS and isinstance(task.arguments, dict):
            around = task.around if task.role else task.around | inventory
            entry = str(task.arguments.get("tasks_from", "main"))
            passed = frozenset(task.raw.get("vars") or {})
            yield Call(str(task), str(task.arguments.get("name", "")), entry, passed, around)
    for file, play in collection.plays:
        around = frozenset(play.get("vars") or {}) | inventory
        for row in play.get("roles") or []:
            role = row if isinstance(row, str) else str(row.get("role") or row.get("name"))
            passed = frozenset() if isinstance(row, str) else frozenset(row.get("vars") or {})
            yield Call(f"{file}: roles: {role}", role, "main", passed, around)


def _call_problems(collection: Collection, call: Call) -> Iterator[str]:
    role = call.role.removeprefix(f"{NAME}.")
    if role not in collection.roles:
        yield f"there is no role {call.role}"
        return
    if role == call.role:
        yield f"calls {role} without its collection, {NAME}.{role}"
    if call.entry.endswith((".yml", ".yaml")):
        yield f"tasks_from: {call.entry} skips the specification, write it without its ending"
        return
    spec = collection.specs(role).get(call.entry)
    if spec is None:
        yield f"{role} has no entry point {call.entry}"
        return
    options: Mapping[str, Any] = spec.get("options") or {}
    for name in sorted(call.passed - options.keys()):
        yield f"passes {name}, which {role} {call.entry} does not know"
    required = {name for name, row in options.items() if row.get("required")}
    for name in sorted(required - call.passed - call.around):
        yield f"does not pass {name}, which {role} {call.entry} requires"


def _include_problems(task: Task) -> Iterator[str]:
    if task.builtin not in INCLUDES:
        return
    on_include = _tags(task.raw.get("tags"))
    apply = task.arguments.get("apply") if isinstance(task.arguments, dict) else None
    applied = _tags((apply or {}).get("tags"))
    if on_include != applied:
        yield f"tags on the include {sorted(on_include)} and in apply {sorted(applied)} differ"


def _tags(value: Any) -> set[str]:
    """Tags that select tasks; `always` and `never` work on the include alone."""
    tags = value.replace(",", " ").split() if isinstance(value, str) else value or []
    return {str(tag) for tag in tags} - {"always", "never"}
