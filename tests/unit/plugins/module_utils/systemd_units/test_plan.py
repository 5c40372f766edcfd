# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.systemd_units.parse import Unit
from ansible_collections.steward.platform.plugins.module_utils.systemd_units.plan import plan_units

RUNNING = Unit("loaded", "enabled", "active")
FRESH = Unit("loaded", "disabled", "inactive")
MISSING = Unit("not-found", "", "inactive")
FAILED = Unit("loaded", "enabled", "failed")
STATIC = Unit("loaded", "static", "active")
RUNTIME = Unit("loaded", "enabled-runtime", "activating")


@pytest.mark.parametrize(
    ("unit", "wanted", "changes"),
    [
        (RUNNING, ("enabled", "started"), []),
        (FRESH, ("enabled", "started"), [("enable", "disabled", "enabled"), ("start", "inactive", "active")]),
        (MISSING, ("enabled", "started"), [("enable", "not-found", "enabled"), ("start", "inactive", "active")]),
        (FAILED, ("started",), [("start", "failed", "active")]),
        (STATIC, ("started",), []),
        (RUNTIME, ("enabled",), [("enable", "enabled-runtime", "enabled")]),
        (RUNNING, ("stopped",), [("stop", "active", "inactive"), ("disable", "enabled", "disabled")]),
        (RUNTIME, ("stopped",), [("stop", "activating", "inactive"), ("disable", "enabled-runtime", "disabled")]),
        (STATIC, ("stopped",), [("stop", "active", "inactive")]),
        (MISSING, ("stopped",), []),
        (FAILED, ("stopped",), [("disable", "enabled", "disabled")]),
    ],
)
def test_only_what_differs_is_commanded(unit: Unit, wanted: Sequence[str], changes: list[tuple[str, str, str]]) -> None:
    plan = plan_units({"x.service": unit}, **{kind: ["x.service"] for kind in wanted})
    assert [(change.action, change.before, change.after) for change in plan.changes] == changes
    assert {change.subject for change in plan.changes} <= {"x.service"}


def test_units_that_stop_make_room_before_others_start() -> None:
    plan = plan_units({"a": RUNNING, "b": FRESH}, enabled=["b"], started=["b"], stopped=["a"])
    assert [change.action for change in plan.changes] == ["stop", "disable", "enable", "start"]


@pytest.mark.parametrize("kind", ["enabled", "started"])
def test_a_unit_wanted_both_ways_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match="x is to be stopped and also to be enabled or started"):
        plan_units({"x": FRESH}, stopped=["x"], **{kind: ["x"]})


def test_a_unit_that_cannot_be_enabled_is_refused() -> None:
    with pytest.raises(InputError, match=r"x cannot be enabled: it has no \[Install\] section"):
        plan_units({"x": STATIC}, enabled=["x"])
