# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file on a host has one owner: no two roles publish the same path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from .source import Collection, Task

WRITERS = {"assemble", "blockinfile", "copy", "get_url", "lineinfile", "replace", "template", "unarchive"}
OUR_WRITERS = {"config_set"}
# Parameters of the shared verbs that hold rows with paths, and the folder their relative paths start from.
VERB_BASES = {"common_unit_files": "/etc/systemd/system"}
REFERENCE = re.compile(r"\{\{\s*([a-z_][a-z0-9_]*)\s*\}\}")


def owner_problems(collection: Collection) -> list[str]:
    owners: dict[str, set[str]] = {}
    for task in collection.tasks:
        if task.role:
            for path in published_paths(collection, task):
                owners.setdefault(path, set()).add(task.role)
    return [
        f"{path} is published by {' and '.join(sorted(roles))}"
        for path, roles in sorted(owners.items())
        if len(roles) > 1
    ]


def published_paths(collection: Collection, task: Task) -> set[str]:
    """Absolute paths the task writes to, with variables of the role put in as far as they are known."""
    known = {**collection.defaults(task.role), **collection.merged(f"roles/{task.role}/vars/**/*.yml")}
    found = (_resolved(path, known) for path in _written(task, known))
    return {path for path in found if path.startswith("/")}


def _written(task: Task, known: Mapping[str, Any]) -> Iterator[str]:
    arguments = task.arguments if isinstance(task.arguments, dict) else {}
    if task.builtin in WRITERS:
        yield str(arguments.get("dest") or arguments.get("path") or "")
    if task.builtin == "file" and arguments.get("state", "file") in ("file", "touch", "link", "hard"):
        yield str(arguments.get("path") or arguments.get("dest") or "")
    if task.module.rpartition(".")[2] in OUR_WRITERS:
        base = str(arguments.get("base", ""))
        for part in ("files", "links"):
            yield from _row_paths(arguments.get(part), base, known)
    for name, base in VERB_BASES.items():
        yield from _row_paths((task.raw.get("vars") or {}).get(name), base, known)


def _row_paths(rows: Any, base: str, known: Mapping[str, Any]) -> Iterator[str]:
    """Paths of a list of rows; one that is a variable of the role is looked up."""
    if isinstance(rows, str) and (match := REFERENCE.fullmatch(rows)):
        rows = known.get(match[1])
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and (path := row.get("path") or row.get("name")):
            yield str(PurePosixPath(base) / str(path)) if base else str(path)


def _resolved(text: str, known: Mapping[str, Any]) -> str:
    for _round in range(5):
        text = REFERENCE.sub(lambda match: str(known.get(match[1], f"{{{{{match[1]}}}}}")), text)
    return "".join(text.split())
