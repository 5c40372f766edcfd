# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.findings import Finding
from ansible_collections.steward.platform.plugins.module_utils.recovery import report as reports
from ansible_collections.steward.platform.plugins.module_utils.recovery.page import render_page

PLAN = {
    "platform": "shop", "scope": "full_system", "target": {"type": "latest", "value": ""}, "seconds": 95.0,
    "parts": [{"part": "postgresql", "set": "20261128_020000", "backup": "20261128-020000F", "size": 778_000_000,
               "moment": "2026-11-28T11:58:00Z", "replayed": True}],
}  # fmt: skip
STEPS = [
    {"step": "restore_beside", "state": "done", "started": "2026-11-28T12:00:05Z", "finished": "2026-11-28T12:00:45Z",
     "error": ""},
    {"step": "switch", "state": "done", "started": "2026-11-28T12:00:45Z", "finished": "2026-11-28T12:00:46Z",
     "error": ""},
]  # fmt: skip
FAILED = {"step": "start", "state": "failed", "started": "2026-11-28T12:00:46Z", "finished": "2026-11-28T12:00:56Z",
          "error": "<b>no & more</b>"}  # fmt: skip
PENDING = {"step": "verify", "state": "pending", "started": "", "finished": "", "error": ""}
TIMES = {"begun": "2026-11-28T12:00:00Z", "serving": "2026-11-28T12:01:30Z", "reached": "2026-11-28T11:58:00Z",
         "lost_from": "2026-11-28T11:59:00Z"}  # fmt: skip
GOALS = {"rto_seconds": 900, "rpo_seconds": 300}


def make(steps=None, goals=None, checks=(), **times):
    steps, goals = STEPS if steps is None else steps, GOALS if goals is None else goals
    return reports.build_report(PLAN, steps, goals, kind="drill", checks=checks, **{**TIMES, **times})


def found(report, name):
    return next(row for row in report["findings"] if row["name"] == name)


def test_a_good_drill():
    report = make()
    assert report["verdict"] == "pass"
    assert (report["rto_seconds"], report["rpo_seconds"]) == (90, 60)
    assert found(report, "rto")["message"] == "it served again after 1m 30s; the objective is 15m 0s"
    assert [(row["offset"], row["seconds"]) for row in report["timeline"]] == [(5, 40), (45, 1)]


@pytest.mark.parametrize(
    ("changed", "verdict", "name", "message"),
    [
        pytest.param({"goals": {"rto_seconds": 60, "rpo_seconds": 300}}, "fail", "rto", "the objective is 1m 0s",
                     id="too slow"),
        pytest.param({"goals": {"rto_seconds": 900, "rpo_seconds": 30}}, "fail", "rpo", "lost was the work of 1m 0s",
                     id="too much lost"),
        pytest.param({"goals": {}}, "pass", "rto", "no objective is declared", id="nothing was promised"),
        pytest.param({"serving": ""}, "unknown", "rto", "it was not measured", id="it does not serve"),
        pytest.param({"steps": [*STEPS, FAILED, PENDING]}, "fail", "steps",
                     "2 of 4 steps are not done, start is failed: <b>no & more</b>", id="a step failed"),
        pytest.param({"steps": [PENDING]}, "fail", "steps", "verify is pending", id="nothing was done"),
        pytest.param({"checks": [Finding("rows", "fail", "one is missing")]}, "fail", "rows", "one is missing",
                     id="the data differ"),
    ],
)  # fmt: skip
def test_the_verdict(changed, verdict, name, message):
    report = make(**changed)
    assert report["verdict"] == verdict
    assert message in found(report, name)["message"]


class Page(HTMLParser):
    """The tags that are open at the end, and all attributes that lead somewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "action", "data")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "report",
    [make(), make(steps=[*STEPS, FAILED, PENDING], goals={}, serving="", reached=""), make(steps=[], begun="")],
    ids=["good", "failed", "nothing was done"],
)
def test_the_page_is_whole_and_needs_nothing_else(report):
    text = render_page(report)
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.links == []
    assert not page.tags & {"script", "link", "img", "iframe", "b"}
    assert not re.search(r"url\(|@import|https?:", text)


def test_what_is_on_the_page():
    text = render_page(make(steps=[*STEPS, FAILED]))
    assert "<title>Recovery drill of shop: failed</title>" in text
    assert "&lt;b&gt;no &amp; more&lt;/b&gt;" in text
    assert "objective: 15m 0s" in text
    assert 'class="failed" style="left:min(82.14%, calc(100% - 3px));width:17.86%"' in text


def test_a_hash_is_shown_by_its_beginning():
    report = make()
    report["parts"][0]["backup"] = "0123456789ab" + "c" * 52
    page = render_page(report)
    assert "<td>0123456789ab</td>" in page
    assert "<td>20261128-020000F</td>" in render_page(make())
