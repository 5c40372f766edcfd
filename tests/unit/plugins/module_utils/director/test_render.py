# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.director import timeouts
from ansible_collections.steward.platform.plugins.module_utils.director.render import (
    fingerprint_of,
    render_health,
    variable_of,
)

from .samples import text, wish


def test_servers_that_are_not_active_are_disabled() -> None:
    lines = text(wish().services[0], "blue-1").splitlines()
    assert "    server blue-1 10.0.0.1:18000" in lines
    assert "    server green-1 10.0.0.1:18008 disabled" in lines
    assert "    bind 127.0.0.1:8001 transparent" in lines
    assert "    bind 10.0.0.1:8001 transparent" in lines


def test_the_fingerprint_is_the_structure_and_not_who_is_active() -> None:
    service = wish().services[0]
    present = fingerprint_of(text(service, "blue-1"))
    assert len(present) == 16
    assert present == fingerprint_of(text(service, "green-1"))
    for other in (wish(entry_port=8002), wish(ready_path="/ready"), wish(servers=[])):
        assert fingerprint_of(text(other.services[0])) != present
    assert fingerprint_of("global\n") == ""
    assert variable_of("a-b") == "proc.steward_a_b"


def test_health_asks_every_service() -> None:
    rendered = render_health(wish().services, 8404)
    assert "bind 127.0.0.1:8404" in rendered
    assert "unless { nbsrv(shop) ge 1 }" in rendered
    assert fingerprint_of(rendered)


def test_who_answers_waits_longer_than_who_asks() -> None:
    longest_of_browsers = 300
    assert timeouts.IDLE["client_edge"] > longest_of_browsers
    assert timeouts.IDLE["edge_director"] < timeouts.IDLE["director_edge"] < timeouts.IDLE["replica"]
    assert timeouts.SERVER > 60
