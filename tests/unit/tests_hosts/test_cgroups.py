# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups a host leaves behind."""

from __future__ import annotations

from ansible_collections.steward.platform.tests.hosts.throwaway import cgroups

NESTED = """\
12:cpu,cpuacct:/docker/nested
3:name=systemd:/docker/nested
2:memory:/docker/own/system.slice/docker.service
1:pids:/user.slice
0::/docker/nested
"""


def test_groups_beside_the_hosts_own_are_strays() -> None:
    assert cgroups.parse(NESTED, "own") == {
        "cpu,cpuacct/docker/nested",
        "systemd/docker/nested",
        "unified/docker/nested",
    }


def test_the_groups_of_version_2_lie_in_the_hosts_own() -> None:
    assert cgroups.parse("0::/system.slice/docker-own.scope/system.slice/docker-nested.scope\n", "own") == set()


def test_descendants_are_all_generations() -> None:
    table = "    1     0\n   10     1\n   11    10\n   12    11\n   20     1\n"
    assert cgroups.descendants(table, "10") == {"10", "11", "12"}
