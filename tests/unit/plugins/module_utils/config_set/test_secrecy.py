# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.config_set.secrecy import redact

URL = "url = redis://app:hunter22@10.0.0.1/0"


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        ("bad line 1: requirepass hunter22", ["requirepass hunter22"], "bad line 1: ******** ********"),
        (f"cannot parse {URL}", [URL], "cannot parse url = ********"),
        ("password hunter22 refused", [URL], "password ******** refused"),
        ("user on", ["user on"], "user on"),
        ("nothing of it", [], "nothing of it"),
        ("abcdefgh abcdef", ["abcdef abcdefgh"], "******** ********"),
    ],
    ids=[
        "words of the quoted line go",
        "a whole URL goes",
        "a password out of a URL goes",
        "short keywords stay",
        "without secrets all stays",
        "longer words go before those they contain",
    ],
)
def test_secrets_are_hidden(text: str, secrets: list[str], shown: str) -> None:
    assert redact(text, secrets) == shown
