# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stops what writes on this host while its data is exchanged, and starts it again."""

from __future__ import annotations

from collections.abc import Sequence

from ...health.client import read_configuration
from ...release.running import client
from ...release.running.plan import START, STOP


def stop(names: Sequence[str]) -> None:
    """Stop services of this host; those that do not run are left.

    :raises BusyError: a deploy is under way.
    """
    _tell(STOP, names)


def start(names: Sequence[str]) -> None:
    """Start them, and see that all their containers run."""
    _tell(START, names)


def _tell(act: str, names: Sequence[str]) -> None:
    if names:
        client.act_on_all(read_configuration(), act, names)
