# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packing a build context so that equal content is an equal file, on every machine and clone."""

from __future__ import annotations

import hashlib
import os
import tarfile

from ansible.errors import AnsibleActionFail

try:
    from docker.utils.build import exclude_paths
except ImportError:
    HAS_DOCKER = False
else:
    HAS_DOCKER = True


def pack(context: str, dockerfile: str, target: str) -> str:
    """Write the context to the tar file ``target`` and return the hash of it.

    Owner, time stamp and the modes that a umask decides are the same for all; what ``.dockerignore`` names is left out.
    """
    if not HAS_DOCKER:
        raise AnsibleActionFail(
            "the Python package docker is missing on the controller, install it: pip install docker"
        )
    if not os.path.isfile(os.path.join(context, dockerfile)):
        raise AnsibleActionFail(f"the build context {context} has no {dockerfile}, give the directory of a Dockerfile")
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(exclude_paths(context, _ignored(context), dockerfile)):
            archive.add(os.path.join(context, name), arcname=name, recursive=False, filter=_normalise)
    with open(target, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _ignored(context: str) -> list[str]:
    try:
        with open(os.path.join(context, ".dockerignore"), encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except FileNotFoundError:
        return []
    return [line for line in lines if line and not line.startswith("#")]


def _normalise(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    executable = bool(member.mode & 0o100) or member.isdir()
    member.mode = 0o755 if executable else 0o644
    return member
