# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.steward.platform.plugins.module_utils.core.findings import Finding
from ansible_collections.steward.platform.plugins.module_utils.validation.model import Row, Serving
from ansible_collections.steward.platform.plugins.module_utils.validation.report import build_report, lines, render

SERVING = Serving({"platform": "shop", "environment": "demo", "host": "one"}, {"id": "20241225_143000"}, (), ())
ROWS = [
    Row(
        "imports", "api", Finding("python -m x", "fail", "x ended with 1: Traceback\n  File …\nKeyError: 0", "Mend it.")
    ),
    Row("environment", "api", Finding("environment", "pass", "3 secret files are there", "not shown")),
    Row("containers", "", Finding("theirs", "warn", "it runs here")),
]
REPORT = build_report(
    SERVING, ["environment", "imports", "containers"], ROWS, taken=datetime(2026, 6, 1, tzinfo=UTC), seconds=1.23456
)


def test_the_document_has_a_schema_the_worst_status_and_rows_by_check() -> None:
    assert {name: part for name, part in REPORT.items() if name != "checks"} == {
        "schema": 1,
        "taken": "2026-06-01T00:00:00Z",
        "seconds": 1.235,
        "platform": "shop",
        "environment": "demo",
        "host": "one",
        "release": "20241225_143000",
        "status": "fail",
    }
    assert list(REPORT["checks"]) == ["environment", "imports", "containers"]
    assert REPORT["checks"]["containers"] == [
        {"service": "", "name": "theirs", "status": "warn", "message": "it runs here", "hint": ""}
    ]


def test_each_finding_is_one_line() -> None:
    assert lines(REPORT) == [
        "api: imports: python -m x: x ended with 1: Traceback … KeyError: 0",
        "(host): containers: theirs: it runs here",
    ]


def test_there_is_a_table_for_each_service() -> None:
    assert (
        render(REPORT)
        == """shop (demo) on one, release 20241225_143000: fail

API
  CHECK        WHAT         STATUS  FOUND
  environment  environment  pass    3 secret files are there
  imports      python -m x  fail    x ended with 1: Traceback
        File …
      KeyError: 0
      Mend it.

(HOST)
  CHECK       WHAT    STATUS  FOUND
  containers  theirs  warn    it runs here
"""
    )
