# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.containers.parse import Container
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.release.pruning.plan import (
    World,
    kept_releases,
    plan_pruning,
)

PLATFORM = {"name": "shop", "paths": {"releases": "/opt/shop/releases"}}


def release(image: str, origin: str = "", *, served: bool = True) -> dict[str, Any]:
    record: dict[str, Any] = {
        "origin": {"kind": "rollback" if origin else "deploy", "release": origin},
        "services": {"api": {"image_id": image}},
    }
    return record | ({"serving_since": "2024-12-25T14:30:00Z"} if served else {})


RECORDS = {
    "r1": release("one"),
    "r2": release("two"),
    "r3": release("bad", served=False),
    "r4": release("three"),
    "r5": release("two", "r2"),
}


def container(name: str, image: str, state: str = "exited") -> Container:
    return Container(name, f"shop/api:{image}", image, name, "blue", "api", state, "", 0, 0)


WORLD = World(
    records=RECORDS,
    current="r5",
    images={"shop/api:1": "one", "shop/api:2": "two", "shop/api:3": "three", "shop/api:x": "stray"},
    containers=[container("blue", "one"), container("green", "two", "running")],
)


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (5, {"r1", "r2", "r3", "r4", "r5"}),
        (2, {"r2", "r3", "r4", "r5"}),
        (1, {"r2", "r4", "r5"}),
    ],
    ids=["all of them", "failed ones since the oldest", "what serves comes from an older one"],
)
def test_kept_are_the_newest_that_served(keep: int, kept: set[str]) -> None:
    assert kept_releases(RECORDS, "r5", keep) == kept


def test_a_first_release_that_is_not_yet_marked_is_kept() -> None:
    assert kept_releases({"r1": release("one", served=False)}, "r1", 5) == {"r1"}


def test_what_no_kept_release_needs_is_removed_in_an_order_that_works() -> None:
    plan = plan_pruning({"platform": PLATFORM, "keep": 2}, WORLD)
    assert [(change.action, change.subject) for change in plan.changes] == [
        ("remove container", "blue"),
        ("remove image", "shop/api:1"),
        ("remove image", "shop/api:x"),
        ("remove release", "/opt/shop/releases/r1"),
    ]
    assert plan.facts == {"kept": ["r2", "r3", "r4", "r5"], "removed": ["r1"]}


def test_an_image_that_runs_stays_whatever_the_ledger_says() -> None:
    world = replace(WORLD, containers=[container("odd", "stray", "running")])
    plan = plan_pruning({"platform": PLATFORM, "keep": 5}, world)
    assert plan.changes == ()


def test_keeping_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="keep is 0, allowed is: at least 1"):
        plan_pruning({"platform": PLATFORM, "keep": 0}, WORLD)
