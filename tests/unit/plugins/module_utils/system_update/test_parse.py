# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.system_update.model import Package
from ansible_collections.steward.platform.plugins.module_utils.system_update.parse import (
    newest_kernel,
    parse_file_list,
    parse_maps,
    parse_simulation,
    parse_unit,
    parse_upgradable,
)

# apt 3.0 on Debian 13, with a local repository beside Debian's own.
RECORDINGS = Path(__file__).parent / "recordings/apt-3.0"
OUTER = "34f3c274ee84ae4de809351ee7f122406af0e1b9d64e27febe8f1007de1b12ac"
INNER = "2bcf500861700b65234b8e1339dce23137633e65c7449f234740ba38cae0e888"


def test_a_full_upgrade_upgrades_installs_and_removes() -> None:
    seen = parse_simulation((RECORDINGS / "simulate-dist-upgrade.txt").read_text())
    assert [(package.action, package.name) for package in seen.packages] == [
        ("upgrade", "base-files"),
        ("remove", "steward-test-rival"),
        ("upgrade", "openssl-provider-legacy"),
        ("upgrade", "libssl3t64"),
        ("upgrade", "sudo"),
        ("upgrade", "openssl"),
        ("install", "steward-test-new"),
        ("upgrade", "steward-test"),
    ]
    assert seen.removed == ("steward-test-rival",)
    assert seen.packages[0] == Package(
        "base-files", "upgrade", "13.8+deb13u7", "13.8+deb13u8", "Debian:13.8/stable", security=False
    )
    assert seen.packages[-1] == Package("steward-test", "upgrade", "1", "3", "Debian-Security:stable", security=True)


def test_a_careful_upgrade_removes_nothing() -> None:
    seen = parse_simulation((RECORDINGS / "simulate-upgrade.txt").read_text())
    assert seen.removed == ()
    assert len(seen.packages) == 5


def test_a_package_without_an_origin_is_read_too() -> None:
    assert parse_simulation("Inst tool (2 [all])").packages == (Package("tool", "install", "", "2"),)


def test_what_has_a_newer_version_is_listed_held_or_not() -> None:
    assert parse_upgradable((RECORDINGS / "upgradable.txt").read_text()) == (
        "base-files", "libssl3t64", "openssl-provider-legacy", "openssl", "steward-test-held", "steward-test", "sudo"
    )  # fmt: skip


MAPS = """\
00420000-00740000 r-xp 00020000 00:57 1745451                            /usr/bin/python3.13
7f59d145a000-7f59d145d000 r--p 00000000 00:57 3088835          /usr/lib/x86_64-linux-gnu/libz.so.1.3.1 (deleted)
7f59d1471000-7f59d1478000 r--p 00017000 00:57 3088836          /usr/lib/x86_64-linux-gnu/libssl.so.3.dpkg-tmp (deleted)
7f59d1490000-7f59d14a3000 r-xp 00007000 00:57 1746443                    /lib/x86_64-linux-gnu/libc.so.6
7f59d14a4000-7f59d14a5000 rw-s 00000000 00:01 2048                       /dev/zero (deleted)
7f59d14a6000-7f59d14a7000 rw-s 00000000 00:01 2049                       /memfd:x (deleted)
7f59d14a8000-7f59d14a9000 rw-p 00000000 00:57 4711                       /var/cache/nscd/hosts (deleted)
7f59d14aa000-7f59d14ab000 rw-p 00000000 00:00 0
7ffd3c5f2000-7ffd3c613000 rw-p 00000000 00:00 0                          [stack]
"""


def test_files_of_packages_in_memory_and_those_gone_from_disk_are_told_apart() -> None:
    mapped, stale = parse_maps(MAPS)
    library = "/usr/lib/x86_64-linux-gnu"
    assert stale == {f"{library}/libz.so.1.3.1", f"{library}/libssl.so.3"}
    assert mapped == stale | {"/usr/bin/python3.13", f"{library}/libc.so.6"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0::/system.slice/ssh.service\n", "ssh.service"),
        ("0::/system.slice/system-postgresql.slice/postgresql@17-main.service", "postgresql@17-main.service"),
        (f"12:perf_event:/\n9:name=systemd:/docker/{OUTER}/system.slice/x.service\n0::/y", "x.service"),
        (f"9:name=systemd:/docker/{INNER}", ""),
        (f"0::/system.slice/docker-{INNER}.scope", ""),
        (f"0::/system.slice/docker.service/docker/{INNER}", ""),
        ("0::/user.slice/user-1000.slice/session-3.scope", ""),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "user@1000.service"),
        ("0::/init.scope", "init.scope"),
        ("", ""),
    ],
)
def test_a_process_belongs_to_a_unit_of_the_host_or_to_none(text: str, unit: str) -> None:
    assert parse_unit(text) == unit


def test_files_have_one_name_whatever_link_leads_to_them() -> None:
    assert parse_file_list("/.\n/lib/x86_64-linux-gnu/libc.so.6\n/usr/bin/env\n") == {
        "/.", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/env"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kernels", "newest"),
    [
        (["6.12.9+deb13-amd64", "6.12.57+deb13-amd64"], "6.12.57+deb13-amd64"),
        (["6.12.57+deb13-amd64", "6.12.57+deb13+1-amd64"], "6.12.57+deb13+1-amd64"),
        ([], ""),
    ],
)
def test_kernels_are_compared_by_their_numbers(kernels: list[str], newest: str) -> None:
    assert newest_kernel(kernels) == newest
