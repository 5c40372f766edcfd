# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery import journal as journals

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def new(*done):
    journal = journals.new("switch", ["stop", "move", "start"], {"live": "/data"}, NOW)
    for step in done:
        journal = journals.done(journals.begin(journal, step, NOW), step, NOW)
    return journal


def states(journal):
    return [journal["state"], *(row["state"] for row in journal["steps"])]


def test_step_by_step_to_the_end():
    journal = new()
    assert journals.next_step(journal) == "stop"
    assert states(new("stop")) == ["running", "done", "pending", "pending"]
    journal = new("stop", "move", "start")
    assert states(journal) == ["finished", "done", "done", "done"]
    assert journals.next_step(journal) == ""
    assert journal["finished"] == "2026-11-28T12:00:00Z"
    assert states(journals.accept(journals.accept(journal)))[0] == "accepted"


def test_what_was_running_or_failed_is_done_again():
    journal = journals.begin(new("stop"), "move", NOW)
    assert journals.next_step(journal) == "move"
    journal = journals.failed(journal, "move", "no room", NOW)
    assert states(journal) == ["failed", "done", "failed", "pending"]
    assert journals.next_step(journal) == "move"
    again = journals.begin(journal, "move", NOW)
    assert states(again) == ["running", "done", "running", "pending"]
    assert again["steps"][1]["error"] == ""
    # What was given is never changed.
    assert journal["steps"][1]["error"] == "no room"


@pytest.mark.parametrize(
    ("journal", "order"),
    [
        pytest.param(new(), [], id="nothing was begun"),
        pytest.param(journals.begin(new("stop"), "move", NOW), ["move", "stop"], id="a step was running"),
        pytest.param(new("stop", "move", "start"), ["start", "move", "stop"], id="all was done"),
    ],
)
def test_it_is_taken_back_in_the_opposite_order(journal, order):
    journal, seen = journals.undo(journal), []
    while step := journals.next_undo(journal):
        journal = journals.undone(journals.undo(journal), step, NOW)
        seen.append(step)
    assert seen == order
    assert journal["state"] == "undone"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        pytest.param(lambda: journals.begin(new(), "move", NOW), "move is not the next step", id="not its turn"),
        pytest.param(lambda: journals.done(new(), "stop", NOW), "stop of switch is not running", id="not begun"),
        pytest.param(lambda: journals.failed(new("stop"), "stop", "", NOW), "is not running", id="done already"),
        pytest.param(lambda: journals.accept(new("stop")), "is running, only what is finished", id="not finished"),
        pytest.param(lambda: journals.undone(new("stop"), "stop", NOW), "is not to be undone now", id="goes forward"),
        pytest.param(lambda: journals.undone(journals.undo(new("stop", "move")), "stop", NOW), "not to be undone",
                     id="not its turn backward"),
        pytest.param(lambda: journals.undo(journals.accept(new("stop", "move", "start"))), "cannot be undone",
                     id="accepted"),
        pytest.param(lambda: journals.next_step(journals.undo(new("stop"))), "is undoing, it cannot be resumed",
                     id="going back"),
        pytest.param(lambda: journals.read(None, "/j"), "/j is no journal", id="none"),
        pytest.param(lambda: journals.read({"schema": 9}, "/j"), "/j has schema 9, known is 1", id="newer"),
    ],
)  # fmt: skip
def test_what_is_refused(act, message):
    with pytest.raises(StewardError, match=message):
        act()


def test_a_stored_journal():
    assert journals.read(new(), "/j") == new()


@pytest.mark.parametrize(
    ("done", "between"), [((), False), (("stop",), True), (("stop", "move"), True), (("stop", "move", "start"), False)]
)
def test_it_is_known_what_has_been_stopped_and_not_started(done, between):
    assert journals.is_between(new(*done), "stop", "start") is between
    assert journals.is_between(new(*done), "fence", "release") is False
