# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that is killed in a stage: what serves goes on, and the next run finishes the work."""

from __future__ import annotations

import time

import pytest

from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.playbooks import kill_playbook

STAGES = ("validate", "prepare", "secrets", "data", "images", "safety", "migrate", "switch", "record")
# Here both releases run and traffic moves; the other stages are the long drill.
CORE = "switch"


def kill_in(platform: Platform, stage: str, version: str) -> None:
    """Start a deploy and kill its controller once the lease says that the stage has begun."""
    wanted = f'"stage": "{stage}"'

    def has_begun() -> bool:
        if wanted not in platform.machine.run("cat /var/lib/steward/dotmac.lease.json", check=False).stdout:
            return False
        # Into the stage, not at its first moment.
        time.sleep(1)
        return True

    arguments = [*platform.arguments("deploy"), "-e", f"demo_version={version}"]
    kill_playbook(arguments, has_begun, what=f"stage {stage}", seconds=1200)


@pytest.mark.parametrize(
    "stage", [pytest.param(stage, marks=[] if stage == CORE else [pytest.mark.long]) for stage in STAGES]
)
def test_the_next_run_finishes_what_a_killed_controller_began(platform: Platform, stage: str) -> None:
    version = f"2.{STAGES.index(stage)}.0"
    with platform.watched() as watch:
        kill_in(platform, stage, version)
        finished = platform.deploy(variables={"demo_version": version})
    assert watch.failures == []
    assert "the lease was taken from" in finished.output
    assert platform.current()["state"] == "serving"
    assert f'"{version}"' in platform.ask("isp.dotmac.localhost", "/version").text
    again = platform.deploy(variables={"demo_version": version})
    assert [task.name for task in again.changed] == []
    slots = {name: service["project"] for name, service in platform.current()["services"].items()}
    running = platform.machine.run("docker ps --format '{{.Label \"com.docker.compose.project\"}}'").stdout.split()
    assert set(running) == set(slots.values())
