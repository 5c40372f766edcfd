# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rarer ways back: everything at once, into the live data directory, and over a power cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine, poll, without_power
from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.restores import (
    ROWS,
    UPLOADS,
    begin,
    insert,
    marks,
    plan,
    prepare,
    redis,
    run,
    serves,
    settle,
    sql,
    status,
    steward,
    timeline,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def platform(host: Callable[..., Machine], with_backups: Callable[..., Platform]) -> Platform:
    """That of the other drill of restores, whose timers make no set by themselves."""
    deployed = prepare(host, with_backups)
    deployed.stop_backup_timers()
    return deployed


@pytest.fixture(autouse=True)
def _settled(platform: Platform) -> Iterator[None]:
    yield
    settle(platform)


def test_the_whole_system_comes_back_and_goes_forth(platform: Platform) -> None:
    machine = platform.machine
    sql(platform, "TRUNCATE marks")
    insert(platform, "before", 10)
    redis(platform, "SET", "drill", "before")
    machine.run(f"echo before > {UPLOADS}/first")
    steward(platform, "backup", "full")
    redis(platform, "SET", "drill", "after")
    machine.run(f"echo after > {UPLOADS}/first; echo new > {UPLOADS}/second; rm /etc/sysctl.d/60-steward.conf")
    seen = plan(platform, "--scope", "full_system")
    assert {row["part"] for row in seen["parts"]} == {
        "application_data",
        "configuration",
        "openbao",
        "postgresql",
        "redis-queue",
    }
    done = run(platform, "--scope", "full_system")
    assert any("holds secrets and keeps them" in said for said in done["warnings"])
    assert marks(platform) == {"before": 10}
    assert "before" in redis(platform, "GET", "drill")
    assert machine.run(f"cat {UPLOADS}/*").stdout == "before\n"
    machine.run("test -e /etc/sysctl.d/60-steward.conf")
    serves(platform)

    steward(platform, "restore", "undo")
    assert "after" in redis(platform, "GET", "drill")
    assert machine.run(f"cat {UPLOADS}/*").stdout == "after\nnew\n"
    serves(platform)


def test_into_the_live_directory_and_forth_again_by_the_point_before(platform: Platform) -> None:
    moment, before = begin(platform), timeline(platform)
    way = ["--scope", "database_only", "--method", "delta"]
    seen = plan(platform, *way, "--target", moment)
    assert (seen["kept"], seen["space"]) == ([], 0)
    done = run(platform, *way, "--target", moment)
    assert marks(platform) == {"before": ROWS}
    assert timeline(platform) == before + 1
    serves(platform)
    refused = steward(platform, "restore", "undo", expect=(1,))
    assert "cannot be undone" in refused.stderr
    assert f"before_{done['id']}" in refused.stderr

    steward(platform, "restore", "accept")
    # That moment is on the timeline that was left.
    back = ["--target-type", "name", "--target", f"before_{done['id']}", "--timeline", str(before)]
    run(platform, *way, *back)
    assert marks(platform) == {"after": 500, "before": ROWS}
    serves(platform)


@pytest.mark.parametrize("step", ["restore_beside postgresql", "switch postgresql", "backup postgresql"])
@pytest.mark.parametrize("way", ["run", "undo"])
def test_a_power_cut_in_the_middle(platform: Platform, step: str, way: str) -> None:
    moment, machine = begin(platform), platform.machine
    words = ["--scope", "database", "--target", moment]
    line = f"setsid steward restore run {' '.join(words)} --confirm {plan(platform, *words)['confirm']}"
    machine.run(f"{line} >/var/tmp/restore.log 2>&1 </dev/null &")
    poll(lambda: f"{step}: begun" in machine.run("cat /var/tmp/restore.log").stdout, seconds=120, every=0.1)
    with without_power(machine):
        pass
    poll(lambda: status(platform) is not None, seconds=60, what="an answer of steward")
    state = status(platform)
    assert state is not None
    # Its last word may have been that a program of it was ended.
    assert {row["step"]: row["state"] for row in state["steps"]}[step] in ("running", "failed")
    steward(platform, "restore", way)
    assert marks(platform) == {"before": ROWS} | ({"after": 500} if way == "undo" else {})
    serves(platform)
