# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.steward.platform.plugins.module_utils.health.doctor.groups import (
    files_of,
    read_memory,
    read_processor,
)
from ansible_collections.steward.platform.plugins.module_utils.health.doctor.parse import (
    parse_controllers,
    parse_failed,
    parse_groups,
    parse_journal,
    parse_keys,
    parse_memory,
    parse_mounts,
    parse_pressure,
    parse_timers,
)

# Linux 6.1 with Docker 26.1.
MOUNTS = """\
proc /proc proc rw,relatime 0 0
/dev/vda1 / ext4 rw,relatime 0 0
/dev/vda1 /etc/hosts ext4 rw,relatime 0 0
/dev/vdb /srv/with\\040blank xfs rw 0 0
overlay /var/lib/docker/overlay2/1f/merged overlay rw,relatime 0 0
tmpfs /run tmpfs rw,nosuid,nodev 0 0
"""
MEMORY = """\
MemTotal:       24684084 kB
MemFree:        19876036 kB
MemAvailable:   22572828 kB
HugePages_Total:       0
SwapTotal:       1048572 kB
SwapFree:        1048000 kB
"""
PRESSURE = """\
some avg10=0.71 avg60=1.90 avg300=2.41 total=1067555244
full avg10=0.09 avg60=0.67 avg300=1.01 total=608609636
"""
HYBRID_MOUNTS = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs ro,size=4096k,nr_inodes=1024,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
"""
HYBRID_GROUPS = """\
9:name=systemd:/docker/9388
4:memory:/docker/9388
2:cpu,cpuacct:/docker/9388
0::/system.slice/docker.service
"""
UNIFIED_MOUNTS = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
UNIFIED_GROUPS = "0::/system.slice/docker-9388.scope\n"


def test_mounts_are_those_of_each_disk_but_the_engines() -> None:
    assert parse_mounts(MOUNTS) == [["/", "/etc/hosts"], ["/srv/with blank"]]


def test_memory_is_in_bytes() -> None:
    assert parse_memory(MEMORY) == {
        "total": 24684084 * 1024,
        "available": 22572828 * 1024,
        "swap_total": 1048572 * 1024,
        "swap_free": 1048000 * 1024,
    }


def test_pressure_is_of_some_and_of_all() -> None:
    assert parse_pressure(PRESSURE) == {
        "some": {"avg10": 0.71, "avg60": 1.9, "avg300": 2.41},
        "full": {"avg10": 0.09, "avg60": 0.67, "avg300": 1.01},
    }


def test_files_of_version_1_on_a_hybrid_machine() -> None:
    files = files_of(parse_controllers(HYBRID_MOUNTS), parse_groups(HYBRID_GROUPS))
    assert files == {
        "version": "1",
        "memory": "/sys/fs/cgroup/memory/docker/9388/memory.usage_in_bytes",
        "limit": "/sys/fs/cgroup/memory/docker/9388/memory.limit_in_bytes",
        "stat": "/sys/fs/cgroup/memory/docker/9388/memory.stat",
        "killed": "/sys/fs/cgroup/memory/docker/9388/memory.oom_control",
        "processor": "/sys/fs/cgroup/cpu,cpuacct/docker/9388/cpuacct.usage",
    }


def test_files_of_version_2() -> None:
    files = files_of(parse_controllers(UNIFIED_MOUNTS), parse_groups(UNIFIED_GROUPS))
    group = "/sys/fs/cgroup/system.slice/docker-9388.scope"
    assert files == {
        "version": "2",
        "memory": f"{group}/memory.current",
        "limit": f"{group}/memory.max",
        "stat": f"{group}/memory.stat",
        "killed": f"{group}/memory.events",
        "processor": f"{group}/cpu.stat",
    }


@pytest.mark.parametrize(
    ("version", "texts", "read"),
    [
        pytest.param(
            "1",
            {"memory": "5000\n", "limit": "268435456\n", "stat": "cache 9\ntotal_inactive_file 1000\n",
             "killed": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"},
            {"memory": 4000, "limit": 268435456, "killed": 2},
            id="version 1",
        ),
        pytest.param(
            "1",
            {"memory": "5000\n", "limit": "9223372036854771712\n", "stat": "cache 9\n", "killed": "under_oom 0\n"},
            {"memory": 5000, "limit": 0, "killed": 0},
            id="version 1 without a limit, on a kernel that counts no kills",
        ),
        pytest.param(
            "2",
            {"memory": "5000\n", "limit": "268435456\n", "stat": "anon 9\ninactive_file 7000\n",
             "killed": "low 0\noom 1\noom_kill 1\n"},
            {"memory": 0, "limit": 268435456, "killed": 1},
            id="version 2",
        ),
        pytest.param(
            "2",
            {"memory": "5000\n", "limit": "max\n", "stat": "inactive_file 0\n", "killed": "oom_kill 0\n"},
            {"memory": 5000, "limit": 0, "killed": 0},
            id="version 2 without a limit",
        ),
    ],
)  # fmt: skip
def test_memory_of_a_group(version: str, texts: dict[str, str], read: dict[str, int]) -> None:
    assert read_memory(version, texts) == read


def test_processor_time_of_a_group() -> None:
    assert read_processor("1", "1500000000\n") == 1.5
    assert read_processor("2", "usage_usec 1500000\nuser_usec 1000000\n") == 1.5
    assert parse_keys("a 1\nb 2\n") == {"a": 1, "b": 2}


def entry(second: int, **fields: object) -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": str((1795442400 + second) * 1_000_000), **fields})


def test_errors_are_counted_by_unit_without_what_containers_write() -> None:
    lines = [
        entry(0, _SYSTEMD_UNIT="a.service", MESSAGE="first"),
        entry(1, UNIT="b.service", _SYSTEMD_UNIT="init.scope", MESSAGE="b.service: Failed\nwith result"),
        entry(2, _SYSTEMD_UNIT="docker.service", CONTAINER_ID="9388", MESSAGE="INFO started"),
        entry(3, _SYSTEMD_UNIT="a.service", MESSAGE="second"),
        entry(4, MESSAGE=[79, 79, 77, 255]),
        entry(5, SYSLOG_IDENTIFIER=["x", "y"], MESSAGE=None),
    ]
    assert parse_journal(lines) == [
        {"unit": "x y", "count": 1, "last": "2026-11-23T14:00:05Z", "message": ""},
        {"unit": "kernel", "count": 1, "last": "2026-11-23T14:00:04Z", "message": "OOM\N{REPLACEMENT CHARACTER}"},
        {"unit": "a.service", "count": 2, "last": "2026-11-23T14:00:03Z", "message": "second"},
        {"unit": "b.service", "count": 1, "last": "2026-11-23T14:00:01Z", "message": "b.service: Failed with result"},
    ]


def test_failed_units_are_named() -> None:
    text = '[{"unit":"a.service","load":"loaded","active":"failed","sub":"failed","description":"A"}]'
    assert parse_failed(text) == ["a.service"]


def test_timers_have_their_moments_or_none() -> None:
    text = (
        '[{"next":1795442400000000,"left":1795442400000000,"last":null,"passed":0,'
        '"unit":"apt-daily.timer","activates":"apt-daily.service"},'
        '{"next":null,"left":null,"last":1795442300000000,"passed":1,"unit":"b.timer","activates":"b.service"}]'
    )
    assert parse_timers(text) == [
        {"unit": "apt-daily.timer", "activates": "apt-daily.service", "next": "2026-11-23T14:00:00Z", "last": ""},
        {"unit": "b.timer", "activates": "b.service", "next": "", "last": "2026-11-23T13:58:20Z"},
    ]
