# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.recovery import estimate, plan

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def part(name, engine="restic", size=64_000_000, finished="2026-11-28T02:00:10Z", **more):
    return {"part": name, "engine": engine, "id": f"{name}-id", "finished": finished, "size": size, **more}


DETAILS = {"timeline": 1, "lsn_start": "0/3000028", "lsn_stop": "0/3000138"}
DATABASE = part("postgresql", "pgbackrest", 580_000_000, details=DETAILS)
SETS = [
    {"id": "20261128_010000", "finished": "2026-11-28T01:00:10Z",
     "parts": [part("configuration", finished="2026-11-28T01:00:10Z")]},
    {"id": "20261128_020000", "finished": "2026-11-28T02:01:00Z",
     "parts": [part("redis-queue"), part("application_data"), DATABASE, part("openbao"), part("logs"),
               part("configuration")]},
]  # fmt: skip
WAL = {"runs": [{"timeline": 1, "first": "000000010000000000000002", "last": "000000010000000000000009",
                 "until": "2026-11-28T11:58:00Z"}]}  # fmt: skip
GIVEN = {
    "platform": "shop", "scope": "full_system", "source": "", "target": "latest", "target_type": "", "zone": "UTC",
    "timeline": 0, "method": "beside", "repositories": ["main"], "sets": SETS, "wal": WAL, "evidence": [],
    "services": ["api", "worker"], "free": None,
}  # fmt: skip


def make(**changed):
    given = {**GIVEN, **changed}
    before = copy.deepcopy(given)
    document = plan.plan_recovery(given, NOW)
    assert given == before
    return document


def steps(document):
    keys = [step["key"] for step in document["steps"]]
    assert len(set(keys)) == len(keys)
    return keys


def test_the_whole_system_in_order():
    document = make()
    assert [row["part"] for row in document["parts"]] == [
        "configuration", "openbao", "postgresql", "redis-queue", "application_data",
    ]  # fmt: skip
    order = steps(document)
    fence = order.index("fence")
    assert {"restore_beside postgresql", "restore_beside redis-queue"} <= set(order[:fence])
    assert order[fence + 1 : fence + 7] == [
        "switch configuration", "switch openbao", "safety_copy postgresql", "switch postgresql", "verify postgresql",
        "switch redis-queue",
    ]  # fmt: skip
    assert order[-4:] == ["erasures", "release", "backup postgresql", "accept"]


def test_nothing_stops_before_all_that_may_fail_is_over():
    down = [step["down"] for step in make()["steps"]]
    first, last = down.index(True), len(down) - 1 - down[::-1].index(True)
    assert all(down[first : last + 1])
    assert first > 5


def test_what_it_says():
    document = make(scope="database")
    assert document["scope"] == "database_only"
    assert document["restores_to"] == "2026-11-28T11:58:00Z"
    assert document["lost_seconds"] == 120
    assert document["stops"] == ["api", "worker"]
    assert document["kept"] == ["postgresql"]
    assert document["confirm"] == "shop-20261128_020000"
    assert document["space"] == 638_000_000
    assert document["down_seconds"] == 10 + 5 + 10 + 1 + 5 + 5 + 5 + 15
    assert document["text"].splitlines()[0] == (
        "Recovery of shop: database_only to 2026-11-28T11:58:00Z; what came in the 2m 0s after it is lost."
    )
    assert "Stops: api, worker, for about 56s." in document["text"]
    assert "confirm with: shop-20261128_020000" in document["text"]


def test_a_time_decides_over_all_parts():
    early = [{**SETS[1], "id": "20261127_020000", "parts": [part(row["part"], finished="2026-11-27T02:00:10Z")
              for row in SETS[1]["parts"] if row["part"] != "postgresql"]}]  # fmt: skip
    late = [{**SETS[1], "parts": [*SETS[1]["parts"][2:3], part("redis-queue", finished="2026-11-28T02:00:50Z")]}]
    document = make(target="2026-11-28 02:00:30", sets=[*early, *late])
    assert {row["part"]: row["set"] for row in document["parts"]} == {
        "configuration": "20261127_020000", "openbao": "20261127_020000", "postgresql": "20261128_020000",
        "redis-queue": "20261127_020000", "application_data": "20261127_020000",
    }  # fmt: skip


def test_a_part_whose_first_backup_is_younger_stays_as_it_is():
    late = {**SETS[1], "parts": [*SETS[1]["parts"], part("redis-cache", finished="2026-11-28T03:00:00Z")]}
    document = make(target="2026-11-28 02:30:00", sets=[late])
    assert document["left_out"] == ["redis-cache"]
    assert "redis-cache" not in {row["part"] for row in document["parts"]}
    assert "Stays as it is, its first backup is younger: redis-cache.\n" in document["text"]
    assert "Stays" not in make()["text"]


