# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.release.renewal.plan import World, plan_renewal


def service(name: str, kind: str = "web") -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "build": name,
        "secret_files": [],
        "slot_ports": {},
        "entry_port": None,
        "replicas": 2 if kind == "web" else 1,
    }


SERVICES = [service("api"), service("clock", "scheduler")]
MODEL = {"name": "shop", "services": SERVICES, "builds": []}
SERVING = {
    "id": "r1",
    "services": {
        row["name"]: {"image": f"shop/{row['name']}:1", "image_id": row["name"], "replicas": row["replicas"]}
        for row in SERVICES
    },
}
WORLD = World(SERVING, {"services": SERVICES, "builds": []}, frozenset({"api", "clock"}))


def ask(*services: str, replicas: int | None = None, world: World = WORLD, **changes: Any) -> dict[str, Any]:
    kind = "restart" if replicas is None else "scale"
    parameters = {"platform": MODEL, "kind": kind, "services": list(services), "replicas": replicas, "scaled": {}}
    return plan_renewal({**parameters, **changes}, world)


def test_a_service_gets_fresh_containers() -> None:
    wanted = ask("api")
    assert wanted["renew"] == ["api"]
    assert wanted["origin"] == {"kind": "restart", "release": "r1"}
    assert wanted["plan"].splitlines() == ["Restart of release r1:", "  api: fresh containers"]


def test_without_a_name_all_of_them_do() -> None:
    assert ask()["renew"] == ["api", "clock"]


def test_another_number_is_remembered_with_what_the_inventory_says() -> None:
    wanted = ask("api", replicas=3)
    assert wanted["scaled"] == {"api": {"replicas": 3, "inventory": 2}}
    assert [row["replicas"] for row in wanted["platform"]["services"]] == [3, 1]
    assert wanted["renew"] == []
    assert wanted["plan"].splitlines() == ["Scale of release r1:", "  api: 2 -> 3 replicas"]


def test_back_to_the_number_of_the_inventory_nothing_is_remembered() -> None:
    model = {**MODEL, "services": [{**SERVICES[0], "replicas": 3}, SERVICES[1]]}
    wanted = ask("api", replicas=2, platform=model, scaled={"api": {"replicas": 3, "inventory": 2}})
    assert wanted["scaled"] == {}


def test_the_same_number_is_nothing_to_do() -> None:
    assert ask("api", replicas=2)["plan"].splitlines() == ["Scale of release r1:", "  nothing to do"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"services": ["apy"]}, "service is 'apy', allowed is one of those that serve: api, clock"),
        ({"services": ["clock"], "replicas": 2}, "replicas is 2, allowed for the scheduler clock is: 1"),
        ({"world": replace(WORLD, images=frozenset({"api"}))}, "the image shop/clock:1 of clock is no longer on"),
        ({"world": replace(WORLD, stored=None)}, "release r1 was made before releases kept their model"),
    ],
    ids=["unknown service", "two schedulers", "lost image", "no model"],
)
def test_what_cannot_be_is_refused(wanted: dict[str, Any], said: str) -> None:
    arguments = dict(wanted)
    with pytest.raises(StewardError) as refused:
        ask(*arguments.pop("services", []), **arguments)
    assert said in refused.value.message
