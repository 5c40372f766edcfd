# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mirror the hosts use."""

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.tests.hosts.throwaway import apt
from ansible_collections.steward.platform.tests.hosts.throwaway.apt import Mirrors, Source

DEB822 = """\
# A comment
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
deb [arch=amd64 signed-by=/k.gpg] https://vendor.example/linux/debian bookworm stable
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main non-free-firmware # trailing
deb-src http://mirror.example/debian bookworm main
"""


def never(path: str) -> str:
    raise AssertionError(f"no file is to be read, {path} was")


def test_deb822_gives_enabled_binary_sources_only() -> None:
    assert apt.parse_deb822(DEB822) == [
        Source("http://mirror.example/debian/", ("bookworm", "bookworm-updates"), ("main", "contrib")),
        Source("http://mirror.example/debian-security", ("bookworm-security",), ("main",)),
    ]


def test_one_line_style_skips_comments_and_source_packages() -> None:
    assert apt.parse_list(ONE_LINE) == [
        Source("https://vendor.example/linux/debian", ("bookworm",), ("stable",)),
        Source("http://mirror.example/debian", ("bookworm",), ("main", "non-free-firmware")),
    ]


def test_mirrors_are_those_of_the_machines_release() -> None:
    sources = [*apt.parse_list("deb http://other.example/debian trixie main"), *apt.parse_deb822(DEB822)]
    found = apt.choose_mirrors(sources, "bookworm", never)
    assert found == Mirrors("http://mirror.example/debian", "http://mirror.example/debian-security")


def test_a_vendors_source_is_no_mirror() -> None:
    assert apt.choose_mirrors(apt.parse_list(ONE_LINE)[:1], "bookworm", never) is None


def test_a_mirror_list_file_gives_its_first_entry() -> None:
    files = {"/etc/apt/mirrors/debian.list": "# ours\n\nhttps://first.example/debian\thint\nhttp://second.example\n"}
    sources = [Source("mirror+file:///etc/apt/mirrors/debian.list", ("trixie",), ("main",))]
    assert apt.choose_mirrors(sources, "trixie", files.__getitem__) == Mirrors("https://first.example/debian")


def test_an_empty_mirror_list_file_gives_no_mirror() -> None:
    sources = [Source("mirror+file:/m", ("trixie",), ("main",))]
    assert apt.choose_mirrors(sources, "trixie", lambda _path: "\n") is None


@pytest.mark.parametrize(
    ("mirrors", "uris"),
    [
        (Mirrors("http://m/debian"), ["http://m/debian"]),
        (Mirrors("http://m/debian", "http://m/security"), ["http://m/debian", "http://m/security"]),
    ],
    ids=["without a security archive", "with one"],
)
def test_sources_of_another_release_are_readable_by_the_own_parser(mirrors: Mirrors, uris: list[str]) -> None:
    parsed = apt.parse_deb822(apt.build_sources(mirrors, "trixie"))
    assert [source.uri for source in parsed] == uris
    assert parsed[0].suites == ("trixie", "trixie-updates")


def test_behind_the_cache_tls_is_gone() -> None:
    assert apt.behind_cache(Mirrors("https://m/debian", "http://s/x")) == Mirrors("http://m/debian", "http://s/x")


def test_options_about_the_age_of_lists_are_kept() -> None:
    config = apt.parse_config('Acquire "";\nAcquire::Check-Date "false";\nAPT::Architecture "amd64";\n')
    assert apt.kept_options(config) == 'Acquire::Check-Date "false";\n'
