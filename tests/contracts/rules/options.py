# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks give our own modules the options these have; ansible-lint does not look at them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from .source import NAME, Collection, is_template


def module_option_problems(collection: Collection) -> list[str]:
    found: list[str] = []
    for task in collection.tasks:
        if not task.module.startswith(f"{NAME}."):
            continue
        options = documented_options(collection.root, task.module.removeprefix(f"{NAME}."))
        if options is None:
            found.append(f"{task}: there is no module {task.module}")
        elif is_template(task.arguments):
            found.append(f"{task}: the options of {task.module} are one template, which no check can read")
        else:
            found += [f"{task}: {problem}" for problem in _problems(task.arguments or {}, options, "")]
    return found


def documented_options(root: Path, module: str) -> dict[str, Any] | None:
    """The options in a module's documentation and its fragments; sanity tests compare them with the argument_spec."""
    path = root / f"plugins/modules/{module}.py"
    if not path.is_file():
        return None
    documentation = _string(ast.parse(path.read_text()), "DOCUMENTATION")
    options = dict(documentation.get("options") or {})
    fragments = documentation.get("extends_documentation_fragment") or []
    for fragment in [fragments] if isinstance(fragments, str) else fragments:
        if fragment.startswith(f"{NAME}."):
            options |= _fragment_options(root, fragment.removeprefix(f"{NAME}."))
    return options


def _fragment_options(root: Path, fragment: str) -> dict[str, Any]:
    name, _dot, part = fragment.partition(".")
    tree = ast.parse((root / f"plugins/doc_fragments/{name}.py").read_text())
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    return dict(_string(body, part.upper() or "DOCUMENTATION").get("options") or {})


def _string(node: ast.Module | ast.ClassDef, name: str) -> Mapping[str, Any]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return dict(yaml.safe_load(ast.literal_eval(statement.value)))
    raise AssertionError(f"no {name} was found")


def _problems(given: Mapping[str, Any], options: Mapping[str, Any], place: str) -> Iterator[str]:
    known = {alias: name for name, row in options.items() for alias in [name, *(row.get("aliases") or [])]}
    for name, value in given.items():
        if name not in known:
            yield f"{place}{name} is no option; there are {', '.join(sorted(options))}"
        else:
            yield from _value_problems(value, options[known[name]], f"{place}{name}")
    passed = {known[name] for name in given if name in known}
    for name, row in options.items():
        if row.get("required") and name not in passed:
            yield f"{place}{name} is required and not given"


def _value_problems(value: Any, row: Mapping[str, Any], place: str) -> Iterator[str]:
    choices = row.get("choices")
    if choices and not is_template(value) and not isinstance(value, list) and value not in choices:
        yield f"{place} is {value!r}, allowed is {', '.join(map(str, choices))}"
    nested = row.get("suboptions")
    if nested:
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, dict):
                where = f"{place}[{index}]." if isinstance(value, list) else f"{place}."
                yield from _problems(item, nested, where)
