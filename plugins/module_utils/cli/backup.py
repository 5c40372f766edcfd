# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward backup``: the backup sets of this host."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from ..backup_set import client, due, report
from ..backup_set.catalogue import visible
from ..backup_set.job import client as jobs
from ..backup_set.model import TYPES
from ..backup_set.schedule import JOBS
from ..core import clock
from ..core.errors import InputError
from ..core.findings import PASS, WARN
from ..core.schema import unknown_name
from . import exit_codes, output
from .version import read_build

CODES = {PASS: exit_codes.DONE, WARN: exit_codes.WARNINGS}


@dataclass(frozen=True)
class Verb:
    """One verb: what it does, its options, and the function that does it."""

    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def _list_options(parser: argparse.ArgumentParser) -> None:
    types = f"only sets of this type: {', '.join(TYPES)}"
    parser.add_argument("--all", action="store_true", help="also what has no manifest: unfinished sets and remains")
    parser.add_argument("--type", metavar="TYPE", default="", help=types)
    output.add_json(parser)


def _list(arguments: argparse.Namespace) -> int:
    if arguments.type and arguments.type not in TYPES:
        raise InputError(unknown_name(arguments.type, TYPES, f"--type {arguments.type!r}"))
    seen = client.look()
    chosen = visible(seen.entries, everything=arguments.all, set_type=arguments.type)
    output.show(report.build_list(seen, chosen), report.render_list, as_json=arguments.json)
    return exit_codes.DONE


def _status_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--metrics", action="store_true", help="write the metrics instead, and say nothing")
    output.add_json(parser)


def _status(arguments: argparse.Namespace) -> int:
    seen = client.look()
    if arguments.metrics:
        client.publish_metrics(seen)
        return exit_codes.DONE
    document = report.build_status(seen)
    output.show(document, report.render_status, as_json=arguments.json)
    return CODES.get(document["verdict"], exit_codes.FAILED)


def _failed_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="the job that ended")


def _failed(arguments: argparse.Namespace) -> int:
    if arguments.job not in JOBS:
        raise InputError(unknown_name(arguments.job, JOBS, f"the job {arguments.job!r}"))
    result = due.died(arguments.job, client.read_result(arguments.job), os.environ, clock.now())
    if result is not None:
        client.keep_result(result)
        sys.stderr.write(f"{arguments.job}: {result['error']}\n")
    client.publish_metrics(client.look())
    return exit_codes.DONE


def _make_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--label", metavar="TEXT", default="", help="a name for people")
    parser.add_argument("--compress", metavar="LEVEL", type=int, default=3, help="0 to 9 (default: %(default)s)")
    parser.add_argument("--remote", metavar="NAME", action="append", default=[], help="also into this repository")
    parser.add_argument("--retention", metavar="DAYS", type=int, help="keep it at least so long")
    parser.add_argument("--encrypted", action="store_true", default=None, help="refuse a repository that is plain")
    parser.add_argument("--id", metavar="ID", default="", help="the set's id (default: this moment)")
    output.add_json(parser)


def _make(set_type: str, arguments: argparse.Namespace) -> int:
    asked = jobs.options_of(vars(arguments))
    done = jobs.make_set(set_type, asked, steward=read_build()["version"], name=arguments.id, say=output.say)
    output.show(done.manifest or {}, lambda said: f"set {said['id']}: {said['outcome']}\n", as_json=arguments.json)
    for line in done.warnings:
        sys.stderr.write(f"steward: warning: {line}\n")
    return exit_codes.WARNINGS if done.warnings else exit_codes.DONE


VERBS: Mapping[str, Verb] = {
    **{
        name: Verb(f"make a set of {set_type.about}", _make_options, partial(_make, name))
        for name, set_type in TYPES.items()
    },
    "list": Verb("show the sets of this host, newest first", _list_options, _list),
    "status": Verb(
        "show to which moment one can go back, what was proven and what is overdue",
        _status_options,
        _status,
    ),
    "failed": Verb("record that a job ended without recording it; for systemd", _failed_options, _failed),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The group's verbs and their options."""
    parser.description = "Makes, shows and judges the backup sets of this host. Nothing of it needs a controller."
    verbs = parser.add_subparsers(dest="act", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        verb.add_options(verbs.add_parser(name, help=verb.summary, description=f"{verb.summary.capitalize()}."))


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    return VERBS[arguments.act].run(arguments)
