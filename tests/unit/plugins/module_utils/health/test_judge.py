# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.health.judge import Seen, judge
from ansible_collections.steward.platform.plugins.module_utils.health.model import Answer, Row

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CERTIFICATE = {"names": ["db1"], "not_before": "2026-05-01T00:00:00Z", "not_after": "2026-12-01T00:00:00Z"}
GOOD_CERTIFICATES = {"certificates": Answer({"host": CERTIFICATE})}


def rows(section: str, groups: list[str], answers: dict[str, Answer], release: Any = None) -> list[Row]:
    configuration = {
        "platform": "dotmac",
        "groups": groups,
        "certificates": [{"name": "host", "path": "/h.pem"}],
    }
    seen = judge(Seen(configuration, release, {**GOOD_CERTIFICATES, **answers}, NOW))
    return [row for row in seen if row.section == section]


def said(found: list[Row]) -> list[tuple[str, str, str]]:
    return [(row.finding.name, row.finding.status, row.finding.message) for row in found]


RELEASE: dict[str, Any] = {
    "id": "20260601_120000",
    "state": "serving",
    "services": {
        "api": {"kind": "web", "slot": "blue", "project": "dotmac-api-blue", "replicas": 2},
        "worker": {"kind": "worker", "slot": "green", "project": "dotmac-worker-green", "replicas": 1},
    },
}
RUNNING = {"state": "running", "health": "", "restarts": 0}
WELL: dict[str, Answer] = {
    "units": Answer({"docker.service": "active", "dotmac-api.service": "active", "dotmac-worker.service": "active"}),
    "containers": Answer(
        {
            "dotmac-api-blue-1": RUNNING,
            "dotmac-api-blue-2": RUNNING,
            "dotmac-worker-green-1": {**RUNNING, "health": "healthy"},
        }
    ),
    "api/1": Answer({"status": 200, "text": "ok"}, 3.0),
    "api/2": Answer({"status": 200, "text": "ok"}, 4.04),
}


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        pytest.param(None, ("release", "warn", "nothing is deployed yet"), id="before the first"),
        pytest.param(RELEASE, ("release", "pass", "20260601_120000, serving"), id="serving"),
        pytest.param({**RELEASE, "state": "staged"}, ("release", "warn", "20260601_120000, staged"), id="interrupted"),
    ],
)
def test_release(release: Any, expected: tuple[str, str, str]) -> None:
    assert said(rows("release", ["app"], WELL, release)) == [expected]


def test_host_without_applications_has_no_release_and_no_services() -> None:
    assert judge(Seen({"groups": [], "certificates": []}, None, GOOD_CERTIFICATES, NOW)) == []


def test_services_that_are_well_tell_slot_and_slowest_replica() -> None:
    api, worker = rows("services", ["app"], WELL, RELEASE)
    assert said([api, worker]) == [("api", "pass", "2 of 2 ready in blue"), ("worker", "pass", "1 of 1 ready in green")]
    assert (api.milliseconds, worker.milliseconds) == (4.0, None)
    assert api.facts["replicas"][0] == {
        "name": "dotmac-api-blue-1",
        "state": "running",
        "health": "",
        "restarts": 0,
        "latency_ms": 3.0,
        "problem": "",
    }


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        pytest.param(
            {"api/2": Answer({"status": 503, "text": "database"}, 1.0)},
            "warn",
            "1 of 2 ready in blue; ready answers 503: database",
            id="one not ready",
        ),
        pytest.param(
            {"api/1": Answer(error="refused"), "api/2": Answer(error="refused")},
            "fail",
            "0 of 2 ready in blue; refused",
            id="none answers",
        ),
        pytest.param(
            {"containers": Answer({"dotmac-api-blue-1": RUNNING})},
            "warn",
            "1 of 2 ready in blue; container dotmac-api-blue-2 is absent",
            id="one absent",
        ),
        pytest.param(
            {"containers": Answer({f"dotmac-api-blue-{n}": {**RUNNING, "health": "unhealthy"} for n in (1, 2)})},
            "fail",
            "0 of 2 ready in blue; container dotmac-api-blue-1 is unhealthy; container dotmac-api-blue-2 is unhealthy",
            id="unhealthy",
        ),
        pytest.param(
            {"containers": Answer(error="docker hangs")}, "fail", "0 of 2 ready in blue; docker hangs", id="no engine"
        ),
        pytest.param(
            {"units": Answer({"dotmac-api.service": "inactive"})},
            "warn",
            "2 of 2 ready in blue; dotmac-api.service is inactive",
            id="unit stopped",
        ),
        pytest.param(
            {"units": Answer({"dotmac-api.service": ""})},
            "warn",
            "2 of 2 ready in blue; dotmac-api.service is not installed",
            id="unit missing",
        ),
        pytest.param(
            {"units": Answer(error="systemd hangs")},
            "warn",
            "2 of 2 ready in blue; dotmac-api.service is unknown",
            id="no systemd",
        ),
    ],
)
def test_service_with_a_problem(change: dict[str, Answer], status: str, message: str) -> None:
    api = rows("services", ["app"], {**WELL, **change}, RELEASE)[0]
    assert said([api]) == [("api", status, message)]
    assert api.finding.hint


