# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and addresses of the hosts."""

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.tests.hosts.throwaway import addresses
from ansible_collections.steward.platform.tests.hosts.throwaway.addresses import Addresses


@pytest.mark.parametrize("name", ["demo", "a", "db-1", "x-web2"])
def test_a_good_name_has_no_problem(name: str) -> None:
    assert addresses.name_problem(name) == ""


@pytest.mark.parametrize("name", ["", "Demo", "1a", "a_b", "a--b", "a-", "a.b", "../a", "a b", "a" * 33, "cache"])
def test_a_bad_name_is_named_in_one_line(name: str) -> None:
    problem = addresses.name_problem(name)
    assert f"'{name}'" in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("name", "taken", "number"),
    [("demo", [20], 10), ("a", [], 20), ("a", [20, 22], 21), ("a", range(20, 251), None)],
    ids=["demo is fixed", "the first", "a gap is used again", "none is left"],
)
def test_allocation(name: str, taken: list[int], number: int | None) -> None:
    assert addresses.allocate(name, taken) == number


def test_names_are_private_unless_they_say_public() -> None:
    assert addresses.build_names({"b": Addresses(21), "a": Addresses(20)}).splitlines() == [
        "10.90.2.20 a a.private",
        "10.90.1.20 a.public",
        "fd90:1::20 a.public",
        "10.90.2.21 b b.private",
        "10.90.1.21 b.public",
        "fd90:1::21 b.public",
    ]


def test_known_hosts_names_every_way_to_a_host() -> None:
    text = addresses.build_known_hosts({"a": (Addresses(20), "ssh-ed25519 KEY")})
    assert text == "10.90.1.20,fd90:1::20,10.90.2.20,a,a.private,a.public ssh-ed25519 KEY\n"


@pytest.mark.parametrize("text", ["1:1", "8080:80", "65535:65535"])
def test_ports_that_can_be_published(text: str) -> None:
    assert addresses.publish_problem(text) == ""


@pytest.mark.parametrize("text", ["80", "0:80", "80:0", "65536:80", "80:65536", "a:b", "127.0.0.1:80:80", "80:80/udp"])
def test_other_ports_are_refused_by_name(text: str) -> None:
    assert f"'{text}'" in addresses.publish_problem(text)


@pytest.mark.parametrize(
    ("route", "collides"),
    [
        ("10.90.1.0/24", True),
        ("10.90.2.17", True),
        ("10.0.0.0/8", True),
        ("10.91.0.0/16", False),
        ("0.0.0.0/0", False),
        ("fd90:1::/64", False),
    ],
)
def test_overlap_with_a_route_of_the_machine(route: str, *, collides: bool) -> None:
    assert addresses.overlaps(route) is collides
