# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery import journal as journals
from ansible_collections.steward.platform.plugins.module_utils.recovery.running import plan

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ASKED = {"scope": "database_only", "source": "", "target": "", "target_type": "", "timeline": 0, "method": "beside"}
DOCUMENT = {
    "confirm": "shop-1", "kept": ["postgresql"], "method": "beside", "restores_to": "2026-11-28T11:00:00Z",
    "steps": [{"id": name.split()[0], "key": name} for name in
              ("check_integrity postgresql", "fence", "switch postgresql", "release", "backup postgresql", "accept")],
}  # fmt: skip


def journal(done=0, **changed):
    facts = {"asked": ASKED, "plan": DOCUMENT, "results": {}}
    made = journals.new("20261128_120000", plan.step_keys(DOCUMENT), facts, NOW)
    for step in plan.step_keys(DOCUMENT)[:done]:
        made = journals.done(journals.begin(made, step, NOW), step, NOW)
    return {**made, **changed}


@pytest.mark.parametrize(
    ("stage", "steps"),
    [
        pytest.param("prepared", ["check_integrity postgresql"], id="before anything stops"),
        pytest.param("switched", ["check_integrity postgresql", "fence", "switch postgresql"], id="before it serves"),
        pytest.param("finished", plan.step_keys(DOCUMENT), id="to the end"),
    ],
)
def test_how_far_a_stage_goes(stage, steps):
    assert [step for step in plan.step_keys(DOCUMENT) if not plan.stops_before(step, stage)] == steps


def test_only_this_plan_is_confirmed():
    plan.refuse_unconfirmed("shop-1", DOCUMENT)
    with pytest.raises(InputError, match="confirm is 'shop-2', allowed is: shop-1"):
        plan.refuse_unconfirmed("shop-2", DOCUMENT)


def test_what_is_under_way_is_gone_on_with_and_nothing_else():
    plan.refuse_other(journal(), {})
    plan.refuse_other(journal(), {**ASKED, "stop_services": False})
    with pytest.raises(InputError, match="database_only from the first repository to latest"):
        plan.refuse_other(journal(), {**ASKED, "target": "0/1"})


def test_what_was_live_before_is_not_buried():
    plan.refuse_unaccepted(None)
    plan.refuse_unaccepted(journal(5, state="accepted"))
    with pytest.raises(InputError, match="was neither accepted nor undone"):
        plan.refuse_unaccepted(journal(5))


def test_what_was_overwritten_cannot_be_undone():
    plan.refuse_no_way_back(journal())
    facts = {**journal()["facts"], "plan": {**DOCUMENT, "method": "delta"}}
    rows = [{"step": "restore_delta postgresql", "state": "pending"}]
    plan.refuse_no_way_back(journal(facts=facts, steps=rows))
    with pytest.raises(StewardError, match="cannot be undone"):
        plan.refuse_no_way_back(journal(facts=facts, steps=[{**rows[0], "state": "failed"}]))


def test_what_steps_found_out():
    found = plan.merge(journal(1), "check_integrity postgresql", {"warnings": ["slow"], "reached": "2026"})
    assert plan.warnings_of(found) == ["check_integrity postgresql: slow"]
    assert plan.reached(found) == "2026"
    assert (plan.reached(journal()), plan.served(journal())) == ("", "")
    assert plan.served(journal(4)) == "2026-11-28T12:00:00Z"
    assert plan.served(journal(steps=[])) == ""


def test_the_status():
    assert plan.status_document(None, "now") == {"schema": 1, "taken": "now", "recovery": None}
    assert plan.render_status(plan.status_document(None, "now")) == "This host was never recovered.\n"
    done = plan.status_document(plan.merge(journal(5), "fence", {"warnings": ["w"]}), "now")
    assert done["recovery"]["kept"] == ["postgresql"]
    shown = plan.render_status(done)
    assert "warning: fence: w" in shown
    assert "Next: look at it, then steward restore accept" in shown
    running = plan.status_document(journal(1, state="accepted"), "now")
    assert running["recovery"]["kept"] == []
    assert "Next" not in plan.render_status(running)


def test_the_metrics():
    assert "steward_recovery_finished_timestamp_seconds 0\n" in plan.render_metrics(journal())
    text = plan.render_metrics(journal(5))
    assert 'steward_recovery_state{state="finished"} 1' in text
    assert "steward_recovery_finished_timestamp_seconds 1795867200\n" in text


def keys(done):
    return [(change.action, change.subject) for change in done.changes]


def test_what_a_module_would_do():
    assert keys(plan.plan_act("restored", "prepared", None, DOCUMENT)) == [("run", "check_integrity postgresql")]
    left = plan.plan_act("restored", "switched", journal(1), None)
    assert keys(left) == [("run", "fence"), ("run", "switch postgresql")]
    assert left.facts["plan"] == DOCUMENT
    assert keys(plan.plan_act("restored", "finished", None, None)) == []
    assert keys(plan.plan_act("undone", "finished", journal(1), None)) == [("undone", "20261128_120000")]
    assert keys(plan.plan_act("accepted", "finished", journal(5, state="accepted"), None)) == []
    assert keys(plan.plan_act("undone", "finished", None, None)) == []
