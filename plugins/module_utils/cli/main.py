# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``steward``: finds the verb and turns errors into a line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ..core.errors import BusyError, InputError, StewardError
from ..core.program import describe_build
from . import exit_codes
from .version import read_build

# The verbs; each is a module here with ``add_options(parser)`` and ``run(arguments)``, loaded only when it is called.
VERBS = {
    "status": "show services, release, director, data services and certificates of this host",
    "doctor": "find what is wrong with this host, and say what to do next",
    "app": "show, restart, stop and start services, and their logs",
    "db": "look into PostgreSQL: sizes, activity, who blocks whom, logs, a shell",
    "cache": "look into Redis: memory, hits, latency, a shell; empty a cache",
    "backup": "make and show the backup sets of this host, what they are worth and what is overdue",
    "restore": "bring this host's data back to a set or a moment, and take that back",
    "validate": "check environment, imports, migrations and containers of what serves on this app host",
}


class _Version(argparse.Action):
    """Reads the build only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *arguments: Any) -> None:
        build = read_build()
        sys.stdout.write(f"{describe_build(build['version'], build['content'])}\n")
        parser.exit()


def build_parser(chosen: Sequence[str]) -> argparse.ArgumentParser:
    """All verbs, and the options of those that are chosen."""
    parser = argparse.ArgumentParser(prog="steward", description="Looks after this host's part of the platform.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print version and content hash")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary)
        if name in chosen:
            module = importlib.import_module(f".{name}", __package__)
            module.add_options(verb)
            verb.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run a verb; returns the exit code (argparse itself ends with 2 on bad input)."""
    signal.signal(signal.SIGTERM, _end)
    try:
        # The first word alone: what comes after it may be called like another verb, which would be loaded in vain.
        chosen = [word for word in argv if not word.startswith("-")][:1]
        arguments = build_parser(chosen).parse_args(argv)
        _require_root()
        code: int = arguments.run(arguments)
        return code
    except InputError as error:
        return _refuse(error, exit_codes.BAD_INPUT)
    except BusyError as error:
        return _refuse(error, exit_codes.BUSY)
    except StewardError as error:
        return _refuse(error, exit_codes.FAILED)


def _end(number: int, frame: Any) -> NoReturn:
    """Told to end: as an error, so that what was begun is recorded and cleaned up."""
    raise SystemExit(128 + number)


def _require_root() -> None:
    if os.geteuid() != 0:
        raise InputError("steward reads what only root may read", "Run it with sudo.")


def _refuse(error: StewardError, code: int) -> int:
    sys.stderr.write(f"steward: {error}\n")
    return code
