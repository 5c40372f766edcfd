# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward status``: how this host's part of the platform is."""

from __future__ import annotations

import argparse
import time
from typing import Any

from ..core import clock, files
from ..core.errors import InputError, StewardError
from ..core.findings import PASS, WARN
from ..health.client import ask_all, current_release, read_configuration
from ..health.judge import Seen, judge
from ..health.model import STATUS_FILE
from ..health.plan import plan_probes
from ..health.report import build_report, render_table
from . import exit_codes, output
from .version import read_build

# A host under load is not a host that hangs; all answers of a well one are there within one second.
SECONDS = 5.0
CODES = {PASS: exit_codes.DONE, WARN: exit_codes.WARNINGS}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The verb's help and options."""
    parser.description = "Asks everything here at once. Ends with 0 when all is well, 4 with warnings, 1 otherwise."
    output.add_json(parser)
    wait = "wait so long for answers (default: %(default)s)"
    parser.add_argument("--timeout", type=float, default=SECONDS, metavar="SECONDS", help=wait)


def run(arguments: argparse.Namespace) -> int:
    """Print the status, keep it, and tell by the exit code how it is."""
    if not 0 < arguments.timeout <= 600:
        raise InputError(f"--timeout is {arguments.timeout:g}, allowed is more than 0 and at most 600")
    report = take(arguments.timeout)
    output.show(report, render_table, as_json=arguments.json)
    try:
        files.write_json(STATUS_FILE, report)
    except OSError as error:
        raise StewardError(f"{STATUS_FILE} cannot be written: {error.strerror}", "Is the disk full?") from error
    return CODES.get(report["status"], exit_codes.FAILED)


def take(seconds: float) -> dict[str, Any]:
    """The status as a document."""
    taken, started = clock.now(), time.monotonic()
    configuration = read_configuration()
    release = current_release(configuration)
    answers = ask_all(plan_probes(configuration, release), seconds)
    rows = judge(Seen(configuration, release, answers, taken))
    version = read_build()["version"]
    return build_report(configuration, rows, version=version, taken=taken, seconds=time.monotonic() - started)
