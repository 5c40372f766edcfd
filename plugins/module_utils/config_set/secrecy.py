# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep secrets out of what a checker says about a file: many quote the line they dislike."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "********"
SEPARATORS = re.compile(r"[\s\"'`=:;,@/<>(){}\[\]]+")
# Shorter pieces are keywords ("user", "on"); hiding them would make every message unreadable.
SHORTEST = 6


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every word of the secrets hidden, whole words first, then their parts (a password in a URL).

    >>> redact("bad line 1: requirepass hunter22", ["requirepass hunter22"])
    'bad line 1: ******** ********'
    """
    pieces = {piece for secret in secrets for piece in (*secret.split(), *SEPARATORS.split(secret))}
    for piece in sorted(pieces, key=lambda piece: (-len(piece), piece)):
        if len(piece) >= SHORTEST:
            text = text.replace(piece, HIDDEN)
    return text
