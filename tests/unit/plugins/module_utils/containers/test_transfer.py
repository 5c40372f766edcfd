# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.containers.transfer.plan import plan_load


def test_only_what_is_missing_is_loaded() -> None:
    plan = plan_load({"images": ["shop/api:1", "shop/web:1"]}, ["shop/web:1"])
    assert [change.subject for change in plan.changes] == ["shop/web:1"]
    assert plan.facts == {"missing": ["shop/web:1"]}


def test_where_all_is_there_nothing_is_loaded() -> None:
    assert plan_load({"images": ["shop/api:1"]}, []).changes == ()
