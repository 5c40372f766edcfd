# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program ``steward`` as one file: the same sources give the same bytes on every controller."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.plan import Change, Plan
from ..core.program import BUILD_FILE, PACKAGE

# Isolated: root's program takes no module from the caller's folder or environment.
INTERPRETER = b"#!/usr/bin/python3 -I\n"
MAIN = f"""import sys

from {PACKAGE}.cli.main import main

sys.exit(main(sys.argv[1:]))
"""
# What only the controller or an Ansible module needs: the first imports Ansible, the second builds this file.
LEFT_OUT = ("core/module.py", "zipapp/")
# The earliest moment a zip file can tell; real ones differ between clones.
MOMENT = (1980, 1, 1, 0, 0, 0)
MODE, OWNER, GROUP = "0755", "root", "root"
INSTALL = "install"


@dataclass(frozen=True)
class Archive:
    """The built program and the hash of its sources."""

    data: bytes
    version: str
    content: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Installed:
    """The program as it lies on a host; ``build`` is empty for a file that is none of ours."""

    digest: str
    access: tuple[str, str, str]
    build: str


def is_packed(path: str) -> bool:
    """Whether a file below module_utils belongs into the program."""
    return path.endswith(".py") and not any(path == name or path.startswith(name) for name in LEFT_OUT)


def build_archive(sources: Mapping[str, bytes], version: str) -> Archive:
    """Pack sources, by their path below module_utils, with the collection's version.

    Stored, not compressed: compressed bytes differ between versions of zlib, and the program starts faster.
    """
    packed = {path: data for path, data in sources.items() if is_packed(path)}
    content = _hash(packed)
    build = json.dumps({"schema": 1, "version": version, "content": content}, sort_keys=True)
    files = {f"{PACKAGE}/{path}": data for path, data in packed.items()}
    files |= {"__main__.py": MAIN.encode(), f"{PACKAGE}/{BUILD_FILE}": build.encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name])
    return Archive(INTERPRETER + buffer.getvalue(), version, content)


def _hash(files: Mapping[str, bytes]) -> str:
    """One hash of names and contents; lengths keep neighbours apart."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, MOMENT)
    # Unix, whatever the controller is, and a regular file that all may read.
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry


def plan_install(path: str, digest: str, build: str, seen: Installed | None) -> Plan:
    """Install the program when a byte, the owner or the mode differs."""
    if seen is not None and (seen.digest, seen.access) == (digest, (OWNER, GROUP, MODE)):
        return Plan()
    before = f"{seen.build or 'another file'}, {' '.join(seen.access)}" if seen else ""
    return Plan((Change(INSTALL, path, before=before, after=f"{build}, {OWNER} {GROUP} {MODE}"),))
