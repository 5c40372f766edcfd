# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs that prove sets and remove old ones."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ...backup_set.job import client as jobs
from .. import output
from ..verbs import Verb

LEVELS = (
    "0: it is listed; 1: checksums are right and no WAL is missing; 2: it is restored aside, and WAL is replayed to "
    "its end; 3: it holds what it held, its indexes are sound; 4: the application starts against it (default: 3)"
)


def _verify_options(parser: argparse.ArgumentParser) -> None:
    what = "a set, or a dump at an absolute path or at s3://BUCKET/KEY (default: the newest full set)"
    parser.add_argument("target", metavar="ID|PATH|s3://…", nargs="?", default="", help=what)
    parser.add_argument("--level", metavar="N", type=int, help=LEVELS)
    parser.add_argument("--integrity-only", action="store_true", help="levels 0 and 1 only, nothing is restored")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--repository", metavar="NAME", default="", help="where from (default: the main one)")
    where.add_argument("--remote", action="store_true", help="from the first repository beside the main one")
    age = "days for which what was read and found whole is not read again (default: 0)"
    parser.add_argument("--remember", metavar="DAYS", type=int, default=0, help=age)
    accept = "what was lost since the set before was meant to: tell it as a warning"
    parser.add_argument("--accept-losses", action="store_true", help=accept)
    output.add_json(parser)


def _verify(arguments: argparse.Namespace) -> int:
    from ...backup_set.proving import report

    done = jobs.verify(
        vars(arguments),
        say=output.say,
        show=lambda said: output.show(said, report.render, as_json=arguments.json),
    )
    return output.warn(done.warnings)


def _prune_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be kept and why, and what would go")
    output.add_json(parser)


def _prune(arguments: argparse.Namespace) -> int:
    from ...backup_set.pruning import plan

    done = jobs.prune(
        dry_run=arguments.dry_run,
        say=output.say,
        show=lambda said: output.show(said, plan.render, as_json=arguments.json),
    )
    return output.warn(done.warnings)


VERBS: Mapping[str, Verb] = {
    "verify": Verb("prove that a set or a dump can be restored", _verify_options, _verify),
    "prune": Verb("remove the sets that retention does not keep", _prune_options, _prune),
}
