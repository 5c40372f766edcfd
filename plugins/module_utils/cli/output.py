# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How listing verbs answer: a table on a terminal, one JSON document otherwise."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..core import clock
from ..core.errors import InputError
from ..health.model import Configuration
from . import exit_codes

# Of the documents of all listing verbs but status, which has one of its own.
SCHEMA = 1


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document, also on a terminal")


def document(configuration: Configuration, **parts: Any) -> dict[str, Any]:
    """A document with what all of them begin with."""
    return {
        "schema": SCHEMA,
        "taken": clock.to_text(clock.now()),
        "platform": configuration["platform"],
        "host": configuration["host"],
        **parts,
    }


def show(report: dict[str, Any], render: Callable[[dict[str, Any]], str], *, as_json: bool) -> None:
    """Print a document, for people when they look."""
    for_people = sys.stdout.isatty() and not as_json
    sys.stdout.write(render(report) if for_people else json.dumps(report, indent=2) + "\n")


def say(line: str) -> None:
    """Progress of something long: for people, and in the journal of a timer's unit."""
    sys.stderr.write(f"{line}\n")


def warn(lines: Sequence[str]) -> int:
    """Tell what somebody should look at though all went well; returns the exit code for that."""
    for line in lines:
        sys.stderr.write(f"steward: warning: {line}\n")
    return exit_codes.WARNINGS if lines else exit_codes.DONE


def require_group(configuration: Configuration, group: str, verb: str) -> None:
    """:raises InputError: this host has nothing of that kind."""
    if group not in configuration["groups"]:
        groups = ", ".join(configuration["groups"]) or "none"
        raise InputError(f"steward {verb} needs a host of the group {group}, this one has: {groups}")
