# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of verbs that show a log."""

from __future__ import annotations

import argparse
from datetime import datetime

from ..core import clock
from ..core.errors import InputError

LINES = 100
INTERRUPTED = (130, -2)


def add_options(parser: argparse.ArgumentParser) -> None:
    """``--since``, ``--lines`` and ``--follow``."""
    parser.add_argument("--since", metavar="WHEN", help=f"begin then: {clock.SINCE}")
    parser.add_argument("--lines", type=int, metavar="N", help=f"the last N lines (default: {LINES}; all with --since)")
    parser.add_argument("--follow", action="store_true", help="go on with what is written from now on")


def since(arguments: argparse.Namespace) -> datetime | None:
    """The moment from which lines are shown.

    :raises InputError: it is none.
    """
    if arguments.since is None:
        return None
    try:
        return clock.parse_since(arguments.since, clock.now())
    except ValueError as error:
        raise InputError(f"--since is {arguments.since!r}, allowed is: {clock.SINCE}") from error


def lines(arguments: argparse.Namespace) -> int | None:
    """How many lines at most, or None for all.

    :raises InputError: fewer than one.
    """
    if arguments.lines is not None and arguments.lines < 1:
        raise InputError(f"--lines is {arguments.lines}, allowed is: at least 1")
    return arguments.lines or (None if arguments.since else LINES)
