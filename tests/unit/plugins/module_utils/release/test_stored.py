# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.release import stored

FILE = {"name": "KEY", "path": "api/key", "format": "{value}"}
API: dict[str, Any] = {
    "name": "api",
    "build": "api",
    "secret_files": [FILE],
    "slot_ports": {"blue": 18000},
    "entry_port": 8000,
    "replicas": 2,
}
STORED = {"services": [API], "builds": ["then"]}
MODEL = {"name": "shop", "services": [API], "builds": ["now"]}
RECORD = {"id": "r2", "services": {"api": {"image": "shop/api:r2", "image_id": "sha256:r2"}}}


def made(kind: str, release: str = "") -> dict[str, Any]:
    return {"origin": {"kind": kind, "release": release}}


@pytest.mark.parametrize(("release", "code"), [("r1", "r1"), ("r2", "r1"), ("r3", "r1"), ("gone", "gone")])
def test_code_comes_from_the_deploy_at_the_beginning(release: str, code: str) -> None:
    records = {"r1": made("deploy"), "r2": made("scale", "r1"), "r3": made("rollback", "r2")}
    assert stored.code_of(records, release) == code


def test_what_scaling_gave_counts_until_the_inventory_changes() -> None:
    scaled = {"api": {"replicas": 3, "inventory": 2}, "gone": {"replicas": 3, "inventory": 2}}
    platform, valid = stored.at_scale(MODEL, scaled)
    assert platform["services"][0]["replicas"] == 3
    assert valid == {"api": {"replicas": 3, "inventory": 2}}
    changed, none = stored.at_scale({**MODEL, "services": [{**API, "replicas": 4}]}, scaled)
    assert (changed["services"][0]["replicas"], none) == (4, {})


def test_services_come_back_as_they_were_at_the_places_they_have_now() -> None:
    then = {**API, "replicas": 1, "slot_ports": {"blue": 17000}, "command": ["old"]}
    kept = {"services": [then, {**API, "name": "gone"}], "builds": ["then"]}
    wanted = stored.again(MODEL, RECORD, kept, "rollback", {"x": {"replicas": 1, "inventory": 2}}, ["api"])
    (api,) = wanted["platform"]["services"]
    assert (api["command"], api["replicas"], api["slot_ports"]) == (["old"], 2, {"blue": 18000})
    assert wanted["platform"]["builds"] == ["then"]
    assert wanted["images"] == {"api": "shop/api:r2"}
    assert wanted["origin"] == {"kind": "rollback", "release": "r2"}
    assert (wanted["scaled"], wanted["renew"]) == ({"x": {"replicas": 1, "inventory": 2}}, ["api"])


def test_a_service_of_an_image_from_elsewhere_needs_no_build() -> None:
    kept = {**STORED, "services": [{**API, "build": None}, {**API, "name": "never"}]}
    assert stored.again(MODEL, RECORD, kept, "restart", {})["images"] == {}


def test_a_whole_release_has_lost_nothing() -> None:
    assert list(stored.lost_parts(MODEL, RECORD, STORED, {"sha256:r2"})) == []


@pytest.mark.parametrize(
    ("model", "kept", "images", "said"),
    [
        (MODEL, None, {"sha256:r2"}, "release r2 was made before releases kept their model"),
        ({**MODEL, "services": []}, STORED, {"sha256:r2"}, "service api is no longer in platform_services"),
        (
            {**MODEL, "services": [{**API, "secret_files": []}]},
            STORED,
            {"sha256:r2"},
            "service api needs the secret file KEY",
        ),
        (MODEL, STORED, set(), "the image shop/api:r2 of api is no longer on this host"),
    ],
    ids=["no model", "no service", "no secret file", "no image"],
)
def test_every_lost_part_is_a_line(model: Any, kept: Any, images: set[str], said: str) -> None:
    (line,) = stored.lost_parts(model, RECORD, kept, images)
    assert line.startswith(said)
