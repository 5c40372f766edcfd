# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is too small is refused on a file system that really is small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner


def test_a_disk_below_ten_gib_is_refused_before_anything_changes(
    host: Callable[..., Machine], ansible_playbook: PlaybookRunner, tmp_path: Path
) -> None:
    small = Platform(host("small", "--disk", "9G"), ansible_playbook, tmp_path)
    result = small.deploy(expect=2)
    assert "/opt has 8." in result.output
    assert "Free at least 10 GiB, or accept less with deploy_force=true." in result.output
    assert [task.name for task in result.changed] == []
    assert small.machine.run("ls -A /opt").stdout.split() in ([], ["lost+found"])
