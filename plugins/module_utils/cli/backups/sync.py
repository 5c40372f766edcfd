# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward backup sync``: the further repositories of this host."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ...backup_set.job import client as jobs
from ...backup_set.sync import plan
from ...core.errors import StewardError
from .. import output
from ..verbs import Verb
from ..version import read_build


def _options(parser: argparse.ArgumentParser) -> None:
    about = "incremental: what is new, or an incremental set; full: every copy read again, or a full set"
    parser.add_argument("mode", metavar="MODE", choices=plan.MODES, help=about)
    output.add_json(parser)


def _sync(arguments: argparse.Namespace) -> int:
    """The report is printed also when it did not go well."""
    try:
        done = jobs.synchronise(arguments.mode, steward=read_build()["version"], say=output.say)
    except StewardError as error:
        if "report" in error.data:
            output.show(error.data["report"], plan.render, as_json=arguments.json)
        raise
    output.show(dict(done.report or {}), plan.render, as_json=arguments.json)
    return output.warn(done.warnings)


SUMMARY = "bring the further repositories to what the main one has, and look there afterwards"
VERBS: Mapping[str, Verb] = {"sync": Verb(SUMMARY, _options, _sync)}
