# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every molecule scenario passes on hosts that run: converge, converge again without a change, verify."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.paths import ROOT, tool, tool_environment

SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


def test_there_are_scenarios() -> None:
    assert "deploy" in SCENARIOS


@pytest.fixture(scope="module")
def inventory_path(host: Callable[..., Machine]) -> str:
    """The inventory named by STEWARD_INVENTORY, whose hosts run already, or else the demo's on its host."""
    if "STEWARD_INVENTORY" in os.environ:
        return os.environ["STEWARD_INVENTORY"]
    host("demo")
    return str(ROOT / "inventories/demo")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_passes(inventory_path: str, scenario: str) -> None:
    argv = [tool("molecule"), "test", "--scenario-name", scenario]
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env=tool_environment(STEWARD_INVENTORY=inventory_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
