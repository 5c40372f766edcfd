# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward app``: the platform's services on this host."""

from __future__ import annotations

import argparse
import sys

from ..core import process
from ..health.client import read_configuration
from ..health.model import Configuration
from ..release.running import client, plan, report
from ..release.switch.client import settle
from . import acts, exit_codes, logs, output

ACTS = {
    plan.RESTART: "stop a service and start it again",
    plan.STOP: "stop a service until it is started, deployed or the host restarts",
    plan.START: "start a service",
}
SETTLE = "settle"
SETTLING = "undo what an interrupted switch left"
ONLY_AT_BOOT = (
    "The host does it when it starts: HAProxy is to send traffic to the release that the ledger names, whose services "
    "are about to start, and all other containers stop. On a host that serves, deploy again instead."
)
GENTLE = (
    "Requests are lost meanwhile. The playbook restart.yml restarts without losing one; this works on this host only."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The group's verbs and their options."""
    parser.description = f"Shows and controls the services of this host by their systemd units. {GENTLE}"
    verbs = parser.add_subparsers(dest="act", metavar="VERB", required=True)
    output.add_json(verbs.add_parser("ps", help="show services with their containers"))
    settled = verbs.add_parser(SETTLE, help=SETTLING, description=f"{SETTLING.capitalize()}. {ONLY_AT_BOOT}")
    settled.add_argument("--boot", action="store_true", required=True, help="the host starts, and nothing serves yet")
    shown = verbs.add_parser("logs", help="show what a service says")
    shown.add_argument("service", metavar="SERVICE")
    logs.add_options(shown)
    for name, summary in ACTS.items():
        verbs.add_parser(name, help=summary, description=f"{summary.capitalize()}. {GENTLE}").add_argument(
            "service", metavar="SERVICE"
        )


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    configuration = read_configuration()
    output.require_group(configuration, "app", "app")
    if arguments.act == "ps":
        said = output.document(configuration, services=client.observe(configuration))
        output.show(said, lambda shown: report.render_services(shown["services"]), as_json=arguments.json)
        return exit_codes.DONE
    if arguments.act == SETTLE:
        return _settle(configuration)
    unit = client.unit_of_service(configuration, arguments.service)
    if arguments.act == "logs":
        return _logs(unit, arguments)
    with acts.recorded(f"app {arguments.act}", arguments.service) as entry:
        if not client.act(configuration, arguments.act, arguments.service):
            entry["result"] = acts.NOTHING
    sys.stdout.write(f"{arguments.service}: {arguments.act} {entry['result']}\n")
    return exit_codes.DONE


def _settle(configuration: Configuration) -> int:
    with acts.recorded(f"app {SETTLE}", configuration["platform"]) as entry:
        done = settle(configuration["platform"], configuration["paths"], configuration["address"])
        if not any(done.values()):
            entry["result"] = acts.NOTHING
    for what, names in done.items():
        sys.stdout.write(f"{what}: {', '.join(names) or 'nothing'}\n")
    return exit_codes.DONE


def _logs(unit: str, arguments: argparse.Namespace) -> int:
    """The unit's own lines and its containers', also of containers that were removed."""
    since, lines = logs.since(arguments), logs.lines(arguments)
    argv = ["journalctl", "--no-pager", "--output=short-iso", f"--unit={unit}"]
    argv += [f"--since=@{since.timestamp():.0f}"] if since else []
    argv += [f"--lines={lines}"] if lines else ["--no-tail"]
    argv += ["--follow"] if arguments.follow else []
    return exit_codes.FAILED if process.interact(argv) not in (0, *logs.INTERRUPTED) else exit_codes.DONE
