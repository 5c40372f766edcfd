# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.health.doctor.judge import Problem, Scale, judge, verdict
from ansible_collections.steward.platform.plugins.module_utils.health.doctor.plan import plan_probes
from ansible_collections.steward.platform.plugins.module_utils.health.doctor.report import build_parts, render
from ansible_collections.steward.platform.plugins.module_utils.health.model import Answer
from ansible_collections.steward.platform.plugins.module_utils.platform_model.thresholds import THRESHOLDS

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
DEFAULTS = {name: field.default for name, field in THRESHOLDS.items()}
SCALE = Scale(DEFAULTS, NOW)
WELL: dict[str, Any] = {"status": "pass", "sections": {"data": [{"name": "openbao", "status": "pass"}]}}
GIB = 2**30
DISK = {"path": "/", "bytes": 100 * GIB, "free": 50 * GIB, "inodes": 1000, "inodes_free": 900}
MEMORY = {"total": 8 * GIB, "available": 4 * GIB, "swap_total": 0, "swap_free": 0}
LOAD = {"average_1": 9.0, "average_5": 2.0, "average_15": 1.0, "processors": 2}
CONTAINER = {"name": "shop-api-blue-1", "processors": 0.5, "memory": GIB // 4, "limit": GIB, "killed": 0}
TIMER = {"unit": "a.timer", "activates": "a.service", "next": "2026-11-23T13:55:00Z", "last": ""}
KINDS = ("cpu", "memory", "io")
ERROR = {"unit": "a.service", "count": 3, "last": "2026-11-23T13:55:00Z", "message": "broken"}


def found(name: str, data: Any, **thresholds: float) -> list[tuple[str, str]]:
    scale = Scale({**DEFAULTS, **thresholds}, NOW)
    return [(problem.name, problem.level) for problem in judge({name: Answer(data)}, WELL, scale)]


@pytest.mark.parametrize(
    ("name", "data", "problems"),
    [
        pytest.param("disks", [DISK], [], id="disk half full"),
        pytest.param("disks", [{**DISK, "free": 10 * GIB}], [("disk /", "warning")], id="disk filling"),
        pytest.param("disks", [{**DISK, "free": 4 * GIB}], [("disk /", "critical")], id="disk full"),
        pytest.param("disks", [{**DISK, "inodes_free": 100}], [("disk /", "warning")], id="inodes filling"),
        pytest.param("disks", [{**DISK, "inodes": 0, "inodes_free": 0}], [], id="file system without inodes"),
        pytest.param("memory", MEMORY, [], id="memory half used"),
        pytest.param("memory", {**MEMORY, "available": GIB}, [("memory", "warning")], id="memory filling"),
        pytest.param("memory", {**MEMORY, "available": GIB // 4}, [("memory", "critical")], id="memory full"),
        pytest.param("load", LOAD, [], id="a short peak"),
        pytest.param("load", {**LOAD, "average_5": 3.0}, [("load", "warning")], id="loaded"),
        pytest.param("pressure", {}, [], id="not measured"),
        pytest.param("pressure", {"io": {"full": {"avg60": 25.0}}}, [("pressure io", "warning")], id="disks are slow"),
        pytest.param("pressure", {"io": {"full": {"avg60": 55.0}}}, [("pressure io", "critical")], id="disks hang"),
        pytest.param("pressure", {"cpu": {"some": {"avg60": 99.0}}}, [("pressure cpu", "warning")], id="processors"),
        pytest.param("pressure", {"memory": {"full": {"avg60": 6.0}}}, [("pressure memory", "warning")], id="swapping"),
        pytest.param("containers", [CONTAINER], [], id="container with room"),
        pytest.param("containers", [{**CONTAINER, "limit": 0}], [], id="container without a limit"),
        pytest.param("containers", [{**CONTAINER, "memory": GIB, "killed": 1}],
                     [("container shop-api-blue-1", "warning")] * 2, id="container at its limit"),
        pytest.param("failed units", ["a.service"], [("unit a.service", "warning")], id="failed unit"),
        pytest.param("timers", [TIMER], [], id="timer that is just due"),
        pytest.param("timers", [{**TIMER, "next": ""}], [], id="timer that waits for something"),
        pytest.param("timers", [{**TIMER, "next": "2026-11-23T13:40:00Z"}], [("timer a.timer", "warning")], id="late"),
        pytest.param("journal", [ERROR], [("journal a.service", "warning")], id="errors"),
        pytest.param("journal", [{**ERROR, "unit": "ssh.service"}], [], id="errors of visitors"),
        pytest.param("journal", [ERROR] * 7, [("journal a.service", "warning")] * 5 + [("journal", "warning")],
                     id="many"),
        pytest.param("database locks", 0, [], id="nobody waits"),
        pytest.param("database locks", 2, [("postgresql locks", "warning")], id="somebody waits"),
    ],
)  # fmt: skip
def test_what_is_a_finding(name: str, data: Any, problems: list[tuple[str, str]]) -> None:
    assert found(name, data) == problems


@pytest.mark.parametrize(
    ("name", "data", "thresholds", "problems"),
    [
        ("disks", [DISK], {"disk_warning": 50}, [("disk /", "warning")]),
        ("disks", [DISK], {"disk_warning": 40, "disk_critical": 50}, [("disk /", "critical")]),
        ("disks", [{**DISK, "free": 10 * GIB}], {"disk_warning": 91}, []),
        ("memory", MEMORY, {"memory_warning": 50}, [("memory", "warning")]),
        ("memory", MEMORY, {"memory_critical": 50}, [("memory", "critical")]),
        ("load", LOAD, {"load_warning": 1}, [("load", "warning")]),
        ("pressure", {"cpu": {"some": {"avg60": 30.0}}}, {"cpu_pressure_warning": 30}, [("pressure cpu", "warning")]),
        ("pressure", {"io": {"full": {"avg60": 9.0}}}, {"io_pressure_critical": 9}, [("pressure io", "critical")]),
        ("pressure", {"memory": {"full": {"avg60": 6.0}}}, {"memory_pressure_warning": 7}, []),
        ("containers", [CONTAINER], {"container_memory_warning": 25}, [("container shop-api-blue-1", "warning")]),
        ("timers", [TIMER], {"timer_late_seconds": 299}, [("timer a.timer", "warning")]),
    ],
)  # fmt: skip
def test_what_is_too_much_is_said_by_the_platform(
    name: str, data: Any, thresholds: dict[str, float], problems: list[tuple[str, str]]
) -> None:
    assert found(name, data, **thresholds) == problems


def test_every_finding_names_a_next_step() -> None:
    answers = {
        "disks": Answer([{**DISK, "free": 0, "inodes_free": 0}]),
        "memory": Answer({**MEMORY, "available": 0}),
        "pressure": Answer({kind: {"some": {"avg60": 100.0}, "full": {"avg60": 99.0}} for kind in KINDS}),
        "journal": Answer([ERROR] * 7),
        "timers": Answer(error="it hangs"),
        "failed units": Answer(error="it hangs", hint="Wait."),
    }  # fmt: skip
    problems = judge(answers, WELL, SCALE)
    assert all(problem.next.endswith(".") for problem in problems)
    assert Problem("timers", "critical", "could not be looked at: it hangs", "Run it again.") in problems
    assert Problem("failed units", "critical", "could not be looked at: it hangs", "Wait.") in problems


def test_what_status_finds_is_a_finding_and_the_critical_come_first() -> None:
    rows = [
        {"name": "isp", "status": "warn", "message": "1 of 2 ready", "hint": "See its log."},
        {"name": "bao", "status": "unknown", "message": "no answer", "hint": ""},
        {"name": "redis", "status": "fail", "message": "no answer", "hint": ""},
    ]
    problems = judge({}, {"status": "fail", "sections": {"services": rows}}, SCALE)
    assert [(problem.name, problem.level, problem.next) for problem in problems] == [
        ("services: bao", "critical", "See steward status."),
        ("services: redis", "critical", "See steward status."),
        ("services: isp", "warning", "See its log."),
    ]


@pytest.mark.parametrize(
    ("levels", "worst"), [([], "pass"), (["warning"], "warning"), (["warning", "critical"], "critical")]
)
def test_the_verdict_is_the_worst(levels: list[str], worst: str) -> None:
    assert verdict([Problem("x", level, "", "") for level in levels]) == worst


def test_a_host_is_looked_at_by_its_groups() -> None:
    everywhere = {"disks", "memory", "load", "pressure", "failed units", "timers", "journal"}
    all_of_it = {"groups": ["app", "database"], "platform": "shop", "postgresql": {"port": 5432}}
    assert {probe.name for probe in plan_probes({"groups": ["proxy"]})} == everywhere
    probes = {probe.name: probe.target for probe in plan_probes(all_of_it)}
    assert probes.keys() == everywhere | {"containers", "database locks"}
    assert (probes["containers"], probes["database locks"]) == ({"platform": "shop"}, {"port": 5432})


def test_the_document_has_figures_and_those_who_use_most() -> None:
    busy = [{**CONTAINER, "name": f"busy-{number}", "processors": 1.0 + number} for number in range(5)]
    big = {**CONTAINER, "name": "big", "memory": 2 * GIB, "limit": 0}
    answers = {
        "disks": Answer([DISK]), "memory": Answer(MEMORY), "load": Answer(LOAD),
        "containers": Answer([CONTAINER, *busy, big]), "timers": Answer(error="it hangs"),
    }  # fmt: skip
    known, unknown = ({"name": name, "status": "pass"} for name in ("host", "edge"))
    certificates = [{**known, "facts": {"days_left": 300}}, {**unknown, "facts": {}}]
    status = {"status": "pass", "sections": {"certificates": certificates}}
    parts = build_parts(judge(answers, status, SCALE), answers, status)
    assert (parts["verdict"], parts["status"]) == ("critical", "pass")
    assert [row["name"] for row in parts["figures"]["containers"][:6]] == [
        "busy-4", "busy-3", "busy-2", "busy-1", "busy-0", "big",
    ]  # fmt: skip
    assert parts["figures"]["certificates"] == [{"name": "host", "days_left": 300}]
    assert "timers" not in parts["figures"]
    lines = render({"platform": "shop", "host": "one", **parts}).splitlines()
    assert lines[:5] == [
        "shop on one: critical",
        "load 2.0 on 2 processors, 4.0 GB of 8.0 GB memory available, 50.0 GB free on /",
        "",
        "CRITICAL  timers: could not be looked at: it hangs",
        "    Run it again.",
    ]
    assert lines[7].split() == ["busy-4", "500%", "256", "MB", "1.0", "GB"]
    assert lines[12].split() == ["big", "50%", "2.0", "GB", "none"]


def test_a_host_of_which_nothing_is_known_is_still_told_of() -> None:
    parts = build_parts([], {}, WELL)
    assert render({"platform": "shop", "host": "one", **parts}) == "shop on one: pass\n\n"
