# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.validation.model import chosen


@pytest.mark.parametrize(
    ("named", "checks"),
    [
        ([], ["environment", "imports", "migrations", "containers"]),
        (["containers", "environment"], ["environment", "containers"]),
    ],
    ids=["all", "in their order"],
)
def test_checks_are_chosen_by_name(named: list[str], checks: list[str]) -> None:
    assert chosen(named) == checks


def test_an_unknown_check_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"validate: 'import' is unknown, did you mean imports\?"):
        chosen(["import"])
