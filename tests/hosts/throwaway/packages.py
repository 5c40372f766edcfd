# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages this tool needs on the machine itself."""

from __future__ import annotations

from . import process
from .say import HostsError, progress


def ensure(wanted: dict[str, str], subject: str) -> None:
    """Install the Debian packages of the programs that are missing, naming them first."""
    missing = [package for program, package in wanted.items() if process.find(program) is None]
    if not missing:
        return
    if process.find("apt-get") is None:
        raise HostsError(f"missing here: {', '.join(missing)}", "install them; this machine has no apt-get")
    progress(subject, f"installing Debian packages: {' '.join(missing)}")
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    process.run(process.as_root([*apt, "update"]))
    process.run(process.as_root([*apt, "install", "--yes", *missing]), timeout=1800)
