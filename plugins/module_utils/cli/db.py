# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward db``: the PostgreSQL server of this host."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..core.errors import InputError
from ..health.client import read_configuration
from ..health.model import Configuration
from ..postgresql.insight import blocking, client, report
from . import acts, exit_codes, logs, output

TABLES = 20
LONGER = 1.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """The group's verbs and their options."""
    parser.description = "Looks into the PostgreSQL server of this host, over its local socket and without a password."
    verbs = parser.add_subparsers(dest="act", metavar="VERB", required=True)
    shell = _add(verbs, "shell", "open psql as the superuser")
    shell.add_argument(
        "database",
        metavar="DATABASE",
        nargs="?",
        default="postgres",
        help="this one (default: all; for a shell postgres)",
    )
    size = _add(verbs, "size", "show databases and the biggest tables with indexes and dead rows", listing=True)
    size.add_argument("database", metavar="DATABASE", nargs="?", help="this one (default: all; for a shell postgres)")
    said = "so many tables (default: %(default)s)"
    size.add_argument("--tables", type=int, default=TABLES, metavar="N", help=said)
    activity = _add(verbs, "activity", "show statements and transactions that go on for long", listing=True)
    said = "for at least so many seconds (default: %(default)s)"
    activity.add_argument("--longer", type=float, default=LONGER, metavar="SECONDS", help=said)
    _add(verbs, "blocked", "show who waits for whom; ends with 4 when somebody does", listing=True)
    logs.add_options(_add(verbs, "logs", "show the server's log"))


def _add(verbs: Any, name: str, summary: str, *, listing: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
    if listing:
        output.add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    configuration = read_configuration()
    output.require_group(configuration, "database", "db")
    return ACTS[arguments.act](configuration, configuration["postgresql"]["port"], arguments)


def _shell(configuration: Configuration, port: int, arguments: argparse.Namespace) -> int:
    with acts.recorded("db shell", arguments.database) as entry:
        entry["exit_code"] = client.shell(port, arguments.database)
    return exit_codes.DONE if entry["exit_code"] == 0 else exit_codes.FAILED


def _size(configuration: Configuration, port: int, arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.tables <= 1000:
        raise InputError(f"--tables is {arguments.tables}, allowed is: 1 to 1000")
    databases, tables = client.sizes(port, [arguments.database] if arguments.database else [], arguments.tables)
    said = output.document(configuration, databases=databases, tables=tables)
    output.show(said, report.render_sizes, as_json=arguments.json)
    return exit_codes.DONE


def _activity(configuration: Configuration, port: int, arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.longer < float("inf"):
        raise InputError(f"--longer is {arguments.longer:g}, allowed is: 0 or more seconds")
    sessions = client.activity(port, arguments.longer)
    said = output.document(configuration, longer_seconds=arguments.longer, sessions=sessions)
    output.show(said, lambda shown: report.render_activity(shown["sessions"]), as_json=arguments.json)
    return exit_codes.DONE


def _blocked(configuration: Configuration, port: int, arguments: argparse.Namespace) -> int:
    sessions = client.blocked(port)
    waiting, trees = blocking.count_waiting(sessions), blocking.build_trees(sessions)
    said = output.document(configuration, waiting=waiting, trees=trees)
    output.show(said, lambda shown: report.render_blocked(shown["trees"]), as_json=arguments.json)
    return exit_codes.WARNINGS if waiting else exit_codes.DONE


def _logs(configuration: Configuration, port: int, arguments: argparse.Namespace) -> int:
    found, path, end = client.log(port, logs.since(arguments), logs.lines(arguments))
    sys.stdout.writelines(found)
    sys.stdout.flush()
    if arguments.follow and client.follow(path, end) not in (0, *logs.INTERRUPTED):
        return exit_codes.FAILED
    return exit_codes.DONE


ACTS: Mapping[str, Callable[[Configuration, int, argparse.Namespace], int]] = {
    "shell": _shell,
    "size": _size,
    "activity": _activity,
    "blocked": _blocked,
    "logs": _logs,
}
