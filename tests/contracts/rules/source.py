# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's files as the rules read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from ansible.playbook.block import Block
from ansible.playbook.handler import Handler
from ansible.playbook.task_include import TaskInclude

NAME = "steward.platform"
BUILTIN = "ansible.builtin."
# `loop_with` and its like are how Ansible stores `with_*`; `action` and `local_action` would hide the module.
KEYWORDS = {*Handler.fattributes, *TaskInclude.fattributes, *Block.fattributes} - {"action"}
BLOCK_PARTS = ("block", "rescue", "always")
Yaml = Any


class _Loader(yaml.SafeLoader):
    """Plain YAML plus Ansible's tags, whose value is taken as it stands."""


class Literal(str):
    """Text that Ansible does not template: a vault's, or one marked unsafe because braces mean something else."""

    __slots__ = ()


def _literal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Literal:
    return Literal(loader.construct_scalar(node))


_Loader.add_constructor("!vault", _literal)
_Loader.add_constructor("!unsafe", _literal)


@dataclass(frozen=True)
class Task:
    """A task or handler: where it stands, its module and the module's arguments."""

    file: str
    role: str
    handler: bool
    raw: Mapping[str, Yaml]
    around: frozenset[str]
    """Names given by the blocks or the play around it."""

    @property
    def name(self) -> str:
        return str(self.raw.get("name", ""))

    @property
    def module(self) -> str:
        """The module's name; empty when the task has none, or more than one."""
        found = [str(key) for key in self.raw if key not in KEYWORDS and not str(key).startswith("with_")]
        return found[0] if len(found) == 1 else ""

    @property
    def builtin(self) -> str:
        """The short name of a module of ansible-core, or nothing."""
        return self.module.removeprefix(BUILTIN) if self.module.startswith(BUILTIN) else ""

    @property
    def arguments(self) -> Yaml:
        return self.raw.get(self.module)

    def __str__(self) -> str:
        return f"{self.file}: {self.name or self.module!r}"


class Collection:
    """The tree of a collection, read on demand."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def roles(self) -> list[str]:
        return sorted(path.name for path in (self.root / "roles").glob("*") if path.is_dir())

    def yaml_files(self, *patterns: str) -> Iterator[tuple[str, Yaml]]:
        """Each file that matches: its relative path and what it holds."""
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                yield str(path.relative_to(self.root)), yaml.load(path.read_text(), _Loader)

    def merged(self, *patterns: str) -> dict[str, Yaml]:
        """All variables of the files that match."""
        return {key: value for _file, content in self.yaml_files(*patterns) for key, value in (content or {}).items()}

    def defaults(self, role: str) -> dict[str, Yaml]:
        return self.merged(f"roles/{role}/defaults/**/*.yml")

    def specs(self, role: str) -> dict[str, Yaml]:
        """The role's entry points and their specifications."""
        found = self.merged(f"roles/{role}/meta/argument_specs.yml")
        return dict(found.get("argument_specs") or {})

    def options(self, role: str) -> dict[str, Yaml]:
        """All options of all entry points of a role."""
        return {name: row for spec in self.specs(role).values() for name, row in (spec.get("options") or {}).items()}

    @cached_property
    def tasks(self) -> list[Task]:
        """Every task and handler of roles and playbooks."""
        found: list[Task] = []
        for role in self.roles:
            for part in ("tasks", "handlers"):
                for file, content in self.yaml_files(f"roles/{role}/{part}/**/*.yml"):
                    found += _flatten(content, file, role, part == "handlers", frozenset())
        for file, plays in self.yaml_files("playbooks/**/*.yml", "molecule/*/*.yml"):
            for play in plays if isinstance(plays, list) else []:
                found += _play_tasks(play, file)
        return found

    @cached_property
    def plays(self) -> list[tuple[str, Mapping[str, Yaml]]]:
        return [
            (file, play)
            for file, plays in self.yaml_files("playbooks/*.yml")
            for play in (plays if isinstance(plays, list) else [])
            if isinstance(play, dict) and "hosts" in play
        ]

    def python_files(self, *patterns: str) -> Iterator[tuple[str, ast.Module]]:
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                yield str(path.relative_to(self.root)), ast.parse(path.read_text())


def _play_tasks(play: Mapping[str, Yaml], file: str) -> Iterator[Task]:
    given = frozenset(play.get("vars") or {})
    for part in ("pre_tasks", "tasks", "post_tasks", "handlers"):
        yield from _flatten(play.get(part), file, "", part == "handlers", given)


def _flatten(rows: Yaml, file: str, role: str, handler: bool, given: frozenset[str]) -> Iterator[Task]:
    """The tasks of a list, those in blocks included."""
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        if any(part in row for part in BLOCK_PARTS):
            names = given | frozenset(row.get("vars") or {})
            for part in BLOCK_PARTS:
                yield from _flatten(row.get(part), file, role, handler, names)
        else:
            yield Task(file, role, handler, row, given)


def is_template(value: Yaml) -> bool:
    return isinstance(value, str) and not isinstance(value, Literal) and ("{{" in value or "{%" in value)
