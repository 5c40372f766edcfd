# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.steward.platform.plugins.module_utils.recovery.site import reporting

FIGURES = {"shop.public.orders": {"rows": 3, "checksum": "17"}}
STEP = {"step": "restore postgresql", "state": "done", "started": "2026-11-28T12:00:10Z",
        "finished": "2026-11-28T12:01:00Z", "error": ""}  # fmt: skip
PLAN = {
    "platform": "shop", "scope": "full_system", "target": {"type": "latest", "value": ""}, "seconds": 12.0,
    "moment": "2026-11-28T11:59:30Z",
    "parts": [{"part": "postgresql", "set": "20261128_020000", "backup": "20261128-020000F", "size": 778_000_000,
               "moment": "2026-11-28T11:59:30Z", "replayed": True}],
}  # fmt: skip


def options(kind="recovery", serving="2026-11-28T12:05:00Z", **more):
    results = {"restore postgresql": {"reached": "2026-11-28T11:59:00Z"}}
    if serving:
        results["serve"] = {"serving": serving}
    facts = {"begun": "2026-11-28T12:00:00Z", "plan": PLAN, "results": results}
    journal = {"name": "20261128_120005", "started": "2026-11-28T12:00:05Z", "facts": facts, "steps": [STEP]}
    given = {"kind": kind, "journals": {"demo": journal}, "objectives": {"rto_seconds": 3600, "rpo_seconds": 300},
             "lost": "", "source": {}, "found": {}, "folder": "/srv/reports/"}  # fmt: skip
    return {**given, **more}


def test_a_recovery_is_measured_against_what_was_promised():
    report = reporting.build(options())
    assert (report["rto_seconds"], report["rpo_seconds"], report["verdict"]) == (300.0, 60.0, "pass")
    assert reporting.build(options(lost="2026-11-28T11:59:20Z"))["rpo_seconds"] == 20.0


def test_what_does_not_serve_was_not_recovered():
    report = reporting.build(options(serving=""))
    assert (report["rto_seconds"], report["verdict"]) == (None, "fail")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [pytest.param(FIGURES, "pass", id="the same"), pytest.param({}, "fail", id="nothing came back")],
)
def test_a_drill_is_compared_with_its_source(found, verdict):
    source = {"before": FIGURES, "after": FIGURES}
    assert reporting.build(options("drill", source=source, found=found))["verdict"] == verdict


def test_a_drill_whose_source_was_not_read_proves_nothing():
    assert reporting.build(options("drill"))["verdict"] == "unknown"


def test_the_report_is_written_once_as_json_and_as_a_page():
    plan = reporting.plan_report(options(), {})
    assert [change.subject for change in plan.changes] == [
        "/srv/reports/shop-recovery-20261128_120005.json",
        "/srv/reports/shop-recovery-20261128_120005.html",
    ]
    texts = {change.subject: change.data["text"] for change in plan.changes}
    assert json.loads(next(iter(texts.values())))["verdict"] == "pass"
    assert plan.facts["paths"] == list(texts)
    assert reporting.plan_report(options(), texts).changed is False
