# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host must be before anything is changed on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Debian release to what is supported there. Other releases are refused before they can surprise.
SYSTEMS: Mapping[tuple[str, str], frozenset[str]] = {
    ("debian", "13"): frozenset({"app", "cache", "database", "proxy", "secrets"}),
}

GIB = 1024**3
# The seeds' own limit: images, write-ahead log and two releases side by side fill less than this slowly enough to act.
MINIMUM_DISK = 10 * GIB
DISK_PATHS = ("/", "/opt", "/var/lib")
# What the operating system and our own services need beside the containers, by measurement on the demo host.
MEMORY_OF_GROUP: Mapping[str, int] = {
    "app": 256 * 1024**2,
    "cache": 64 * 1024**2,
    "database": 256 * 1024**2,
    "proxy": 64 * 1024**2,
    "secrets": 192 * 1024**2,
}
# Tokens, certificates and log order suffer beyond this.
CLOCK_TOLERANCE_SECONDS = 30.0
# Engine API of Docker 20.10; Compose v2 speaks nothing older.
MINIMUM_DOCKER_API = (1, 41)

# What --force may turn into a warning: it can cost time, never data or security.
FORCEABLE = frozenset({"disk", "memory", "clock"})


@dataclass(frozen=True)
class Listener:
    """A TCP socket that waits for connections; ``process`` is empty when it cannot be seen."""

    address: str
    port: int
    process: str


@dataclass(frozen=True)
class Host:
    """What was seen of a host.

    ``docker_api`` is None where Docker is not installed, empty where it does not answer. ``stored_secrets`` are those
    that OpenBao has of the secrets nobody gave, None where there is no OpenBao yet.
    """

    system: str
    version: str
    free: Mapping[str, int]
    memory: int
    seconds: float
    listeners: tuple[Listener, ...]
    docker_api: str | None
    stored_secrets: frozenset[str] | None


# Who may listen on a port. A slot's port is held by the engine, or by its proxy process where that is used.
ENGINE_PROCESSES = frozenset({"dockerd", "docker-proxy"})
FIXED_PORTS: Mapping[str, Mapping[int, frozenset[str]]] = {
    "proxy": {80: frozenset({"nginx"}), 443: frozenset({"nginx"})},
    "database": {5432: frozenset({"postgres"})},
    "secrets": {8200: frozenset({"bao"}), 8201: frozenset({"bao"})},
}
DIRECTOR_PROCESSES = frozenset({"haproxy"})
REDIS_PROCESSES = frozenset({"redis-server"})
