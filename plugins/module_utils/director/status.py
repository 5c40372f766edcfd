# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the state of the servers means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.errors import StewardError
from ..core.findings import FAIL, PASS, WARN, Finding
from .parse import Statistics, parse_file

SCHEMA = 1


def is_admissible(seen: Statistics) -> bool:
    """Whether HAProxy's own check has found a draining server ready."""
    return seen.status == "DRAIN" and seen.check.startswith("L7OK")


def failed_readiness(
    waiting: Sequence[Mapping[str, Any]],
    seen: Mapping[tuple[str, str], Statistics],
    answers: Mapping[tuple[str, str], str],
    timeout: float,
) -> StewardError:
    """One line for each server that did not become ready."""
    lines = []
    for target in waiting:
        place = (target["service"], target["server"])
        said = seen[place].check + (f" {seen[place].answer}" if seen[place].answer else "")
        direct = answers[place] or "a direct request was answered with 200"
        lines.append(
            f"{target['service']}: {target['server']} ({target['endpoint']}) did not become ready within {timeout:g} s;"
            f" HAProxy says {seen[place].status}, {said.strip() or 'no check yet'}; {direct}"
        )
    return StewardError("\n".join(lines), "The servers that served before serve on; see the replica's own log.")


def build_services(
    files: Mapping[str, str],
    states: Mapping[str, Mapping[str, str]],
    statistics: Mapping[tuple[str, str], Statistics],
) -> dict[str, Any]:
    """The document of ``director_info``: the services that have a file of ours, as the running HAProxy has them."""
    services = []
    for name, text in sorted(files.items()):
        placed = parse_file(text)
        running = states.get(name, {})
        servers = []
        for server in placed:
            seen = statistics.get((name, server.name))
            servers.append(
                {
                    "name": server.name,
                    "endpoint": server.endpoint,
                    "state": running.get(server.name, "absent"),
                    "status": seen.status if seen else "",
                    "check": seen.check if seen else "",
                    "sessions": seen.sessions if seen else 0,
                    "queue": seen.queue if seen else 0,
                }
            )
        if placed:
            active = [server.name for server in placed if server.active]
            services.append({"name": name, "active": active, "servers": servers})
    return {"schema": SCHEMA, "services": services}


def judge(document: Mapping[str, Any]) -> list[Finding]:
    """One finding for each service: do its active servers serve?"""
    return [_judge_service(service) for service in document["services"]]


def _judge_service(service: Mapping[str, Any]) -> Finding:
    name = f"traffic {service['name']}"
    servers = {server["name"]: server for server in service["servers"]}
    active = [servers[each] for each in service["active"]]
    serving = [each["name"] for each in active if each["state"] == "ready" and each["status"].startswith("UP")]
    if not active:
        return Finding(name, FAIL, "no server is active", "Deploy the service.")
    if len(serving) == len(active):
        return Finding(name, PASS, f"served by {', '.join(serving)}")
    rest = ", ".join(
        f"{each['name']} is {each['state']} and {each['status'] or 'unknown'} {each['check']}".rstrip()
        for each in active
        if each["name"] not in serving
    )
    hint = "Ask the replica's readiness and read its log; converge the proxy when its state is not ready."
    return Finding(name, WARN if serving else FAIL, rest, hint)


def judge_silence(error: StewardError) -> list[Finding]:
    """The finding when HAProxy does not answer."""
    return [Finding("traffic director", FAIL, error.message, error.hint)]
