# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things of this clone are, and the environment in which its programs run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def tool(name: str) -> str:
    """A program beside the running interpreter: the one of this virtual environment."""
    return str(Path(sys.executable).parent / name)


def tool_environment(**extra: str) -> dict[str, str]:
    """The environment of our programs: this clone's collection and no interpreter shims in PATH."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{SYSTEM_PATH}",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_NOCOLOR": "1",
        **extra,
    }
