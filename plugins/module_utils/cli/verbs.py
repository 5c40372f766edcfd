# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verb of a group such as ``steward backup`` is made of, and how a group has its verbs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Verb:
    """One verb: what it does, its options, and the function that does it."""

    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_verbs(parser: argparse.ArgumentParser, verbs: Mapping[str, Verb]) -> None:
    """Give a group its verbs with their options; the one that was chosen is in ``act``."""
    group = parser.add_subparsers(dest="act", metavar="VERB", required=True)
    for name, verb in verbs.items():
        verb.add_options(group.add_parser(name, help=verb.summary, description=f"{verb.summary.capitalize()}."))
