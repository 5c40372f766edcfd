# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollback is decided on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
Model = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """What a rollback is decided on: the ledger, what serves, the release to go back to, and what the host has.

    ``stored`` is the target's model, None where it kept none, ``serving`` that of what serves; ``images`` are those of
    the target's images that are here, ``revisions`` where the databases are.
    """

    records: Mapping[str, Record]
    current: Record
    target: Record
    stored: Model | None
    serving: Model | None
    images: frozenset[str]
    revisions: Mapping[str, Sequence[str]]
