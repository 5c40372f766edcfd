# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.containers.parse import Container
from ansible_collections.steward.platform.plugins.module_utils.release.migration import plan as migration
from ansible_collections.steward.platform.plugins.module_utils.release.slots.plan import serving_endpoints, starting
from ansible_collections.steward.platform.plugins.module_utils.release.switch.plan import PLANS, plan
from ansible_collections.steward.platform.plugins.module_utils.release.trial.plan import scratch_url, trials


def planned(action: str, kind: str = "web", slot: str = "green", **changes: Any) -> dict[str, Any]:
    service: dict[str, Any] = {
        "action": action,
        "kind": kind,
        "project": f"shop-{kind}-{slot}",
        "ports": [18008] if kind == "web" else [],
        "ready_path": "/ready" if kind == "web" else "",
        "stop_grace": 30,
        "replicas": 1,
        "depends_on": [],
        "previous": None,
    }
    if action in ("replace", "remove"):
        service["previous"] = planned("add", kind, "blue")
    return service | changes


SERVICES = {
    "api": planned("replace"),
    "jobs": planned("add", "worker", depends_on=["api"]),
    "beat": planned("replace", "scheduler"),
}


def steps(
    state: str,
    services: dict[str, Any] | None = None,
    world: dict[str, Any] | None = None,
    hand_over: bool = False,
) -> list[tuple[str, str]]:
    parameters = {
        "state": state,
        "platform": {"name": "shop", "paths": {"releases": "/opt/shop/releases", "current": "/opt/shop/current"}},
        "release": "r2",
        "previous": "r1",
        "services": SERVICES if services is None else services,
        "hand_over": hand_over,
    }
    return [
        (change.action, change.subject)
        for change in plan(
            parameters, world or {"current": {"id": "r1", "origin": {"kind": "deploy", "release": ""}}}
        ).changes
    ]


def test_new_slots_start_without_the_scheduler() -> None:
    assert steps("started") == [("start", "shop-web-green"), ("start", "shop-worker-green")]


@pytest.mark.parametrize(("action", "waves"), [("add", [["api"], ["jobs"]]), ("replace", [["api", "jobs"]])])
def test_only_a_service_that_nobody_serves_yet_is_waited_for(action: str, waves: list[list[str]]) -> None:
    services = {"api": planned(action), "jobs": planned("replace", "worker", depends_on=["api"])}
    assert [[slot.service for slot in wave] for wave in starting(services, "/r")] == waves


def test_the_old_scheduler_stops_before_the_new_one_starts() -> None:
    assert steps("handed_over") == [("stop", "shop-scheduler-blue"), ("start", "shop-scheduler-green")]


def test_where_nothing_is_watched_the_scheduler_is_handed_over_at_once() -> None:
    assert steps("started", hand_over=True) == steps("started") + steps("handed_over")


def test_a_release_is_committed_once() -> None:
    assert steps("committed") == [("publish", "/opt/shop/current")]
    assert steps("committed", world={"current": None}) == [("publish", "/opt/shop/current")]
    assert steps("committed", world={"current": {"id": "r2"}}) == []


def test_what_somebody_went_back_from_is_kept_to_be_looked_at() -> None:
    after = {"current": {"id": "r2", "origin": {"kind": "rollback", "release": "r0"}}}
    assert steps("retired", world=after)[0] == ("keep words", "r1")
    assert steps("retired", {"api": planned("add")}, after) == []


def test_everything_replaced_is_retired() -> None:
    services = SERVICES | {"gone": planned("remove", "worker")}
    assert steps("retired", services) == [
        ("stop", "shop-web-blue"),
        ("stop", "shop-scheduler-blue"),
        ("stop", "shop-worker-blue"),
    ]


def test_a_withdrawn_release_stops_and_the_old_scheduler_comes_back() -> None:
    assert steps("withdrawn") == [
        ("fail", "r2"),
        ("stop", "shop-web-green"),
        ("stop", "shop-worker-green"),
        ("stop", "shop-scheduler-green"),
        ("start", "shop-scheduler-blue"),
    ]


