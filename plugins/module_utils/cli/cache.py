# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward cache``: the Redis instances of this host."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..core import table
from ..core.errors import InputError
from ..core.locks import lock
from ..health.client import read_configuration
from ..health.model import Configuration
from ..redis.insight import client, plan, report
from . import acts, exit_codes, output

SAMPLES = 200
LOCK = "/var/lib/steward/cache.lock"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The group's verbs and their options."""
    parser.description = "Looks into the Redis instances of this host, and empties those that are only caches."
    verbs = parser.add_subparsers(dest="act", metavar="VERB", required=True)
    _add(verbs, "info", "show memory, evictions, hit rate, clients, persistence, replication and keys", listing=True)
    _add(verbs, "shell", "open redis-cli as the local administrator")
    latency = _add(verbs, "latency", "measure round trips, and show what the server found slow", listing=True)
    latency.add_argument("--samples", type=int, default=SAMPLES, metavar="N", help="round trips (default: %(default)s)")
    said = "drop all keys of a cache; refused where queues, results or sessions are"
    flush = verbs.add_parser("flush", help=said, description=f"{said.capitalize()}. It cannot be undone.")
    flush.add_argument("instance", metavar="INSTANCE")
    flush.add_argument("--yes", action="store_true", help="do it; without this only what would be dropped is shown")


def _add(verbs: Any, name: str, summary: str, *, listing: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
    parser.add_argument("instance", metavar="INSTANCE", nargs="?", help="only this one")
    if listing:
        output.add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    configuration = read_configuration()
    output.require_group(configuration, "cache", "cache")
    return ACTS[arguments.act](configuration, arguments)


def _info(configuration: Configuration, arguments: argparse.Namespace) -> int:
    rows = [
        {**client.info(instance), "persistent": instance["persistent"], "uses": instance["uses"] or []}
        for instance in _chosen(configuration, arguments)
    ]
    said = output.document(configuration, instances=rows)
    output.show(said, lambda shown: report.render_info(shown["instances"]), as_json=arguments.json)
    return exit_codes.DONE


def _latency(configuration: Configuration, arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.samples <= 100_000:
        raise InputError(f"--samples is {arguments.samples}, allowed is: 1 to 100000")
    rows = [client.latency(instance, arguments.samples) for instance in _chosen(configuration, arguments)]
    said = output.document(configuration, instances=rows)
    output.show(said, lambda shown: report.render_latency(shown["instances"]), as_json=arguments.json)
    return exit_codes.DONE


def _chosen(configuration: Configuration, arguments: argparse.Namespace) -> list[Mapping[str, Any]]:
    instances = configuration["redis"]
    return [plan.find_instance(instances, arguments.instance)] if arguments.instance else list(instances)


def _shell(configuration: Configuration, arguments: argparse.Namespace) -> int:
    instance = plan.find_instance(configuration["redis"], arguments.instance)
    with acts.recorded("cache shell", instance["name"]) as entry:
        entry["exit_code"] = client.shell(instance)
    return exit_codes.DONE if entry["exit_code"] == 0 else exit_codes.FAILED


def _flush(configuration: Configuration, arguments: argparse.Namespace) -> int:
    instances = configuration["redis"]
    instance = plan.find_instance(instances, arguments.instance)
    with lock(LOCK, f"flush {instance['name']}"):
        figures = client.info(instance)
        plan.refuse_flush(instances, instance, figures["eviction"]["policy"])
        keys = plan.count_keys(figures)
        users = ", ".join(dict.fromkeys(use["service"] for use in instance["uses"] or [])) or "nobody known"
        what = f"{keys} keys ({report.render_keys(figures) or 'none'}), {table.size(figures['memory']['used'])}"
        sys.stdout.write(f"{instance['name']}: drops {what}; used by {users}. It cannot be undone.\n")
        if not arguments.yes:
            raise InputError("nothing was dropped", "Give --yes to do it.")
        with acts.recorded("cache flush", instance["name"]) as entry:
            entry["keys"] = keys
            client.flush(instance)
    sys.stdout.write(f"{instance['name']}: dropped\n")
    return exit_codes.DONE


ACTS: Mapping[str, Callable[[Configuration, argparse.Namespace], int]] = {
    "info": _info,
    "shell": _shell,
    "latency": _latency,
    "flush": _flush,
}
