# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.plan import Plan
from ansible_collections.steward.platform.plugins.module_utils.director.model import parse_wish
from ansible_collections.steward.platform.plugins.module_utils.director.plan import (
    World,
    kept_active,
    plan_director,
    settle_files,
)

from .samples import EMPTY, options, service_options, text, wish, world

FILE = "/etc/haproxy/services/shop.cfg"
MOVED = [
    {"name": "blue-1", "address": "10.0.0.1", "port": 18100},
    {"name": "green-1", "address": "10.0.0.1", "port": 18108},
]


def steps(plan: Plan) -> list[tuple[str, str]]:
    return [(change.action, change.subject) for change in plan.changes]


def test_nothing_differs() -> None:
    present = world(wish(), shop=("blue-1",))
    for asked in (wish(), wish(active=["blue-1"])):
        plan = plan_director(asked, present)
        assert not plan.changed
        assert plan.facts == {
            "active": {"shop": ["blue-1"]},
            "moves": [],
            "reloaded": False,
            "remaining_sessions": {},
        }


def test_a_move_admits_then_writes_then_retires() -> None:
    plan = plan_director(wish(active=["green-1"]), world(wish(), shop=("blue-1",)))
    assert steps(plan) == [("admit", "shop"), ("write", FILE), ("retire", "shop")]
    admit, write, retire = plan.changes
    assert (admit.before, admit.after) == ("shop: green-1 maint", "shop: green-1 ready")
    assert (retire.before, retire.after) == ("shop: blue-1 ready", "shop: blue-1 maint")
    assert write.after == text(wish().services[0], "green-1")
    assert admit.data["servers"] == [
        {"service": "shop", "server": "green-1", "endpoint": "10.0.0.1:18008", "path": "/health/ready"}
    ]
    assert plan.facts["moves"] == ["shop: blue-1 ready → maint, green-1 maint → ready"]
    assert not plan.facts["reloaded"]


def test_a_move_on_trial_leaves_the_file_until_it_is_confirmed() -> None:
    asked, serving = wish(active=["green-1"]), world(wish(), shop=("blue-1",))
    trial = plan_director(asked, serving, persistent=False)
    assert steps(trial) == [("admit", "shop"), ("retire", "shop")]
    moved = replace(serving, states={"shop": {"blue-1": "maint", "green-1": "ready"}})
    assert not plan_director(asked, moved, persistent=False).changed
    assert steps(plan_director(asked, moved)) == [("write", FILE)]
    assert steps(plan_director(asked, serving)) == steps(plan_director(asked, serving, persistent=True))


@pytest.mark.parametrize(
    ("address", "serving", "named"),
    [
        ("10.0.0.1", {"10.0.0.1:18008"}, ("green-1",)),
        ("10.0.0.1", {"10.0.0.1:18000"}, None),
        ("10.0.0.1", set(), ()),
        ("10.0.0.2", set(), None),
    ],
    ids=["the other serves", "the same serves", "none serves", "servers of another host stay"],
)
def test_a_host_that_starts_names_what_serves(address: str, serving: set[str], named: tuple[str, ...] | None) -> None:
    files = world(wish(), shop=("blue-1",)).files
    settled = settle_files(files, address, serving)
    assert settled == ({} if named is None else {"shop": text(wish().services[0], *named)})


def test_a_server_with_an_address_of_version_6_is_recognised() -> None:
    place = {"name": "blue-1", "address": "fd90::1", "port": 18000}
    files = world(wish(servers=[place])).files
    assert " disabled" in files["shop"]
    settled = settle_files(files, "fd90::1", {"[fd90::1]:18000"})
    assert " disabled" not in settled["shop"]


def test_all_services_are_admitted_before_any_is_retired() -> None:
    both = [service_options(), service_options(name="other", entry_port=8002)]
    present = world(parse_wish(options(services=both)), shop=("blue-1",), other=("blue-1",))
    moved = parse_wish(options(services=[{**each, "active": ["green-1"]} for each in both]))
    actions = [action for action, dummy in steps(plan_director(moved, present))]
    assert actions == ["admit", "admit", "write", "write", "retire", "retire"]