def container(project: str, state: str = "running") -> Container:
    return Container(f"{project}-1", "i", "sha256:i", project, "", "", state, "", 0, 0)


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([container("shop-web-green")], []),
        ([], [("start", "shop-web-green")]),
        ([container("shop-web-green", "exited")], [("start", "shop-web-green")]),
        ([container("shop-web-green"), container("shop-web-blue")], [("stop", "shop-web-blue")]),
        ([container("shop-web-green"), container("shop-web-blue", "exited")], []),
    ],
    ids=["as the ledger says", "absent", "dead", "a stray", "a retired one"],
)
def test_the_ledger_decides_what_runs(containers: list[Container], expected: list[tuple[str, str]]) -> None:
    world = {"current": {"id": "r1", "services": {"api": planned("keep")}}, "containers": containers}
    assert steps("serving", {}, world) == expected


@pytest.mark.parametrize(("action", "expected"), [("keep", [("start", "shop-web-green")]), ("replace", [])])
def test_what_is_about_to_be_replaced_is_not_started_again(action: str, expected: list[tuple[str, str]]) -> None:
    world = {"current": {"id": "r1", "services": {"api": planned("keep")}}, "containers": []}
    assert steps("serving", {"api": planned(action)}, world) == expected


def test_the_replicas_of_a_release_answer_at_its_ports() -> None:
    services = {"api": planned("keep", ports=[18000, 18001]), "jobs": planned("keep", "worker")}
    assert serving_endpoints(services, "10.0.0.1") == {"10.0.0.1:18000", "10.0.0.1:18001"}


def test_before_the_first_release_nothing_is_to_run() -> None:
    assert steps("serving", world={"current": None, "containers": []}) == []


def test_every_state_has_a_plan() -> None:
    assert set(PLANS) == {"started", "handed_over", "committed", "retired", "withdrawn", "serving"}


def test_only_databases_that_are_behind_are_migrated() -> None:
    world = {
        "api": {"before": ["1"], "after": ["2"], "target": "2"},
        "web": {"before": [], "after": ["2"], "target": None},
    }
    wanted = migration.plan({"release": "r2"}, world)
    migrate, note = wanted.changes
    assert (migrate.action, migrate.subject, migrate.before, migrate.after) == ("migrate", "api", "1", "2")
    assert (note.action, note.subject, note.after) == ("note", "r2", "api 2\nweb 2")
    assert note.data == wanted.facts["migrations"]
    assert wanted.facts["migrations"]["web"] == {"before": [], "after": ["2"]}
    assert migration.show([]) == "nothing"
    assert not migration.plan({"release": "r2"}, {}).changed


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("postgresql://u:p@db:5432/orders?sslmode=x", "postgresql://u:p@db:5432/scratch?sslmode=x"),
        ("postgresql://u:p@db:5432/other", "postgresql://u:p@db:5432/other"),
        ("rediss://u:p@cache:6379/0", "rediss://u:p@cache:6379/0"),
        ("/orders", "/orders"),
        ("orders", "orders"),
    ],
)
def test_only_the_url_of_a_migrated_database_becomes_its_scratch_copy(secret: str, expected: str) -> None:
    assert scratch_url(secret, {"orders": "scratch"}) == expected


def test_each_new_image_is_tried_and_a_shared_check_runs_once() -> None:
    def service(name: str, kind: str, checks: list[list[str]]) -> dict[str, Any]:
        return {"name": name, "kind": kind, "checks": checks, "migration": None}

    services = [
        service("web", "web", [["a"]]),
        service("jobs", "worker", [["a"]]),
        service("beat", "scheduler", [["b"]]),
    ]
    named = [service["name"] for service in [*services, service("old", "web", [])]]
    planned_services = {name: {"action": "add", "image": "shop/api:1"} for name in named} | {"old": {"action": "keep"}}
    tried = trials([*services, service("old", "web", [])], planned_services)
    assert [(service["name"], service["checks"]) for service, dummy in tried] == [("web", [["a"]]), ("beat", [["b"]])]
