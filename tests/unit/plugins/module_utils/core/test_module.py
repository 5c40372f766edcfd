# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info, run_module
from ansible_collections.steward.platform.plugins.module_utils.core.plan import Change, Plan

SPEC = {"wanted": {"type": "str", "required": True}}


def call(capsys: pytest.CaptureFixture[str], arguments: dict[str, Any], world: dict[str, str]) -> dict[str, Any]:
    """Run a module that keeps one value in ``world``, as Ansible does, and return what it answers."""

    def plan(parameters: Mapping[str, Any], seen: str) -> Plan:
        if parameters["wanted"] == "impossible":
            raise StewardError("it cannot be done", "Do something else.")
        same = seen == parameters["wanted"]
        changes = () if same else (Change("set", "value", before=seen, after=parameters["wanted"]),)
        return Plan(changes, {"value": parameters["wanted"], "origin": "plan"})

    def apply(parameters: Mapping[str, Any], wanted: Plan) -> Mapping[str, Any] | None:
        world["value"] = wanted.changes[0].after
        return {"origin": "apply"} if parameters["wanted"] == "loud" else None

    with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
        run_module(SPEC, observe=lambda _: world["value"], plan=plan, apply=apply)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert bool(ended.value.code) is bool(answer.get("failed"))
    return answer


def test_change_is_made_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    world = {"value": "old"}
    answer = call(capsys, {"wanted": "new"}, world)
    assert world == {"value": "new"}
    assert (answer["changed"], answer["value"], answer["origin"]) == (True, "new", "plan")
    assert answer["diff"] == [
        {"before_header": "value", "after_header": "value (set)", "before": "old\n", "after": "new\n"}
    ]


def test_what_was_learned_overlays_what_was_planned(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, {"wanted": "loud"}, {"value": "old"})["origin"] == "apply"


def test_second_run_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(capsys, {"wanted": "same"}, {"value": "same"})
    assert (answer["changed"], answer["diff"], answer["value"]) == (False, [], "same")


def test_check_mode_says_the_same_and_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    world = {"value": "old"}
    predicted = call(capsys, {"wanted": "new", "_ansible_check_mode": True}, world)
    assert world == {"value": "old"}
    done = call(capsys, {"wanted": "new"}, world)
    assert (predicted["changed"], predicted["diff"]) == (done["changed"], done["diff"])


def test_error_is_one_line_with_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    world = {"value": "old"}
    answer = call(capsys, {"wanted": "impossible"}, world)
    assert world == {"value": "old"}
    assert (answer["failed"], answer["msg"]) == (True, "it cannot be done. Do something else.")
    assert answer["hint"] == "Do something else."


def test_information_is_returned_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    with patch_module_args({"wanted": "x"}), pytest.raises(SystemExit):
        run_info(SPEC, lambda parameters: {"seen": parameters["wanted"]})
    answer = json.loads(capsys.readouterr().out)
    assert (answer["changed"], answer["seen"]) == (False, "x")


def test_information_that_cannot_be_had_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    def observe(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        raise StewardError(f"{parameters['wanted']} does not answer")

    with patch_module_args({"wanted": "x"}), pytest.raises(SystemExit):
        run_info(SPEC, observe)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["failed"], answer["msg"]) == (True, "x does not answer")
