# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.containers.parse import Container
from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.release import plan
from ansible_collections.steward.platform.plugins.module_utils.release.staging import plan as staging


def service(name: str, kind: str = "web", **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "build": name,
        "image": None,
        "port": 8000,
        "replicas": 2 if kind == "web" else 1,
        "slot_ports": {"blue": 18000, "green": 18008} if kind == "web" else {},
        "command": [],
        "environment": {},
        "uid": 10001,
        "stop_grace": 30,
        "limits": {"memory": "512M", "cpus": 1.0},
        "volumes": [],
        "health": {"ready": "/ready", "command": []},
        "secret_files": [],
        "migration": None,
        "depends_on": [],
    } | changes


def model(*services: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "shop",
        "environment": "demo",
        "paths": {"secrets": "/run/shop/secrets", "releases": "/opt/shop/releases"},
        "groups": {"app": ["one"]},
        "services": list(services),
    }


PLATFORM = model(service("api"), service("beat", "scheduler"))
IMAGES = {"api": "shop/api:1", "beat": "shop/beat:1"}
DEPLOY = {"by": "jane@laptop"}


def release(platform: dict[str, Any], images: dict[str, str], current: dict[str, Any] | None = None) -> dict[str, Any]:
    return plan.build_record(platform, "r1", plan.plan_services(platform, images, current), current, DEPLOY, None)


def test_the_first_release_adds_every_service_in_the_first_slot() -> None:
    services = plan.plan_services(PLATFORM, IMAGES, None)
    assert {name: (s["action"], s["slot"]) for name, s in services.items()} == {
        "api": ("add", "blue"),
        "beat": ("add", "blue"),
    }
    assert services["api"]["ports"] == [18000, 18001]
    assert services["api"]["project"] == "shop-api-blue"


def test_the_same_content_is_no_new_release() -> None:
    services = plan.plan_services(PLATFORM, IMAGES, release(PLATFORM, IMAGES))
    assert not plan.is_new_release(services)


def test_a_renewed_service_gets_fresh_containers_in_the_other_slot() -> None:
    services = plan.plan_services(PLATFORM, IMAGES, release(PLATFORM, IMAGES), ["api"])
    assert services["api"]["action"] == "replace"
    assert services["api"]["slot"] == "green"


def test_another_image_goes_to_the_other_slot_and_leaves_the_rest_alone() -> None:
    services = plan.plan_services(PLATFORM, IMAGES | {"api": "shop/api:2"}, release(PLATFORM, IMAGES))
    assert (services["api"]["action"], services["api"]["slot"], services["api"]["previous"]["slot"]) == (
        "replace",
        "green",
        "blue",
    )
    assert services["beat"]["action"] == "keep"
    assert [plan.is_new(service) for service in (services["api"], services["beat"], None)] == [True, False, False]


def test_the_slots_alternate() -> None:
    second = release(PLATFORM, IMAGES | {"api": "shop/api:2"}, release(PLATFORM, IMAGES))
    third = plan.plan_services(PLATFORM, IMAGES | {"api": "shop/api:3"}, second)
    assert third["api"]["slot"] == "blue"


def test_a_service_that_is_gone_is_removed() -> None:
    services = plan.plan_services(model(service("api")), IMAGES, release(PLATFORM, IMAGES))
    assert services["beat"]["action"] == "remove"
    assert "beat" not in release(model(service("api")), IMAGES, release(PLATFORM, IMAGES))["services"]


def test_an_image_of_a_registry_is_taken_as_it_is() -> None:
    digest = "mail@sha256:" + "0" * 64
    services = plan.plan_services(model(service("mail", build=None, image=digest)), {}, None)
    assert services["mail"]["image"] == digest


def test_a_record_names_what_it_follows_and_is_equal_for_equal_content() -> None:
    first = release(PLATFORM, IMAGES)
    again = plan.build_record(PLATFORM, "r2", plan.plan_services(PLATFORM, IMAGES, first), first, DEPLOY, None)
    assert (first["previous"], again["previous"], first["state"]) == (None, "r1", "staged")
    assert first["configuration_hash"] == again["configuration_hash"]


@pytest.mark.parametrize("renewed", [False, True], ids=["deploy", "made from an earlier release"])
def test_a_record_knows_the_schema_of_code_that_is_not_new(renewed: bool) -> None:
    first = {**release(PLATFORM, IMAGES), "migrations": {"api": {"before": [], "after": ["1"]}}}
    older = {**first, "migrations": {"api": {"before": [], "after": ["0"]}}}
    services = plan.plan_services(PLATFORM, IMAGES, first, renew=["api"] if renewed else [])
    record = plan.build_record(PLATFORM, "r2", services, first, DEPLOY, older if renewed else None)
    revision = ["0"] if renewed else ["1"]
    assert record["migrations"] == {"api": {"before": revision, "after": revision}}


