# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tasks and handlers are written, as far as ansible-lint leaves it open."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .source import Collection, Task

COMMANDS = ("command", "shell", "raw", "script")
NO_NAME_NEEDED = ("import_playbook",)


def style_problems(collection: Collection) -> list[str]:
    found = [f"{task}: {problem}" for task in collection.tasks for check in CHECKS for problem in check(task)]
    return found + list(_prefix_problems(collection)) + list(_topic_problems(collection))


def _name_problems(task: Task) -> Iterator[str]:
    if task.module in NO_NAME_NEEDED or task.builtin in NO_NAME_NEEDED:
        return
    words = task.name.rpartition(" | ")[2]
    if not words:
        yield "has no name"
    elif not words[0].isupper() and not words.startswith("{{"):
        yield "its name does not begin with a capital"
    elif words.endswith("."):
        yield "its name ends with a full stop"


def _module_problems(task: Task) -> Iterator[str]:
    if not task.module:
        yield "its module cannot be told"
    elif "." not in task.module:
        yield f"{task.module} is not a fully qualified name"
    elif isinstance(task.arguments, str) and task.builtin in COMMANDS:
        yield f"{task.module} has a text instead of argv"


def _command_problems(task: Task) -> Iterator[str]:
    if task.builtin in COMMANDS and "changed_when" not in task.raw:
        yield f"{task.module} has no changed_when"
    if task.builtin == "shell":
        yield "uses a shell; use argv, or a module of ours"


def _forbidden_problems(task: Task) -> Iterator[str]:
    if "ignore_errors" in task.raw:
        yield "ignores errors; say with failed_when which ones are none"
    arguments = task.arguments if isinstance(task.arguments, dict) else {}
    for name in ("validate_certs", "verify_ssl"):
        if name in arguments and arguments[name] is not True:
            yield f"{name} may not be switched off"
    if arguments.get("state") == "latest":
        yield "state latest changes when nobody asked for it"
    mode = arguments.get("mode")
    if isinstance(mode, int):
        yield f"the mode {mode} is a number, quote it"


def _handler_problems(task: Task) -> Iterator[str]:
    if not task.handler or not task.role:
        return
    prefix = f"{task.role.replace('_', ' ').capitalize()} | "
    if not task.name.startswith(prefix):
        yield f"a handler of {task.role} is named {prefix}…"


CHECKS: tuple[Callable[[Task], Iterator[str]], ...] = (
    _name_problems,
    _module_problems,
    _command_problems,
    _forbidden_problems,
    _handler_problems,
)


def _prefix_problems(collection: Collection) -> Iterator[str]:
    """All tasks of a file that main.yml includes carry one phase: `Configure | …`."""
    prefixes: dict[str, set[str]] = {}
    for task in collection.tasks:
        if task.role and not task.handler and not task.file.endswith("/main.yml"):
            prefixes.setdefault(task.file, set()).add(task.name.partition(" | ")[0] if " | " in task.name else "")
    for file, seen in prefixes.items():
        if len(seen) != 1 or "" in seen:
            yield f"{file}: its tasks do not share one phase prefix, there are {sorted(seen)}"


def _topic_problems(collection: Collection) -> Iterator[str]:
    """What is notified is heard by some handler."""
    heard: set[str] = set()
    for task in collection.tasks:
        if task.handler:
            heard |= {task.name, *_texts(task.raw.get("listen"))}
    for task in collection.tasks:
        for topic in _texts(task.raw.get("notify")):
            if topic not in heard:
                yield f"{task}: notifies {topic!r}, which no handler hears"


def _texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value] if isinstance(value, list) else []
