# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import engine
from .say import HostsError


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="hosts")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("engine")
    parser.parse_args(argv)
    try:
        engine.ensure()
    except HostsError as error:
        sys.stderr.write(f"hosts: {error}\n")
        return 1
    return 0