def test_engines() -> None:
    answers = {"units": Answer({"nginx.service": "failed", "haproxy.service": "active"})}
    assert said(rows("engines", ["app", "proxy"], answers)) == [
        ("docker.service", "fail", "not installed"),
        ("nginx.service", "fail", "failed"),
        ("haproxy.service", "pass", "active"),
    ]
    assert said(rows("engines", ["app"], {"units": Answer(error="systemd hangs")})) == [
        ("docker.service", "unknown", "systemd hangs")
    ]


def test_director_tells_its_own_findings() -> None:
    finding = {"name": "traffic api", "status": "pass", "message": "served by blue-1", "hint": ""}
    (row,) = rows("director", ["proxy"], {"director": Answer([finding], 2.0)})
    assert (said([row]), row.milliseconds) == ([("traffic api", "pass", "served by blue-1")], 2.0)
    assert said(rows("director", ["proxy"], {"director": Answer(error="hangs")})) == [("director", "fail", "hangs")]


POSTGRESQL = {"version": "17.2 (Debian)", "in_recovery": False, "connections": {"used": 12, "maximum": 100}}
REDIS = {
    "version": "8.0.2",
    "role": "master",
    "clients": 3,
    "memory": {"used": 2**20, "maximum": 2**28},
    "eviction": "noeviction",
    "loading": False,
    "last_write": "ok",
}
FULL = {**REDIS, "memory": {"used": 9 * 2**20, "maximum": 10 * 2**20}}
BAO = {"initialized": True, "sealed": False, "standby": False, "version": "2.7.2"}


@pytest.mark.parametrize(
    ("name", "data", "status", "message"),
    [
        ("postgresql", POSTGRESQL, "pass", "17.2, primary, 12 of 100 connections"),
        (
            "postgresql",
            {**POSTGRESQL, "in_recovery": True, "connections": {"used": 90, "maximum": 100}},
            "warn",
            "17.2, standby, 90 of 100 connections",
        ),
        ("redis queue", REDIS, "pass", "8.0.2, master, 3 clients, 1 of 256 MB"),
        ("redis queue", {**REDIS, "loading": True}, "warn", "8.0.2, master, 3 clients, 1 of 256 MB, still loading"),
        (
            "redis queue",
            {**REDIS, "last_write": "err"},
            "fail",
            "8.0.2, master, 3 clients, 1 of 256 MB, cannot write its file",
        ),
        ("redis queue", FULL, "warn", "8.0.2, master, 3 clients, 9 of 10 MB"),
        ("redis cache", {**FULL, "eviction": "allkeys-lru"}, "pass", "8.0.2, master, 3 clients, 9 of 10 MB"),
        (
            "redis queue",
            {**REDIS, "memory": {"used": 2**20, "maximum": 0}},
            "pass",
            "8.0.2, master, 3 clients, 1 of unlimited MB",
        ),
        ("openbao", BAO, "pass", "2.7.2, unsealed, active"),
        ("openbao", {**BAO, "standby": True}, "pass", "2.7.2, unsealed, standby"),
        ("openbao", {**BAO, "sealed": True}, "fail", "sealed: nobody obtains secrets"),
        ("openbao", {**BAO, "initialized": False, "sealed": True}, "fail", "not initialised"),
    ],
)
def test_data_services(name: str, data: Any, status: str, message: str) -> None:
    assert said(rows("data", [], {name: Answer(data, 1.0)})) == [(name, status, message)]


def test_data_service_that_does_not_answer_fails_with_its_hint() -> None:
    (row,) = rows("data", [], {"redis cache": Answer(error="refused", hint="Start it.")})
    assert (said([row]), row.finding.hint) == ([("redis cache", "fail", "refused")], "Start it.")


@pytest.mark.parametrize(
    ("now", "status", "message"),
    [
        ("2026-09-20", "pass", "72 days left for db1"),
        ("2026-09-22", "warn", "70 days left for db1"),
        ("2026-12-01", "fail", "ended on 2026-12-01"),
    ],
)
def test_certificate_by_time(now: str, status: str, message: str) -> None:
    moment = datetime.fromisoformat(f"{now}T00:00:00+00:00")
    configuration = {"groups": [], "certificates": [{"name": "host", "path": "/h.pem"}]}
    assert said(judge(Seen(configuration, None, GOOD_CERTIFICATES, moment))) == [("host", status, message)]


def test_certificates_that_are_missing_or_cannot_be_read() -> None:
    assert said(rows("certificates", [], {"certificates": Answer({"host": None})})) == [
        ("host", "fail", "/h.pem is not there")
    ]
    assert said(rows("certificates", [], {"certificates": Answer(error="no library")})) == [
        ("certificates", "fail", "no library")
    ]
    nameless = Answer({"host": {**CERTIFICATE, "names": []}})
    assert said(rows("certificates", [], {"certificates": nameless})) == [("host", "pass", "183 days left")]
