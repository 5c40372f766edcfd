# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable belongs to a role and is known there: a misspelt name would only be undefined at run time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jinja2
import jinja2.meta

from .source import BLOCK_PARTS, Collection, Literal, Task

# What ansible-core itself defines; facts are read as ansible_facts['…'] only, their old names are going away.
MAGIC = {
    "ansible_check_mode",
    "ansible_config_file",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_failed_result",
    "ansible_failed_task",
    "ansible_forks",
    "ansible_host",
    "ansible_limit",
    "ansible_loop",
    "ansible_managed",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_name",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_user",
    "ansible_version",
}
# The documents that roles hand to each other, by the role that makes them.
PUBLISHED = {"platform": {"platform"}, "app": {"asked", "deploy", "platform"}}
# Keywords whose text is an expression without braces.
EXPRESSIONS = {"when", "changed_when", "failed_when", "until", "that"}


class _AnyName(dict[str, Any]):
    """Filters and tests: Ansible's are not known here, and only variables are asked for."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, str)


ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
ENVIRONMENT.filters, ENVIRONMENT.tests = _AnyName(ENVIRONMENT.filters), _AnyName(ENVIRONMENT.tests)


def variable_problems(collection: Collection) -> list[str]:
    found = [problem for task in collection.tasks if task.role for problem in _own_names(collection, task)]
    for role in collection.roles:
        internal = collection.merged(f"roles/{role}/vars/**/*.yml")
        found += [
            f"roles/{role}/vars: {name} is internal and lacks the prefix __{role}_"
            for name in internal
            if not name.startswith(f"__{role}_")
        ]
        found += _unknown_names(collection, role)
    return found


def _own_names(collection: Collection, task: Task) -> Iterator[str]:
    """What a task sets is internal, or a result the role publishes, never an option of the role."""
    options = collection.options(task.role)
    for name in sorted(_set_by(task)):
        if name in options:
            yield f"{task}: sets {name}, which belongs to the user"
        elif not name.startswith((f"__{task.role}_", f"{task.role}_")) and name not in PUBLISHED.get(task.role, ()):
            yield f"{task}: sets {name}, which lacks the prefix __{task.role}_"


def _set_by(task: Task) -> set[str]:
    names = {str(task.raw["register"])} if "register" in task.raw else set()
    control = task.raw.get("loop_control")
    if isinstance(control, dict):
        names |= {str(control[key]) for key in ("loop_var", "index_var") if key in control}
    if task.builtin == "set_fact" and isinstance(task.arguments, dict):
        names |= {str(name) for name in task.arguments if name != "cacheable"}
    if task.builtin not in ("include_role", "import_role"):
        names |= {str(name) for name in task.raw.get("vars") or {}}
    return names


def _unknown_names(collection: Collection, role: str) -> Iterator[str]:
    published = {name for task in collection.tasks if task.role for name in _set_by(task) if not name.startswith("__")}
    known = {*collection.options(role), *collection.merged(f"roles/{role}/vars/**/*.yml"), *published}
    for task in collection.tasks:
        if task.role == role:
            # What is passed to a shared verb may be read by the other variables passed with it.
            known |= _set_by(task) | task.around | set(task.raw.get("vars") or {})
    owner = partial(_owner, collection.roles)
    for file, name in sorted(set(_used_names(collection, role))):
        if name.startswith("ansible_") and name not in MAGIC | known:
            yield f"{file}: reads {name}; facts are read as ansible_facts['{name.removeprefix('ansible_')}']"
        if name not in known and owner(name):
            yield f"{file}: reads {name}, which {role} does not have ({owner(name)} is its owner by name)"


def _owner(roles: list[str], name: str) -> str:
    """The role whose prefix the name has."""
    plain = name.removeprefix("__")
    return max((role for role in roles if plain.startswith(f"{role}_")), key=len, default="")


def _used_names(collection: Collection, role: str) -> Iterator[tuple[str, str]]:
    for file, content in collection.yaml_files(
        *(f"roles/{role}/{part}/**/*.yml" for part in ("tasks", "handlers", "defaults", "vars"))
    ):
        yield from ((file, name) for text in _expressions(content) for name in _undeclared(text, file))
    for path in sorted((collection.root / f"roles/{role}/templates").glob("**/*.j2")):
        file = str(path.relative_to(collection.root))
        yield from ((file, name) for name in _undeclared(path.read_text(), file))


def _expressions(value: Any, keyword: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _expressions(item, "" if key in BLOCK_PARTS else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _expressions(item, keyword)
    elif isinstance(value, str) and not isinstance(value, Literal):
        yield f"{{{{ {value} }}}}" if keyword in EXPRESSIONS and "{{" not in value else value


def _undeclared(text: str, file: str) -> set[str]:
    try:
        return jinja2.meta.find_undeclared_variables(ENVIRONMENT.parse(text))
    except jinja2.TemplateSyntaxError as error:
        raise AssertionError(f"{file}: cannot be read as a template: {error}") from error
