# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs that show the sets of this host and judge them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from ...backup_set import client, due, report
from ...backup_set.catalogue import visible
from ...backup_set.model import TYPES
from ...backup_set.schedule import JOBS
from ...core import clock
from ...core.errors import InputError
from ...core.findings import PASS, WARN
from ...core.schema import unknown_name
from .. import exit_codes, output
from ..verbs import Verb

CODES = {PASS: exit_codes.DONE, WARN: exit_codes.WARNINGS}


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


VERBS: Mapping[str, Verb] = {
    "list": Verb("show the sets of this host, newest first", _list_options, _list),
    "status": Verb(
        "show to which moment one can go back, what was proven and what is overdue",
        _status_options,
        _status,
    ),
    "failed": Verb("record that a job ended without recording it; for systemd", _failed_options, _failed),
}
