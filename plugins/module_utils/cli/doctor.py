# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward doctor``: what is wrong with this host, and what to do next."""

from __future__ import annotations

import argparse

from ..core import clock
from ..core.findings import PASS
from ..health.client import read_configuration
from ..health.doctor.client import look
from ..health.doctor.judge import Scale, judge
from ..health.doctor.report import build_parts, render
from ..platform_model.thresholds import CRITICAL, WARNING
from . import exit_codes, output, status

# The journal of a busy host is not read in a moment.
SECONDS = 15.0
CODES = {PASS: exit_codes.DONE, WARNING: exit_codes.WARNINGS, CRITICAL: exit_codes.FAILED}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The verb's help and options."""
    parser.description = (
        "Looks at disk, memory, pressure, load, containers, journal, units, timers and all that steward status asks. "
        "What is too much is said by platform_thresholds in the inventory. "
        "Ends with 0 when nothing is wrong, 4 with warnings, 1 when something is critical."
    )
    output.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found, and tell by the exit code how bad it is."""
    configuration = read_configuration()
    now, asked = clock.now(), status.take(status.SECONDS)
    answers = look(configuration, SECONDS)
    problems = judge(answers, asked, Scale(configuration["thresholds"], now))
    said = output.document(configuration, **build_parts(problems, answers, asked))
    output.show(said, render, as_json=arguments.json)
    return CODES[said["verdict"]]