@pytest.mark.parametrize(
    ("target", "sets"),
    [pytest.param("2026-11-28 01:30:00", {"20261128_010000"}, id="the newest set before it"),
     pytest.param("latest", {"20261128_020000"}, id="the newest")],
)  # fmt: skip
def test_files_are_of_a_set(target, sets):
    document = make(scope="config", target=target)
    assert {row["set"] for row in document["parts"]} == sets
    assert "backup postgresql" not in steps(document)


def test_into_the_live_directory():
    document = make(scope="database", method="delta")
    assert steps(document)[2:8] == [
        "fence", "safety_copy postgresql", "stop postgresql", "restore_delta postgresql",
        "start postgresql", "verify postgresql",
    ]  # fmt: skip
    assert (document["kept"], document["space"]) == ([], 0)
    assert "nothing, it cannot be undone" in document["text"]
    assert "accept" not in steps(document)
    assert make(method="delta")["kept"] == ["configuration", "openbao", "redis-queue", "application_data"]


def test_databases_that_are_dumps_are_refused():
    dumped = [{**SETS[1], "parts": [part("postgresql", "pgdump"), part("openbao")]}]
    with pytest.raises(
        InputError, match="the databases of these sets are dumps, allowed is: a physical backup"
    ) as raised:
        make(sets=dumped, wal={})
    assert "pgdump_restore" in raised.value.hint
    assert make(scope="config", sets=[*SETS, *dumped])["parts"]


def test_seconds_are_measured_where_they_were():
    records = [
        {"part": "postgresql", "size": 100_000_000 * rate, "seconds": {"restore": 1}, "finished": f"2026-11-2{rate}"}
        for rate in range(1, 8)
    ]
    document = make(scope="database", evidence=[*records, {**records[0], "size": 0}, {**records[0], "part": "x"}])
    found = {step["id"]: (step["seconds"], step["basis"]) for step in document["steps"]}
    assert found["restore_beside"] == (31.2, "measured: 500 MB/s")
    assert found["switch"] == (16, "default")
    assert {step["basis"] for step in make()["steps"] if step["id"] == "restore_beside"} == {
        "default: 58 MB/s", "default: 32 MB/s",
    }  # fmt: skip
    assert estimate.measured_rate([], "postgresql") == 0


def test_room_is_seen_to_before():
    make(scope="database", free=638_000_000)
    make(scope="database", free=0, method="delta")
    with pytest.raises(InputError, match=r"free is 572 MB, but restoring beside what is there takes 608 MB"):
        make(scope="database", free=600_000_000)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"sets": []}, "sets is empty", id="no backup"),
        pytest.param({"method": "x"}, "method is 'x', allowed is one of: beside, delta", id="an unknown method"),
        pytest.param({"target_type": "x"}, "target_type is 'x', allowed is one of: latest", id="an unknown target"),
        pytest.param({"source": "20260101_000000"}, "not in the catalogue; the newest are: 20261128_020000, 2026",
                     id="an unknown set"),
        pytest.param({"source": "20261128_010000", "scope": "database"}, "the set 20261128_010000 holds none of its",
                     id="a set without the database"),
        pytest.param({"sets": [{"id": "a", "finished": "", "parts": [part("logs")]}]}, "any set holds none",
                     id="no part of the scope"),
        pytest.param({"scope": "config", "target": "2026-11-28 00:30:00"}, "the part configuration is not in any set",
                     id="before the first set"),
        pytest.param({"scope": "config", "target": "0/1"}, "target is lsn 0/1, allowed with scope=configuration",
                     id="a place without a database"),
    ],
)  # fmt: skip
def test_what_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        make(**changed)


def test_a_set_that_is_named_is_taken():
    document = make(source="20261128_010000", scope="emergency")
    assert [(row["part"], row["set"]) for row in document["parts"]] == [("configuration", "20261128_010000")]


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        pytest.param("20261128_020000", "", "immediate", id="a set is what is in it"),
        pytest.param("20261128_020000", "latest", "latest", id="a set is where replay begins"),
        pytest.param("", "", "latest", id="a repository"),
        pytest.param("main", "", "latest", id="a repository by its name"),
    ],
)
def test_who_names_a_set_means_its_content(source, target, kind):
    document = make(source=source, target=target)
    assert document["target"]["type"] == kind
    assert {row["set"] for row in document["parts"]} == {"20261128_020000"}
