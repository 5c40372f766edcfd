# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward backup``: the backup sets of this host. Its verbs are in the folder ``backups``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .backups import care, make, show, sync
from .verbs import Verb, add_verbs

VERBS: Mapping[str, Verb] = {**make.VERBS, **sync.VERBS, **show.VERBS, **care.VERBS}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The group's verbs and their options."""
    parser.description = "Makes, shows and judges the backup sets of this host. Nothing of it needs a controller."
    add_verbs(parser, VERBS)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    return VERBS[arguments.act].run(arguments)
