# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path, PurePosixPath

FILE_LINES = 400
FUNCTION_LINES = 40
MODULE_CODE_LINES = 80
ROLE_MAIN_LINES = 60
# Prose, the licence, frozen requirements and recorded output are not read from top to bottom.
NOT_READ = ("*.md", "LICENSE", "requirements*.txt", "requirements/*.txt", "recorded/*")
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def size_problems(path: PurePosixPath, text: str) -> list[str]:
    """What is too long in one file; ``path`` is relative to the collection."""
    lines = text.count("\n")
    found = []
    if lines > FILE_LINES:
        found.append(f"{path}: {lines} lines, allowed are {FILE_LINES}")
    if path.match("roles/*/tasks/main.yml") and lines > ROLE_MAIN_LINES:
        found.append(f"{path}: {lines} lines, a table of contents has at most {ROLE_MAIN_LINES}")
    if path.suffix == ".py":
        tree = ast.parse(text)
        found += function_problems(path, tree)
        if path.match("plugins/modules/*.py") and (code := code_lines(tree)) > MODULE_CODE_LINES:
            found.append(f"{path}: {code} lines of code, a module has at most {MODULE_CODE_LINES}")
    return found


def function_problems(path: PurePosixPath, tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                found.append(f"{path}:{node.lineno}: {node.name} has {lines} lines, allowed are {FUNCTION_LINES}")
    return found


def code_lines(tree: ast.Module) -> int:
    """Lines that do something: no comments, blank lines or documentation."""
    counted: set[int] = set()
    for statement in tree.body:
        if not _is_documentation(statement):
            counted |= {line for node in ast.walk(statement) if (line := getattr(node, "lineno", 0))}
    return len(counted)


def _is_documentation(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if not isinstance(node, ast.Assign):
        return False
    return any(isinstance(target, ast.Name) and target.id in DOCUMENTATION for target in node.targets)


def listed_files(root: Path) -> list[Path]:
    """The files of the project: committed, or new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    )
    paths = (root / name for name in listing.stdout.split("\0") if name and not name.startswith(".collections/"))
    return sorted(path for path in paths if path.is_file())


def main() -> int:
    root = Path.cwd()
    problems, looked_at = [], 0
    for path in listed_files(root):
        name = PurePosixPath(path.relative_to(root))
        if any(name.match(pattern) for pattern in NOT_READ):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        looked_at += 1
        problems += size_problems(name, text)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) + f"{looked_at} files looked at\n")
    return 1 if problems or not looked_at else 0


if __name__ == "__main__":
    sys.exit(main())
