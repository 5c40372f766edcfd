# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward restore``: this host's data comes back to a set or a moment, and goes forth again."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from ..backup_set.client import read_configuration
from ..core.errors import InputError
from ..recovery.client import ASKED, offered, plan_here
from ..recovery.erasures import client as erasures
from ..recovery.erasures.model import render_ledger
from ..recovery.model import SCOPES, TARGET_TYPES
from ..recovery.plan import METHODS
from ..recovery.running import client
from ..recovery.running.plan import FINISHED, STAGES, render_status, warnings_of
from ..recovery.sources import render_sets
from . import acts, exit_codes, output
from .verbs import Verb, add_verbs
from .version import read_build


def _wish_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scope", metavar="SCOPE", help=f"one of: {', '.join(SCOPES)} (default: full_system)")
    parser.add_argument("--source", metavar="SOURCE", help="a set's id, or a repository's name, path or s3:// place")
    parser.add_argument(
        "--target",
        metavar="TARGET",
        help="a time, an LSN, latest or immediate (default: immediate with a set as source, else latest)",
    )
    parser.add_argument("--target-type", metavar="TYPE", help=f"one of: {', '.join(TARGET_TYPES)}")
    parser.add_argument("--timeline", metavar="N", type=int, help="the database's timeline (default: the newest)")
    parser.add_argument("--method", metavar="METHOD", help=f"one of: {', '.join(METHODS)}")


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    given = vars(arguments)
    return {name: given[name] for name in ASKED if given.get(name) is not None}


def _plan_options(parser: argparse.ArgumentParser) -> None:
    _wish_options(parser)
    output.add_json(parser)


def _plan(arguments: argparse.Namespace) -> int:
    document, _offer = plan_here(_asked(arguments))
    output.show(document, lambda shown: str(shown["text"]), as_json=arguments.json)
    return exit_codes.DONE


def _list_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", metavar="NAME", default="", help="the repository (default: the first one)")
    output.add_json(parser)


def _list(arguments: argparse.Namespace) -> int:
    offer = offered(arguments.source)
    document = {
        "schema": output.SCHEMA,
        "repository": offer.repository,
        "sets": offer.sets,
        "wal": offer.wal,
        "text": render_sets(offer.sets),
    }
    output.show(document, lambda shown: str(shown["text"]), as_json=arguments.json)
    return exit_codes.DONE


def _run_options(parser: argparse.ArgumentParser) -> None:
    _wish_options(parser)
    parser.add_argument("--confirm", metavar="ID", default="", help="what the plan says is to be typed")
    parser.add_argument("--stage", metavar="STAGE", default=FINISHED, help=f"how far to go: {', '.join(STAGES)}")
    output.add_json(parser)


def _run(arguments: argparse.Namespace) -> int:
    asked = _asked(arguments)

    def confirm(document: Mapping[str, Any]) -> str:
        if arguments.confirm or not sys.stdin.isatty():
            return str(arguments.confirm)
        sys.stderr.write(f"{document['text']}\nType {document['confirm']} to go on: ")
        sys.stderr.flush()
        return sys.stdin.readline().strip()

    with acts.recorded("restore run", asked.get("scope", "what was begun")):
        journal = client.run(
            asked, confirm=confirm, steward=read_build()["version"], stage=arguments.stage, say=output.say
        )
    return _tell(journal, arguments)


def _tell(journal: Mapping[str, Any], arguments: argparse.Namespace) -> int:
    output.show(client.status(), render_status, as_json=arguments.json)
    return exit_codes.WARNINGS if warnings_of(journal) else exit_codes.DONE


def _status(arguments: argparse.Namespace) -> int:
    output.show(client.status(), render_status, as_json=arguments.json)
    return exit_codes.DONE


def _accept(arguments: argparse.Namespace) -> int:
    with acts.recorded("restore accept", "the last recovery"):
        client.accept()
    return _status(arguments)


def _undo(arguments: argparse.Namespace) -> int:
    with acts.recorded("restore undo", "the last recovery"):
        client.undo(steward=read_build()["version"], say=output.say)
    return _status(arguments)


def _erase_options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Reads one JSON object from its standard input, so that nothing of it is in an argument list: "
        '{"database": "shop", "statement": "DELETE FROM customers WHERE id = %%s", "values": [42]}'
    )
    output.add_json(parser)


def _erase(arguments: argparse.Namespace) -> int:
    try:
        document = json.load(sys.stdin)
    except ValueError as error:
        raise InputError(f"the erasure is not JSON: {error}") from error
    database = read_configuration().get("postgresql")
    if database is None:
        raise InputError("this host has no database that is backed up, so there is nothing to erase in")
    with acts.recorded("restore erase", str(document.get("database") if isinstance(document, dict) else "")):
        done = erasures.erase(document, database["port"])
    output.show({"schema": output.SCHEMA, **done}, lambda shown: f"{shown['id']}: erased\n", as_json=arguments.json)
    return exit_codes.DONE


def _erasures(arguments: argparse.Namespace) -> int:
    shown = [{name: entry[name] for name in ("id", "erased", "database", "statement")} for entry in erasures.read()]
    document = {"schema": output.SCHEMA, "erasures": shown}
    output.show(document, lambda said: render_ledger(said["erasures"]), as_json=arguments.json)
    return exit_codes.DONE


VERBS: Mapping[str, Verb] = {
    "plan": Verb("show what a recovery would do, in order, before anything stops", _plan_options, _plan),
    "list": Verb("show the sets that a repository has now", _list_options, _list),
    "run": Verb("carry a recovery out, or go on with the one that was begun", _run_options, _run),
    "status": Verb("show how far the last recovery came and what to do next", output.add_json, _status),
    "accept": Verb("remove what the last recovery kept for undo", output.add_json, _accept),
    "undo": Verb("take the last recovery back, as far as it came", output.add_json, _undo),
    "erase": Verb("erase somebody now and again after every restore", _erase_options, _erase),
    "erasures": Verb("show what is erased again after every restore", output.add_json, _erasures),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The group's verbs and their options."""
    parser.description = "Brings this host's data back. Everything that can fail is done before anything stops."
    add_verbs(parser, VERBS)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    return VERBS[arguments.act].run(arguments)
