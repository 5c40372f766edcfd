# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs that make a set, one for each type."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial

from ...backup_set.job import client as jobs
from ...backup_set.model import TYPES
from .. import output
from ..verbs import Verb
from ..version import read_build


def _make_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--label", metavar="TEXT", default="", help="a name for people")
    parser.add_argument("--compress", metavar="LEVEL", type=int, default=3, help="0 to 9 (default: %(default)s)")
    parser.add_argument("--remote", metavar="NAME", action="append", default=[], help="also into this repository")
    parser.add_argument("--repository", metavar="NAME", help="in this one instead of the main repository")
    parser.add_argument("--retention", metavar="DAYS", type=int, help="keep it at least so long")
    parser.add_argument("--encrypted", action="store_true", default=None, help="refuse a repository that is plain")
    parser.add_argument("--id", metavar="ID", default="", help="the set's id (default: this moment)")
    output.add_json(parser)


def _make(set_type: str, arguments: argparse.Namespace) -> int:
    asked = jobs.options_of(vars(arguments))
    done = jobs.make_set(set_type, asked, steward=read_build()["version"], name=arguments.id, say=output.say)
    output.show(done.manifest or {}, lambda said: f"set {said['id']}: {said['outcome']}\n", as_json=arguments.json)
    return output.warn(done.warnings)


VERBS: Mapping[str, Verb] = {
    name: Verb(f"make a set of {set_type.about}", _make_options, partial(_make, name))
    for name, set_type in TYPES.items()
}
