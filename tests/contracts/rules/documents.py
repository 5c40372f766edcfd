# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents promise exists, and no file names the place where it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
TARGET = re.compile(r"(?:^|`)make ([a-z][a-z-]*)", re.MULTILINE)
PLAYBOOK = re.compile(r"\bplaybooks/([a-z_]+)\.yml")
MODULE = re.compile(r"\bsteward\.platform\.([a-z][a-z0-9_]*)")
# Folders any machine has; a clone below them says nothing about a place.
COMMON_FOLDERS = {"", "tmp", "home", "root", "usr", "var", "opt", "srv", "mnt", "builds", "data"}


def document_problems(root: Path) -> list[str]:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (root / "Makefile").read_text(), re.MULTILINE))
    named = {path.stem for pattern in ("plugins/*/*.py", "playbooks/*.yml") for path in root.glob(pattern)}
    named |= {path.name for path in (root / "roles").glob("*")}
    found: list[str] = []
    for path in sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("roles/*/*.md")]):
        if path.name != "CHANGELOG.md":
            found += [f"{path.relative_to(root)}: {problem}" for problem in _problems(root, path, targets, named)]
    return found


def _problems(root: Path, path: Path, targets: set[str], named: set[str]) -> Iterator[str]:
    text = path.read_text()
    yield from (
        f"links to {link}, which is not there" for link in LINK.findall(text) if not (path.parent / link).exists()
    )
    yield from (f"names make {name}, which is no target" for name in TARGET.findall(text) if name not in targets)
    for name in PLAYBOOK.findall(text):
        if not (root / f"playbooks/{name}.yml").is_file():
            yield f"names playbooks/{name}.yml, which is not there"
    yield from (
        f"names steward.platform.{name}, which is nothing here" for name in MODULE.findall(text) if name not in named
    )


def role_document_problems(root: Path) -> list[str]:
    """Each role tells its user what it is."""
    return [
        f"roles/{path.name}: has no README.md"
        for path in sorted((root / "roles").glob("*"))
        if path.is_dir() and not (path / "README.md").is_file()
    ]


def forbidden_texts(root: Path, configuration: Iterable[str]) -> list[str]:
    """What no file may hold: the folder of this clone, and hosts this machine was told to fetch from.

    :param configuration: texts of the machine's package managers; what is public in them is no secret.
    """
    folder = root.parent if root.parent.name not in COMMON_FOLDERS else root
    hosts = {host for text in configuration for host in re.findall(r"https?://(?:[^@/\s]*@)?([\w.-]+)", text)}
    public = re.compile(
        r"(^|\.)(debian\.org|pypi\.org|pythonhosted\.org|npmjs\.org|google\.com|nodesource\.com|localhost)$"
    )
    return [f"{folder}/", *sorted(host for host in hosts if not public.search(host))]


def naming_problems(files: Iterable[tuple[str, str]], forbidden: Iterable[str]) -> list[str]:
    words = list(forbidden)
    return [f"{name}: holds {word}" for name, text in files for word in words if word in text]
