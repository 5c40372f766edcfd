# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.director.parse import Statistics
from ansible_collections.steward.platform.plugins.module_utils.director.status import (
    build_services,
    failed_readiness,
    is_admissible,
    judge,
    judge_silence,
)

from .samples import text, wish

UP = Statistics("UP", "L7OK 200", "", 2, 1)
TARGET = {"service": "shop", "server": "green-1", "endpoint": "10.0.0.1:18008", "path": "/health/ready"}


@pytest.mark.parametrize(
    ("status", "check", "answer"),
    [("DRAIN", "L7OK 200", True), ("DOWN", "L7STS 503", False), ("UP", "L7OK 200", False), ("DRAIN", "INI", False)],
)
def test_only_a_draining_server_with_a_good_check_is_admitted(status: str, check: str, answer: bool) -> None:
    assert is_admissible(Statistics(status, check, "", 0, 0)) is answer


@pytest.mark.parametrize(
    ("seen", "direct", "said"),
    [
        (Statistics("DOWN", "L7STS 503", "Unwell", 0, 0), "503: no", "DOWN, L7STS 503 Unwell; 503: no"),
        (Statistics("DRAIN", "", "", 0, 0), "", "DRAIN, no check yet; a direct request was answered with 200"),
    ],
)
def test_a_server_that_did_not_become_ready_is_described(seen: Statistics, direct: str, said: str) -> None:
    place = ("shop", "green-1")
    error = failed_readiness([TARGET], {place: seen}, {place: direct}, 60.0)
    assert error.message == f"shop: green-1 (10.0.0.1:18008) did not become ready within 60 s; HAProxy says {said}"


def document(states: dict[str, str], statistics: dict[tuple[str, str], Statistics], *active: str) -> dict[str, Any]:
    files = {"shop": text(wish().services[0], *active), "steward-health": "x"}
    return build_services(files, {"shop": states}, statistics)


def test_the_document() -> None:
    made = document({"blue-1": "ready"}, {("shop", "blue-1"): UP}, "blue-1")
    assert made == {
        "schema": 1,
        "services": [
            {
                "name": "shop",
                "active": ["blue-1"],
                "servers": [
                    {
                        "name": "blue-1",
                        "endpoint": "10.0.0.1:18000",
                        "state": "ready",
                        "status": "UP",
                        "check": "L7OK 200",
                        "sessions": 2,
                        "queue": 1,
                    },
                    {
                        "name": "green-1",
                        "endpoint": "10.0.0.1:18008",
                        "state": "absent",
                        "status": "",
                        "check": "",
                        "sessions": 0,
                        "queue": 0,
                    },
                ],
            }
        ],
    }


def test_what_serves_is_judged() -> None:
    ready = {"blue-1": "ready", "green-1": "ready"}
    both = {("shop", "blue-1"): UP, ("shop", "green-1"): UP}
    down = {**both, ("shop", "green-1"): Statistics("DOWN", "L4CON", "", 0, 0)}
    judged = [
        judge(document(ready, both, "blue-1", "green-1"))[0],
        judge(document(ready, down, "blue-1", "green-1"))[0],
        judge(document(ready, down, "green-1"))[0],
        judge(document({}, {}, "blue-1"))[0],
        judge(document(ready, both))[0],
    ]
    assert [(each.status, each.message) for each in judged] == [
        ("pass", "served by blue-1, green-1"),
        ("warn", "green-1 is ready and DOWN L4CON"),
        ("fail", "green-1 is ready and DOWN L4CON"),
        ("fail", "blue-1 is absent and unknown"),
        ("fail", "no server is active"),
    ]
    assert {each.name for each in judged} == {"traffic shop"}


def test_silence_is_a_finding() -> None:
    (finding,) = judge_silence(StewardError("HAProxy does not answer", "Start it."))
    assert (finding.status, finding.message, finding.hint) == ("fail", "HAProxy does not answer", "Start it.")