def test_a_new_service_is_loaded_with_nobody_active_and_then_admitted() -> None:
    plan = plan_director(wish(active=["blue-1"]), EMPTY)
    assert steps(plan) == [("stage", FILE), ("reload", "haproxy"), ("admit", "shop"), ("write", FILE)]
    stage, reload, _between, write = plan.changes
    assert stage.after == text(wish().services[0])
    assert write.before == stage.after
    assert reload.data["probes"] == []
    assert set(reload.data["fingerprints"]) == {"shop"}
    assert plan.facts["reloaded"]


def test_a_service_that_is_gone_is_removed() -> None:
    present = world(wish(), shop=("blue-1",))
    plan = plan_director(parse_wish(options(services=[])), present)
    assert steps(plan) == [("remove", FILE), ("reload", "haproxy")]
    assert plan.changes[0].before == present.files["shop"]


def test_a_reload_that_did_not_happen_is_made_up_for() -> None:
    present = world(wish(), shop=("blue-1",))
    plan = plan_director(wish(), replace(present, fingerprints={"shop": "other"}))
    assert steps(plan) == [("reload", "haproxy")]
    gone = plan_director(parse_wish(options(services=[])), replace(present, files={}))
    assert steps(gone) == [("reload", "haproxy")]


def test_a_file_that_was_not_written_to_its_end_is_written() -> None:
    present = world(wish(), shop=("blue-1",))
    plan = plan_director(wish(), replace(present, files={"shop": text(wish(entry_port=9).services[0], "blue-1")}))
    assert steps(plan) == [("write", FILE)]


def test_states_that_differ_from_the_file_follow_it() -> None:
    present = world(wish(), {"shop": {"blue-1": "drain", "green-1": "ready"}}, shop=("blue-1",))
    plan = plan_director(wish(), present)
    assert steps(plan) == [("admit", "shop"), ("retire", "shop")]
    assert plan.facts["moves"] == ["shop: blue-1 drain → ready, green-1 ready → maint"]


def test_the_hosts_health_is_a_file_of_its_own() -> None:
    asked = parse_wish(options(health_port=8404))
    plan = plan_director(asked, world(wish(), shop=("blue-1",)))
    assert steps(plan) == [("stage", "/etc/haproxy/services/steward-health.cfg"), ("reload", "haproxy")]
    assert not plan_director(asked, world(asked, shop=("blue-1",))).changed


def test_a_service_without_places_is_possible() -> None:
    asked = wish(servers=[])
    assert not plan_director(asked, world(asked, {})).changed


def test_who_serves_is_recognised_by_address_then_by_name() -> None:
    present = world(wish(), shop=("blue-1",))
    renamed = [{**each, "name": f"app1-{each['name']}"} for each in service_options()["servers"]]
    assert kept_active(wish(servers=renamed).services[0], present) == ["app1-blue-1"]
    assert kept_active(wish(servers=MOVED).services[0], present) == ["blue-1"]
    swapped = [
        {"name": "green-1", "address": "10.0.0.1", "port": 18000},
        {"name": "blue-1", "address": "10.0.0.1", "port": 18008},
    ]
    assert kept_active(wish(servers=swapped).services[0], present) == ["green-1"]


def test_without_a_file_who_serves_is_what_runs() -> None:
    present = World(files={}, fingerprints={}, states={"shop": {"blue-1": "maint", "green-1": "ready"}})
    assert kept_active(wish().services[0], present) == ["green-1"]
    assert kept_active(wish().services[0], EMPTY) == []


def test_a_place_that_serves_and_moves_is_probed_before_the_reload() -> None:
    plan = plan_director(wish(servers=MOVED), world(wish(), shop=("blue-1",)))
    reload = next(change for change in plan.changes if change.action == "reload")
    assert [probe["endpoint"] for probe in reload.data["probes"]] == ["10.0.0.1:18100"]
    renamed = [{**each, "name": f"app1-{each['name']}"} for each in service_options()["servers"]]
    plan = plan_director(wish(servers=renamed), world(wish(), shop=("blue-1",)))
    assert next(change for change in plan.changes if change.action == "reload").data["probes"] == []
