# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every molecule scenario passes on hosts that run: converge, converge again without a change, verify."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.steward.platform.tests.support.paths import ROOT, tool, tool_environment
from ansible_collections.steward.platform.tests.support.platform import INVENTORY, Platform

SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


def test_there_are_scenarios() -> None:
    assert "deploy" in SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_passes(platform: Platform, scenario: str) -> None:
    argv = [tool("molecule"), "test", "--scenario-name", scenario]
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env=tool_environment(STEWARD_INVENTORY=INVENTORY, STEWARD_ELSEWHERE=str(platform.elsewhere)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
