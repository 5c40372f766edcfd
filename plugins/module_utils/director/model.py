# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy shall do: entry ports, the servers behind them and which of them serve."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import InputError

CONFIGURATION = "/etc/haproxy/haproxy.cfg"
DIRECTORY = "/etc/haproxy/services"
SOCKET = "/run/haproxy/admin.sock"
HEALTH = "steward-health"

_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,62}")
_SERVER = re.compile(r"[a-z0-9][a-z0-9.-]{0,126}")
_PATH = re.compile(r"/[A-Za-z0-9/._~-]*")


@dataclass(frozen=True)
class Server:
    """One replica's place, whether a replica runs there or not."""

    name: str
    address: str
    port: int

    @property
    def endpoint(self) -> str:
        """Address and port as HAProxy writes them: ``10.90.2.10:18000``, ``[fd90::1]:18000``."""
        return endpoint(self.address, self.port)


@dataclass(frozen=True)
class Service:
    """One entry port; ``active`` names the servers that serve, None keeps those that do."""

    name: str
    entry_port: int
    ready_path: str
    servers: tuple[Server, ...]
    active: tuple[str, ...] | None


@dataclass(frozen=True)
class Wish:
    """All of it; ``health_port`` answers on loopback whether every service has a ready server."""

    services: tuple[Service, ...]
    bind_addresses: tuple[str, ...]
    health_port: int | None = None


def endpoint(address: str, port: int) -> str:
    """Address and port with the brackets that IPv6 needs."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def path_of(name: str) -> str:
    """The file of a service."""
    return f"{DIRECTORY}/{name}.cfg"


def parse_wish(parameters: Mapping[str, Any]) -> Wish:
    """The module's options as a wish.

    :raises InputError: naming the option, its value and what is allowed.
    """
    addresses = tuple(_address("bind_addresses", value) for value in parameters["bind_addresses"])
    if not addresses:
        raise InputError("bind_addresses is empty", "Name at least one address of this host.")
    services = tuple(_service(f"services[{index}]", given) for index, given in enumerate(parameters["services"]))
    health_port = parameters.get("health_port")
    ports = [service.entry_port for service in services]
    if health_port is not None:
        ports.append(_port("health_port", health_port))
    _refuse_twice("the service name", (service.name for service in services))
    _refuse_twice("the entry port", ports)
    return Wish(services, addresses, health_port)


def _service(where: str, given: Mapping[str, Any]) -> Service:
    name = given["name"]
    if not _SERVICE.fullmatch(name) or name == HEALTH:
        raise InputError(f"{where}.name is {name!r}; allowed are small letters, digits and '-', not {HEALTH!r}")
    if not _PATH.fullmatch(given["ready_path"]):
        raise InputError(f"{where}.ready_path is {given['ready_path']!r}; it must be a path such as /health/ready")
    servers = tuple(_server(f"{where}.servers[{index}]", server) for index, server in enumerate(given["servers"]))
    _refuse_twice(f"{where}: the server name", (server.name for server in servers))
    _refuse_twice(f"{where}: the server address", (server.endpoint for server in servers))
    active = given.get("active")
    unknown = sorted(set(active or ()) - {server.name for server in servers})
    if unknown:
        known = ", ".join(server.name for server in servers) or "none"
        raise InputError(f"{where}.active names {', '.join(unknown)}; the servers of {name} are: {known}")
    return Service(
        name=name,
        entry_port=_port(f"{where}.entry_port", given["entry_port"]),
        ready_path=given["ready_path"],
        servers=servers,
        active=None if active is None else tuple(sorted(set(active))),
    )


def _server(where: str, given: Mapping[str, Any]) -> Server:
    if not _SERVER.fullmatch(given["name"]):
        raise InputError(f"{where}.name is {given['name']!r}; allowed are small letters, digits, '.' and '-'")
    return Server(given["name"], _address(f"{where}.address", given["address"]), _port(f"{where}.port", given["port"]))


def _address(option: str, value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError as error:
        raise InputError(f"{option} is {value!r}; it must be an IPv4 or IPv6 address") from error


def _port(option: str, value: int) -> int:
    if not 1 <= value <= 65535:
        raise InputError(f"{option} is {value}; it must be between 1 and 65535")
    return value


def _refuse_twice(what: str, values: Iterable[Any]) -> None:
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise InputError(f"{what} {value} is given twice; each may occur once")
        seen.add(value)
