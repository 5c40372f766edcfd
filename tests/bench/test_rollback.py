# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long going back takes once its plan is accepted, beside Compose that only starts as many containers.

Most of it is the time that the services' programs take to start, which nobody can save who stopped them: so the bound
is a ratio, and the seconds are printed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.playbooks import PlayResult

MOST_BESIDE_COMPOSE = 1.5


def slowest(run: PlayResult, since: float, count: int = 6) -> str:
    """The tasks that took longest since a moment, for whoever wants to make it quicker."""
    ends = sorted({task.ended: task.name for task in run.tasks if task.ended >= since}.items())
    took = sorted(((end - start, name) for (start, dummy), (end, name) in pairwise(ends)), reverse=True)
    return "\n".join(f"  {seconds:5.1f} s  {name}" for seconds, name in took[:count])


def compose_seconds(platform: Platform, left: Mapping[str, Any]) -> float:
    """In which Compose starts the kept containers of a release, all services at once, but for the scheduler's.

    A scheduler is never there twice, and Compose moves no traffic and records nothing.
    """
    names = [name for name, service in left["services"].items() if service["kind"] != "scheduler"]
    files = " ".join(f"/opt/dotmac/releases/{left['id']}/{name}/compose.json" for name in names)
    begun = time.monotonic()
    up = f"for file in {files}; do docker compose --file $file up --detach --wait & done; wait"
    platform.machine.run(up, timeout=300)
    seconds = time.monotonic() - begun
    platform.machine.run(f"for file in {files}; do docker compose --file $file stop & done; wait", timeout=300)
    return seconds


def test_going_back_is_quick(platform: Platform) -> None:
    serving = platform.current()
    # A platform that was kept may serve what a rollback made of an earlier release.
    before = str(serving["origin"]["release"] or serving["id"])
    forward = platform.deploy(variables={"demo_version": "9.0.0"})
    left = platform.current()
    back = platform.rollback(variables={"confirm": before})
    accepted = back.task("Confirm | Refuse what was not confirmed").ended
    # The last steps are to commit and to retire.
    steps = [task for task in back.tasks if task.action == "steward.platform.release_slots"]
    moved = steps[-2].ended - accepted
    whole = max(task.ended for task in back.tasks) - accepted
    peer = compose_seconds(platform, left)
    print(
        f"\nrollback once accepted: the older release serves after {moved:.1f} s, all is tidied up after {whole:.1f} s"
        f" (the deploy that it undid took {forward.seconds:.1f} s); docker compose up alone: {peer:.1f} s,"
        f" ratio {moved / peer:.2f}\n{slowest(back, accepted)}"
    )
    assert moved <= MOST_BESIDE_COMPOSE * peer
