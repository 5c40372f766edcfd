# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward validate``: whether what serves on this host is what it should be."""

from __future__ import annotations

import argparse
import json
import sys

from ..core import files
from ..core.errors import StewardError
from ..core.findings import PASS, WARN
from ..validation.client import validate
from ..validation.model import CHECKS, REPORT_FILE
from ..validation.report import render
from . import exit_codes

CODES = {PASS: exit_codes.DONE, WARN: exit_codes.WARNINGS}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The verb's help and options."""
    parser.description = (
        "Looks at the release that serves on this app host and changes nothing. Ends with 0 when all is well, 4 with"
        " warnings, 1 with findings, 2 on bad input, 3 while another one runs."
    )
    about = "; ".join(f"{name}: {what}" for name, what in CHECKS.items())
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"{about}. All when none is named.")
    parser.add_argument("--json", action="store_true", help="print one JSON document, also on a terminal")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings, keep them, and tell by the exit code how it is."""
    report = validate(arguments.checks)
    shown = render(report) if sys.stdout.isatty() and not arguments.json else json.dumps(report, indent=2) + "\n"
    sys.stdout.write(shown)
    try:
        files.write_json(REPORT_FILE, report)
    except OSError as error:
        raise StewardError(f"{REPORT_FILE} cannot be written: {error.strerror}", "Is the disk full?") from error
    return CODES.get(report["status"], exit_codes.FAILED)
