# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.director.model import endpoint, parse_wish, path_of

from .samples import options, service_options


def test_a_wish_is_read_whole() -> None:
    wish = parse_wish(options(services=[service_options(active=["green-1", "blue-1", "blue-1"])], health_port=8404))
    assert wish.bind_addresses == ("127.0.0.1", "10.0.0.1")
    assert wish.health_port == 8404
    assert wish.services[0].active == ("blue-1", "green-1")
    assert wish.services[0].servers[0].endpoint == "10.0.0.1:18000"
    assert parse_wish(options()).services[0].active is None
    assert path_of("shop") == "/etc/haproxy/services/shop.cfg"


def test_an_ipv6_address_gets_brackets() -> None:
    assert endpoint("fd90::1", 80) == "[fd90::1]:80"


BLUE = {"name": "blue-1", "address": "10.0.0.1", "port": 18000}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (options(bind_addresses=[]), "bind_addresses is empty"),
        (options(bind_addresses=["here"]), "bind_addresses is 'here'; it must be an IPv4 or IPv6 address"),
        (options(services=[service_options(name="Shop")]), r"services\[0\].name is 'Shop'"),
        (options(services=[service_options(name="steward-health")]), "not 'steward-health'"),
        (options(services=[service_options(ready_path="/a b")]), "ready_path is '/a b'; it must be a path"),
        (options(services=[service_options(entry_port=0)]), "entry_port is 0; it must be between 1 and 65535"),
        (options(services=[service_options(), service_options()]), "the service name shop is given twice"),
        (options(health_port=8001), "the entry port 8001 is given twice"),
        (options(services=[service_options(active=["red-1"])]), "red-1; the servers of shop are: blue-1, green-1"),
        (options(services=[service_options(servers=[], active=["a"])]), "the servers of shop are: none"),
        (options(services=[service_options(servers=[BLUE, BLUE])]), "the server name blue-1 is given twice"),
        (
            options(services=[service_options(servers=[BLUE, {**BLUE, "name": "blue-2"}])]),
            "the server address 10.0.0.1:18000 is given twice",
        ),
        (options(services=[service_options(servers=[{**BLUE, "name": "b 1"}])]), r"servers\[0\].name is 'b 1'"),
        (options(services=[service_options(servers=[{**BLUE, "address": "b"}])]), r"servers\[0\].address is 'b'"),
    ],
)
def test_a_bad_value_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_wish(given)
