# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.redis.figures import (
    describe_events,
    describe_slow,
    summarise,
    summarise_times,
)
from ansible_collections.steward.platform.plugins.module_utils.redis.insight.plan import (
    count_keys,
    find_instance,
    refuse_flush,
)
from ansible_collections.steward.platform.plugins.module_utils.redis.insight.report import (
    render_info,
    render_keys,
    render_latency,
)

RECORDINGS = Path(__file__).parent / "recordings/redis-8.0"
INFO = {name: json.loads((RECORDINGS / f"info_{name}.json").read_text()) for name in ("cache", "queue")}
CACHE = {"name": "cache", "port": 6379, "eviction": "allkeys-lru", "persistent": False,
         "uses": [{"service": "api", "use": "cache", "database": 0}]}  # fmt: skip
USES = [("api", "broker", 1), ("job", "broker", 1), ("api", "cache", 2)]
QUEUE = {"name": "queue", "port": 6380, "eviction": "noeviction", "persistent": True,
         "uses": [{"service": name, "use": use, "database": number} for name, use, number in USES]}  # fmt: skip
BOTH = [CACHE, QUEUE]


def test_figures_of_a_recorded_cache() -> None:
    said = summarise(INFO["cache"])
    assert said["role"] == "master"
    assert said["memory"]["maximum"] == 64 * 2**20
    assert said["eviction"] == {"policy": "allkeys-lru", "keys": 0}
    assert said["persistence"] == {
        "append_only_file": False, "last_write": "ok", "rewriting": False, "loading": False,
    }  # fmt: skip
    assert said["databases"] == {"0": {"keys": 50, "expiring": 1}, "3": {"keys": 1, "expiring": 0}}
    assert said["lookups"] == {"hits": 3, "misses": 1, "hit_rate": 0.75}
    assert count_keys(said) == 51


def test_figures_before_anybody_asked_have_no_hit_rate() -> None:
    said = summarise({**INFO["queue"], "keyspace_hits": 0, "keyspace_misses": 0})
    assert said["lookups"]["hit_rate"] is None
    assert said["persistence"]["append_only_file"] is True


def test_table_of_figures() -> None:
    rows = [
        {"name": "cache", **summarise(INFO["cache"])},
        {"name": "queue", **summarise({**INFO["queue"], "keyspace_hits": 0, "keyspace_misses": 0, "maxmemory": 0})},
    ]
    for row in rows[1:]:
        row["databases"] = {}
    lines = render_info(rows).splitlines()
    assert "75.0%" in lines[1]
    assert "50 in 0, 1 in 3" in lines[1]
    assert "none kept" in lines[1]
    assert "of unlimited" in lines[2]
    assert "none asked" in lines[2]
    assert lines[2].endswith("none")
    assert render_keys({"databases": {}}) == ""


def test_times_are_of_real_samples() -> None:
    assert summarise_times([5.0]) == {"p50_ms": 5.0, "p95_ms": 5.0, "max_ms": 5.0}
    assert summarise_times([float(number) for number in range(100, 0, -1)]) == {
        "p50_ms": 50.0, "p95_ms": 95.0, "max_ms": 100.0,
    }  # fmt: skip


def test_slow_commands_are_shown_up_to_their_key() -> None:
    entries = [
        {"start_time": 1795442400, "duration": 12500, "command": b"SET session:1 somebody's data"},
        {"start_time": 1795442401, "duration": 9, "command": "KEYS *"},
    ]
    assert [entry["command"] for entry in describe_slow(entries)] == ["SET session:1 …", "KEYS *"]
    assert describe_slow(entries)[0]["milliseconds"] == 12.5


def test_latency_tables_show_only_what_there_is() -> None:
    quiet = {"name": "cache", "samples": 3, "round_trips": summarise_times([0.1, 0.2, 0.3]), "events": [], "slow": []}
    assert render_latency([quiet]).splitlines()[1].split() == ["cache", "3", "0.20", "ms", "0.30", "ms", "0.30", "ms"]
    events = describe_events([["command", 1795442400, 250, 900, 1150, 2]])
    slow = describe_slow([{"start_time": 1795442400, "duration": 12500, "command": "KEYS *"}])
    text = render_latency([{**quiet, "events": events, "slow": slow}])
    assert "command  2026-11-23T14:00:00Z  250 ms     900 ms" in text
    assert "12.5 ms  KEYS *" in text


@pytest.mark.parametrize(
    ("instances", "name", "found"), [(BOTH, "queue", QUEUE), ([CACHE], None, CACHE)], ids=["named", "the only one"]
)
def test_an_instance_is_found(instances: list[dict[str, Any]], name: str | None, found: dict[str, Any]) -> None:
    assert find_instance(instances, name) == found


@pytest.mark.parametrize(
    ("instances", "name", "said"),
    [
        (BOTH, "cash", "INSTANCE is 'cash', allowed is: cache, queue"),
        (BOTH, None, "INSTANCE is missing, allowed is: cache, queue"),
        ([], "cache", "allowed is: nothing, this host has none"),
    ],
)
def test_an_unknown_instance_is_refused(instances: list[dict[str, Any]], name: str | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_instance(instances, name)


@pytest.mark.parametrize(
    ("instance", "policy", "said"),
    [
        pytest.param(QUEUE, "noeviction", "holds broker of api, broker of job; allowed is: cache", id="a queue"),
        pytest.param({**CACHE, "uses": [{"service": "web", "use": "session"}]}, "allkeys-lru",
                     "it holds session of web", id="sessions"),
        pytest.param({**QUEUE, "uses": []}, "noeviction", "its eviction policy is noeviction", id="used by nobody"),
        pytest.param(CACHE, "noeviction", "its eviction policy is noeviction", id="the server was told otherwise"),
        pytest.param({**CACHE, "persistent": True, "uses": None}, "allkeys-lru", "it is persistent", id="persistent"),
        pytest.param({**CACHE, "eviction": None}, "allkeys-lru", "its purpose is not known here", id="unknown purpose"),
    ],
)  # fmt: skip
def test_what_must_stay_is_not_flushed(instance: dict[str, Any], policy: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        refuse_flush(BOTH, instance, policy)


def test_where_nothing_may_be_flushed_it_is_said() -> None:
    with pytest.raises(InputError, match="allowed is: none"):
        refuse_flush([QUEUE], QUEUE, "noeviction")


def test_a_cache_may_be_flushed() -> None:
    refuse_flush(BOTH, CACHE, "allkeys-lru")
