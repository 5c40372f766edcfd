# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo` as a new user runs it: from a fresh clone to a platform that serves, and away again without a trace."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.steward.platform.tests.support.machines import list_hosts
from ansible_collections.steward.platform.tests.support.paths import ROOT

MOST_SECONDS = 8 * 60


def make(folder: Path, target: str) -> str:
    """Run a target and return all it said; the environment is that of a login, without anything of this session."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE", "STEWARD", "MAKE"))}
    kept["PATH"] = os.environ.get("STEWARD_PATH", os.environ["PATH"])
    done = subprocess.run(
        ["make", target],
        cwd=folder,
        env=kept,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    return done.stdout


def is_there() -> bool:
    return "demo" in {row["name"] for row in list_hosts()}


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    assert not is_there(), "a demo is running here; end it with `make demo-down`"
    folder = tmp_path / "platform"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    yield folder
    if is_there():
        make(folder, "demo-down")


@pytest.mark.long
def test_two_words_bring_a_platform_and_two_take_it_away(clone: Path) -> None:
    began = time.monotonic()
    said = make(clone, "demo")
    seconds = time.monotonic() - began
    print(f"\nmake demo from a fresh clone: {seconds:.0f} s")
    assert seconds < MOST_SECONDS
    assert "https://isp.dotmac.localhost:8443/openapi.json" in said
    assert "changed=0" in make(clone, "demo")
    make(clone, "demo-down")
    assert not is_there()
    assert not Path(os.path.expanduser("~/.local/state/steward/demo")).exists()
