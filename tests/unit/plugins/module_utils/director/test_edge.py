# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.director.edge import build_edge

SERVICES = [{"name": "shop", "entry_port": 8001}, {"name": "api", "entry_port": 8000}]
LIMITS = [{"name": "auth", "paths": ["/api/v1/auth"]}, {"name": "api", "paths": ["/api/"]}]


def build(
    *routes: tuple[str, str, str], domains: tuple[str, ...] = (), refused: tuple[str, ...] = ()
) -> dict[str, Any]:
    given = [{"host": host, "path": path, "service": service} for host, path, service in routes]
    return build_edge(given, SERVICES, domains, LIMITS, refused)


def rows(edge: dict[str, Any]) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    return {
        site["host"]: {row["match"]: (row["service"], row["limit"]) for row in site["locations"]}
        for site in edge["sites"]
    }


def test_each_location_says_all_that_holds_there() -> None:
    edge = build(("a.test", "/", "shop"), refused=("/metrics",))
    assert rows(edge) == {
        "a.test": {
            "/": ("shop", None),
            "= /api": ("shop", "api"),
            "/api/": ("shop", "api"),
            "= /api/v1/auth": ("shop", "auth"),
            "/api/v1/auth/": ("shop", "auth"),
            "= /metrics": (None, None),
            "/metrics/": (None, None),
        }
    }
    assert edge["upstreams"] == [{"name": "shop", "port": 8001}]
    assert list(edge["idle"]) == ["client_edge", "edge_director", "director_edge", "replica"]


def test_a_route_below_another_keeps_limits_and_refusals() -> None:
    edge = build(("a.test", "/", "shop"), ("a.test", "/api/v2", "api"), refused=("/api/v2/internal",))
    found = rows(edge)["a.test"]
    assert found["/api/v2/"] == ("api", "api")
    assert found["/api/v1/auth/"] == ("shop", "auth")
    assert found["= /api/v2/internal"] == (None, None)


def test_limits_and_refusals_outside_all_routes_are_left_out() -> None:
    edge = build(("a.test", "/shop", "shop"), refused=("/metrics",))
    assert rows(edge)["a.test"] == {"/": (None, None), "= /shop": ("shop", None), "/shop/": ("shop", None)}


def test_a_domain_without_route_serves_only_health() -> None:
    edge = build(domains=("b.test",))
    assert rows(edge) == {"b.test": {"/": (None, None)}}
    assert edge["sites"][0]["own_health"]
    assert edge["upstreams"] == []


@pytest.mark.parametrize(
    ("path", "refused", "own"),
    [("/", (), False), ("/health", (), False), ("/shop", (), True), ("/shop", ("/health",), False)],
)
def test_who_answers_health(path: str, refused: tuple[str, ...], own: bool) -> None:
    assert build(("a.test", path, "shop"), refused=refused)["sites"][0]["own_health"] is own


def test_a_route_to_nowhere_is_refused() -> None:
    with pytest.raises(InputError, match=r"the route a.test/ leads to 'nobody'; web services are: api, shop"):
        build(("a.test", "/", "nobody"))


def test_a_route_without_any_service_is_refused() -> None:
    with pytest.raises(InputError, match="web services are: none"):
        build_edge([{"host": "a.test", "path": "/", "service": "x"}], [], [], [], [])


def test_the_same_route_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"the route a.test/x/ is given twice"):
        build(("a.test", "/x", "shop"), ("a.test", "/x/", "api"))