def test_a_record_knows_no_schema_of_code_that_is_new() -> None:
    first = {**release(PLATFORM, IMAGES), "migrations": {"api": {"before": [], "after": ["1"]}}}
    services = plan.plan_services(PLATFORM, {**IMAGES, "api": "shop/api:2"}, first)
    assert plan.build_record(PLATFORM, "r2", services, first, DEPLOY, None)["migrations"] == {}


def test_a_record_of_a_newer_version_is_refused() -> None:
    assert plan.check_schema(None, "/r.json") is None
    assert plan.check_schema({"schema": 1}, "/r.json") == {"schema": 1}
    with pytest.raises(StewardError, match=r"/r.json has schema 2, this version reads up to 1"):
        plan.check_schema({"schema": 2}, "/r.json")


@pytest.mark.parametrize(
    ("current", "heads", "target"),
    [(["1"], ["1"], None), (["1"], ["2"], "2"), ([], ["2"], "2")],
    ids=["there", "behind", "empty"],
)
def test_a_migration_goes_to_the_only_head(current: list[str], heads: list[str], target: str | None) -> None:
    assert plan.plan_migration("api", current, heads) == target


@pytest.mark.parametrize(("heads", "said"), [([], r"0 heads \(none\)"), (["2", "3"], r"2 heads \(2, 3\)")])
def test_no_single_head_is_refused(heads: list[str], said: str) -> None:
    with pytest.raises(StewardError, match=said):
        plan.plan_migration("api", ["1"], heads)


def test_servers_of_several_hosts_carry_the_host() -> None:
    services = {"api": {"kind": "web", "slot": "green", "replicas": 1}, "beat": {"kind": "scheduler"}}
    assert plan.active_servers(services, ["a"]) == {"api": ["green-1"]}
    assert plan.active_servers(services, ["a", "b"]) == {"api": ["a-green-1", "b-green-1"]}


def test_an_image_that_several_services_run_is_named_once() -> None:
    records = [
        {"services": {"api": {"image_id": "b"}, "worker": {"image_id": "b"}}},
        {"services": {"api": {"image_id": "a"}}},
    ]
    assert plan.image_ids(records) == ["a", "b"]


@pytest.mark.parametrize(
    ("host", "hosts", "left"),
    [
        ("a", ["a", "a-blue", "b"], ["a-blue-blue-1", "b-green-1"]),
        ("", ["a", "a-blue", "b"], ["a-blue-1", "a-blue-blue-1", "b-green-1"]),
        ("a", ["a"], ["a-blue-1", "a-blue-blue-1", "b-green-1"]),
    ],
    ids=["all but its own", "nobody is out", "the only one stays"],
)
def test_a_host_out_of_the_traffic_has_no_servers(host: str, hosts: list[str], left: list[str]) -> None:
    assert plan.other_servers({"api": ["a-blue-1", "a-blue-blue-1", "b-green-1"]}, host, hosts) == {"api": left}


def staging_parameters(**changes: Any) -> dict[str, Any]:
    return {"platform": PLATFORM, "images": IMAGES, "release": "r2", "schedulers": True, "renew": []} | changes


def world(current: dict[str, Any] | None, *running: str) -> dict[str, Any]:
    containers = [Container(f"{name}-1", "i", "sha256:i", name, "", "", "running", "", 0, 0) for name in running]
    return {"current": current, "containers": containers}


def test_staging_tells_what_an_interrupted_run_left() -> None:
    current = release(PLATFORM, IMAGES)
    serving = current["services"]["api"]["project"]
    assert staging.plan(staging_parameters(), world(current, serving, "shop-api-left")).facts["strays"] == [
        "shop-api-left"
    ]
    assert staging.plan(staging_parameters(), world(None, "shop-api-left")).facts["strays"] == ["shop-api-left"]


def test_staging_shows_what_differs_service_by_service() -> None:
    wanted = staging.plan(staging_parameters(images=IMAGES | {"api": "shop/api:2"}), world(release(PLATFORM, IMAGES)))
    (change,) = wanted.changes
    assert (change.action, change.subject) == ("stage", "/opt/shop/releases/r2")
    assert re.search(r"api: shop/api:1, .* in blue", change.before)
    assert re.search(r"api: shop/api:2, .* in green", change.after)
    assert wanted.facts["active_servers"] == {"api": ["green-1", "green-2"]}


def test_staging_the_same_content_changes_nothing() -> None:
    wanted = staging.plan(staging_parameters(), world(release(PLATFORM, IMAGES)))
    assert not wanted.changed
    assert wanted.facts["previous"] == "r1"


def test_schedulers_are_on_one_host_only() -> None:
    wanted = staging.plan(staging_parameters(schedulers=False), world(None))
    assert list(wanted.facts["services"]) == ["api"]


def test_a_record_is_completed_once() -> None:
    parameters = {"release": "r1", "entries": {"note": "x"}}
    assert staging.plan_record(parameters, {"note": "y"}).changes[0].data == {"note": "x"}
    assert not staging.plan_record(parameters, {"note": "x"}).changed
