# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of HAProxy's files, and the fingerprint by which a running HAProxy says which of them it has loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from . import timeouts
from .model import HEALTH, Service, endpoint

MARK = "# Written by steward.platform.director and overwritten by it."


def variable_of(name: str) -> str:
    """The process variable in which the running HAProxy holds a file's fingerprint."""
    return f"proc.steward_{name.replace('-', '_')}"


def fingerprint_of(text: str) -> str:
    """The structure of a rendered file, told by its own line; empty when there is none.

    Which servers are active is not part of it, because that changes without a reload.
    """
    for line in text.splitlines():
        if line.strip().startswith("set-var proc.steward_"):
            return line.rsplit("str(", 1)[1].rstrip(")")
    return ""


def render_service(service: Service, bind_addresses: Sequence[str], active: Collection[str]) -> str:
    """The file of a service, in which the servers that are not active are disabled."""
    structure = "\n".join([*_frontend(service, bind_addresses), "", *_backend(service)])
    servers = [
        f"    server {server.name} {server.endpoint}" + ("" if server.name in active else " disabled")
        for server in service.servers
    ]
    endpoints = [f"{server.name} {server.endpoint}" for server in service.servers]
    head = _head(service.name, "\n".join([structure, *endpoints]))
    return "\n".join([*head, structure, *servers, ""])


def render_health(services: Sequence[Service], port: int) -> str:
    """The file of the host's own health: 200 when every service has a ready server, else 503 naming one without."""
    lines = [
        f"frontend {HEALTH}",
        "    mode http",
        f"    bind {endpoint('127.0.0.1', port)}",
        f"    timeout client {timeouts.CLIENT}s",
        f"    timeout http-request {timeouts.REQUEST}s",
        f"    timeout http-keep-alive {timeouts.IDLE['director_edge']}s",
    ]
    for service in services:
        answer = f"status 503 content-type application/json string '{_unavailable(service.name)}'"
        lines.append(f"    http-request return {answer} unless {{ nbsrv({service.name}) ge 1 }}")
    lines.append('    http-request return status 200 content-type application/json string \'{"status":"ok"}\'')
    structure = "\n".join(lines)
    return "\n".join([*_head(HEALTH, structure), structure, ""])


def _head(name: str, structure: str) -> list[str]:
    fingerprint = hashlib.sha256(structure.encode()).hexdigest()[:16]
    return [MARK, "global", f"    set-var {variable_of(name)} str({fingerprint})", ""]


def _unavailable(name: str) -> str:
    return f'{{"status":"unavailable","service":"{name}","reason":"no ready server"}}'


def _frontend(service: Service, bind_addresses: Sequence[str]) -> list[str]:
    return [
        f"frontend {service.name}",
        "    mode http",
        # transparent: the private address may come after HAProxy when the host starts.
        *(f"    bind {endpoint(address, service.entry_port)} transparent" for address in bind_addresses),
        f"    timeout client {timeouts.CLIENT}s",
        f"    timeout http-request {timeouts.REQUEST}s",
        f"    timeout http-keep-alive {timeouts.IDLE['director_edge']}s",
        f"    default_backend {service.name}",
    ]


def _backend(service: Service) -> list[str]:
    check = (
        f"check inter {timeouts.INTERVAL} fastinter {timeouts.FAST_INTERVAL} downinter {timeouts.DOWN_INTERVAL}"
        f" fall {timeouts.FALL} rise {timeouts.RISE}"
    )
    return [
        f"backend {service.name}",
        "    mode http",
        "    balance leastconn",
        # Only a connection that could not be made is tried again: nothing of the request was sent yet.
        "    retries 3",
        "    retry-on conn-failure",
        "    option redispatch 1",
        f"    timeout connect {timeouts.CONNECT}s",
        f"    timeout server {timeouts.SERVER}s",
        f"    timeout tunnel {timeouts.TUNNEL}s",
        f"    timeout check {timeouts.CHECK}s",
        "    option httpchk",
        f"    http-check send meth GET uri {service.ready_path} ver HTTP/1.1 hdr Host {service.name}",
        "    http-check expect status 200",
        f"    http-error status 503 content-type application/json string '{_unavailable(service.name)}'",
        f"    default-server {check}",
    ]
