# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.platform_model.thresholds import THRESHOLDS, misordered

DEFAULTS = {name: field.default for name, field in THRESHOLDS.items()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({}, [], id="the defaults"),
        pytest.param({"cpu_pressure_warning": 100}, [], id="never critical"),
        pytest.param({"load_warning": 900}, [], id="no percent"),
        pytest.param(
            {"disk_warning": 95, "io_pressure_critical": 10},
            [
                "at.disk_warning is 95, allowed is: less than disk_critical, which is 95",
                "at.io_pressure_warning is 20, allowed is: less than io_pressure_critical, which is 10",
            ],
            id="equal, and after",
        ),
    ],
)
def test_a_warning_comes_before_what_is_critical(change: dict[str, float], said: list[str]) -> None:
    assert list(misordered({**DEFAULTS, **change}, "at")) == said
