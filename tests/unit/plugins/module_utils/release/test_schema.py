# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.release.schema.plan import plan_schema, services_of

STEP = {"service": "api", "command": ["downgrade", "0001"], "to": ["0001"]}
API = {"name": "api", "migration": {"current": ["current"]}}
PARAMETERS: dict[str, Any] = {"platform": {"services": [API, {"name": "beat", "migration": None}]}, "steps": [STEP]}


def test_a_database_that_is_elsewhere_is_brought_there() -> None:
    plan = plan_schema(PARAMETERS, {"api": ["0002"]})
    assert [(c.action, c.subject, c.before, c.after) for c in plan.changes] == [("migrate", "api", "0002", "0001")]
    assert plan.facts == {"revisions": {"api": ["0002"]}}


def test_a_database_that_is_there_is_left_alone() -> None:
    assert plan_schema(PARAMETERS, {"api": ["0001"]}).changes == ()


def test_only_services_with_a_schema_can_be_named() -> None:
    assert services_of(PARAMETERS) == {"api": API}
    with pytest.raises(InputError, match=r"steps\[0\].service is 'beat', allowed is one of: api"):
        services_of({**PARAMETERS, "steps": [{**STEP, "service": "beat"}]})
    with pytest.raises(InputError, match="allowed is one of: none"):
        services_of({"platform": {"services": []}, "steps": [STEP]})
