# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package cache's configuration."""

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.tests.hosts.throwaway import cache

PLAIN = ["http://mirror.example/debian", ""]
SECURE = ["https://mirror.example/debian", "https://mirror.example/debian-security"]


def test_only_the_hosts_network_may_ask() -> None:
    lines = cache.build_config("10.1.0.0/24", PLAIN, "").splitlines()
    assert lines[0] == "acl hosts src 10.1.0.0/24"
    assert [line for line in lines if line.startswith("http_access")] == [
        "http_access allow hosts",
        "http_access deny all",
    ]


def test_a_plain_mirror_is_asked_directly() -> None:
    assert "cache_peer" not in cache.build_config("10.1.0.0/24", PLAIN, "")


def test_a_mirror_with_tls_is_one_origin_checked_by_the_machines_bundle() -> None:
    config = cache.build_config("10.1.0.0/24", SECURE, "")
    peers = [line for line in config.splitlines() if line.startswith("cache_peer ")]
    assert len(peers) == 1
    assert peers[0].startswith("cache_peer mirror.example parent 443 0 no-query originserver tls tls-cafile=/etc/")
    assert "never_direct allow to-mirror.example" in config


@pytest.mark.parametrize(
    ("proxy", "peer"), [("http://p.example:8080", "p.example parent 8080"), ("http://p", "p parent 3128")]
)
def test_a_proxy_of_the_machine_is_the_only_way_out(proxy: str, peer: str) -> None:
    config = cache.build_config("10.1.0.0/24", SECURE, proxy)
    assert f"cache_peer {peer} " in config
    assert "never_direct allow all" in config
    assert "originserver" not in config


@pytest.mark.parametrize(
    ("proxy", "found"),
    [
        ("http://p.example:3128", "http://p.example:3128"),
        ("http://127.0.0.1:3142", ""),
        ("http://localhost:3142/", ""),
        ("DIRECT", ""),
        ("", ""),
    ],
    ids=["a real proxy", "a cache on loopback", "the same by name", "none wanted", "none set"],
)
def test_the_machines_proxy(proxy: str, found: str) -> None:
    assert cache.find_proxy({"Acquire::http::Proxy": proxy}) == found


def test_the_store_is_made_before_it_is_used() -> None:
    made, served = cache.command()[-1].split(" && ")
    assert " -z " in made
    assert served.startswith("exec squid")
