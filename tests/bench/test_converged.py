# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deploy costs that changes nothing: seconds and tasks, beside the same number of tasks that do nothing."""

from __future__ import annotations

from ansible_collections.steward.platform.tests.support.platform import Platform

MOST_SECONDS = 45


def test_a_converged_deploy_is_quick(platform: Platform) -> None:
    runs = [platform.deploy() for _run in range(3)]
    best = min(runs, key=lambda run: run.seconds)
    print(f"\nconverged deploy.yml: {best.seconds:.1f} s, {len(best.executed)} tasks (best of {len(runs)})")
    assert best.seconds <= MOST_SECONDS
