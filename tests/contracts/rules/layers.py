# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom: modules and cli → domain client → core; what decides does no input or output."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from .source import Collection

UTILS = "ansible_collections.steward.platform.plugins.module_utils"
# Domains that exist to bring others together.
MEETING = {"preflight", "release", "backup_set", "recovery", "validation", "health", "platform_model"}
PURE_CORE = {"clock", "credentials", "errors", "findings", "lsn", "plan", "schema", "table"}
ENGINES = {"subprocess", "socket", "urllib", "http", "ftplib", "smtplib", "requests"}
# What would make an answer depend on more than the question.
IMPURE = ENGINES | {
    "asyncio", "fcntl", "glob", "grp", "multiprocessing", "os", "pathlib", "pwd", "random", "secrets", "shutil",
    "signal", "ssl", "sys", "tempfile", "threading", "time",
}  # fmt: skip
# Of the impure packages, what only computes.
COMPUTING = ("pathlib.PurePosixPath", "urllib.parse.")
IMPURE_CALLS = {"open", "io.open", "print", "input", "exec", "eval"}
IMPURE_METHODS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "clock.now"}
# On a managed host these come as Debian packages; the others have their one place.
DEBIAN = {"cryptography"}
THIRD_PARTY = {
    "core/module.py": {"ansible"},
    "core/s3.py": {"botocore", "urllib3"},
    "core/sql.py": {"psycopg2"},
}


@dataclass(frozen=True)
class Import:
    """One imported name: its module, or where in module_utils it is (``core/process``)."""

    module: str
    ours: str
    relative: bool
    line: int

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def computes(self) -> bool:
        """Whether what is imported does no input or output though its package could."""
        return self.module.startswith(COMPUTING) or self.ours.rpartition("/")[2].isupper()


def layer_problems(collection: Collection) -> list[str]:
    found = []
    for file, tree in collection.python_files("plugins/module_utils/**/*.py"):
        path = PurePosixPath(file).relative_to("plugins/module_utils")
        found += [f"{file}{problem}" for problem in _utils_problems(path, tree)]
    for file, tree in collection.python_files("plugins/*/*.py"):
        if not file.startswith("plugins/module_utils/"):
            found += [f"{file}{problem}" for problem in _door_problems(imports(tree, None))]
    return found


def imports(tree: ast.Module, path: PurePosixPath | None) -> list[Import]:
    """What a file imports; ``path`` (in module_utils) resolves relative imports."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [_absolute(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found += [_absolute(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and path is not None:
            folder = PurePosixPath(*path.parts[: len(path.parts) - node.level])
            base = folder.joinpath(*(node.module or "").split(".")) if node.module else folder
            found += [Import("", str(base / alias.name), True, node.lineno) for alias in node.names]
    return found


def _absolute(name: str, line: int) -> Import:
    ours = name.removeprefix(f"{UTILS}.").replace(".", "/") if name.startswith(f"{UTILS}.") else ""
    return Import(name, ours, False, line)


def is_pure(path: PurePosixPath) -> bool:
    """Whether a file of module_utils only computes: all but a domain's client, the command line and core's doors."""
    domain = path.parts[0]
    if domain == "core":
        return path.stem in PURE_CORE
    return domain != "cli" and path.stem not in ("client", "__init__")


def _utils_problems(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    if path.name == "__init__.py":
        if tree.body:
            yield ": is not empty"
        return
    found = imports(tree, path)
    yield from _foreign_problems(path, found)
    yield from _domain_problems(path, found)
    if path.parts[0] != "core":
        yield from _door_problems(found)
    if is_pure(path):
        yield from _pure_problems(path, tree, found)


def _foreign_problems(path: PurePosixPath, found: list[Import]) -> Iterator[str]:
    """The same files run from the zipapp, so they import each other relatively and nothing Debian lacks."""
    allowed = DEBIAN | THIRD_PARTY.get(str(path), set())
    for item in found:
        if item.ours and not item.relative:
            yield f":{item.line}: imports {item.module} absolutely"
        elif item.module and not item.ours and item.top not in sys.stdlib_module_names | allowed:
            yield f":{item.line}: imports {item.top}, which is not in the standard library"


def _domain_problems(path: PurePosixPath, found: list[Import]) -> Iterator[str]:
    domain = path.parts[0]
    if domain == "cli":
        return
    for item in found:
        other = item.ours.partition("/")[0]
        if other in ("", domain, "core"):
            continue
        if domain == "core":
            yield f":{item.line}: core imports {item.ours}"
        elif other == "cli" or domain not in MEETING:
            yield f":{item.line}: the domain {domain} imports {item.ours}"


def _door_problems(found: list[Import]) -> Iterator[str]:
    for item in found:
        if not item.relative and item.top in ENGINES and not item.computes:
            yield f":{item.line}: imports {item.top}, whose only door is core"


def _pure_problems(path: PurePosixPath, tree: ast.Module, found: list[Import]) -> Iterator[str]:
    for item in found:
        parts = item.ours.split("/")
        if item.computes:
            continue
        if "client" in parts[1:]:
            yield f":{item.line}: is pure and imports {item.ours}"
        elif parts[0] == "core" and len(parts) > 1 and parts[1] not in PURE_CORE:
            yield f":{item.line}: is pure and imports the door {item.ours}"
        elif not item.relative and item.top in IMPURE:
            yield f":{item.line}: is pure and imports {item.module}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or str(path) == "core/clock.py":
            continue
        called = ast.unparse(node.func)
        if called in IMPURE_CALLS or any(called == name or called.endswith(f".{name}") for name in IMPURE_METHODS):
            yield f":{node.lineno}: is pure and calls {called}"
