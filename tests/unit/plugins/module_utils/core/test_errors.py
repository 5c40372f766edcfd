# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import BusyError, InputError, StewardError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (StewardError("port 5432 is taken", "Choose another."), "port 5432 is taken. Choose another."),
        (StewardError("port 5432 is taken"), "port 5432 is taken"),
        (InputError("port is 'x'"), "port is 'x'"),
        (BusyError("held", "Wait."), "held. Wait."),
    ],
)
def test_hint_follows_the_message(error: StewardError, text: str) -> None:
    assert str(error) == text
    assert isinstance(error, StewardError)
    assert text == f"{error.message}. {error.hint}".removesuffix(". ")
