# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.steward.platform.plugins.module_utils.core.findings import Finding
from ansible_collections.steward.platform.plugins.module_utils.health.model import Row
from ansible_collections.steward.platform.plugins.module_utils.health.report import build_report, problems, render_table

CONFIGURATION = {"platform": "dotmac", "environment": "demo", "host": "one", "groups": ["app"]}
ROWS = [
    Row("services", Finding("isp-framework", "pass", "2 of 2 ready in blue"), 3.04, {"slot": "blue"}),
    Row("data", Finding("openbao", "fail", "sealed", "Unseal it."), 12.0),
    Row("data", Finding("postgresql", "pass", "17.2")),
]
REPORT = build_report(CONFIGURATION, ROWS, version="1.2.3", taken=datetime(2026, 6, 1, tzinfo=UTC), seconds=0.12345)


def test_document_has_a_schema_the_worst_status_and_rows_by_section() -> None:
    assert {name: part for name, part in REPORT.items() if name != "sections"} == {
        "schema": 1,
        "taken": "2026-06-01T00:00:00Z",
        "seconds": 0.123,
        "version": "1.2.3",
        "platform": "dotmac",
        "environment": "demo",
        "host": "one",
        "groups": ["app"],
        "status": "fail",
    }
    assert {section: [row["name"] for row in rows] for section, rows in REPORT["sections"].items()} == {
        "services": ["isp-framework"],
        "data": ["openbao", "postgresql"],
    }
    assert REPORT["sections"]["services"][0] == {
        "name": "isp-framework",
        "status": "pass",
        "message": "2 of 2 ready in blue",
        "hint": "",
        "latency_ms": 3.0,
        "facts": {"slot": "blue"},
    }


def test_what_makes_a_host_unhealthy_is_one_line_each() -> None:
    assert problems(REPORT) == ["openbao: sealed"]


def test_table_lines_up_and_shows_what_to_do_below() -> None:
    assert (
        render_table(REPORT)
        == """dotmac (demo) on one: fail

SERVICES
  NAME           STATUS  LATENCY  WHAT
  isp-framework  pass    3.0 ms   2 of 2 ready in blue

DATA
  NAME           STATUS  LATENCY  WHAT
  openbao        fail    12.0 ms  sealed
                                  Unseal it.
  postgresql     pass             17.2
"""
    )
