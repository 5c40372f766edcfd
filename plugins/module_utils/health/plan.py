# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which questions a host is asked, from its configuration and its current release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..containers.plan import unit_of
from .model import Configuration, Probe, Release

# Engines that run as units of their own, by group.
ENGINE_UNITS: Mapping[str, tuple[str, ...]] = {
    "app": ("docker.service",),
    "proxy": ("nginx.service", "haproxy.service"),
}


def replica_name(service: str, number: int) -> str:
    """The name of the probe of one replica, counted from 1."""
    return f"{service}/{number}"


def plan_probes(configuration: Configuration, release: Release | None) -> tuple[Probe, ...]:
    """The questions for this host: those of the groups it is in, and its certificates."""
    asked = [probe for group in configuration["groups"] for probe in _group(group, configuration, release)]
    # One probe: reading a certificate is quick, loading the library for it is not.
    certificates = Probe("certificates", "certificates", {"certificates": configuration["certificates"]})
    units = _units(configuration, release)
    return (*([Probe("units", "units", {"units": units})] if units else []), *asked, certificates)


def _units(configuration: Configuration, release: Release | None) -> list[str]:
    engines = [unit for group in configuration["groups"] for unit in ENGINE_UNITS.get(group, ())]
    services = release["services"] if release else {}
    return [*engines, *(unit_of(configuration["platform"], name) for name in services)]


def _group(group: str, configuration: Configuration, release: Release | None) -> Iterator[Probe]:
    if group in GROUPS:
        yield from GROUPS[group](configuration, release)


def _app(configuration: Configuration, release: Release | None) -> Iterator[Probe]:
    if release is None:
        return
    yield Probe("containers", "containers", {"platform": configuration["platform"]})
    for name, service in release["services"].items():
        if service["ready_path"]:
            for number, port in enumerate(service["ports"], start=1):
                url = f"http://{configuration['address']}:{port}{service['ready_path']}"
                yield Probe(replica_name(name, number), "http", {"url": url})


def _database(configuration: Configuration, release: Release | None) -> Iterator[Probe]:
    yield Probe("postgresql", "postgresql", {"port": configuration["postgresql"]["port"]})


def _cache(configuration: Configuration, release: Release | None) -> Iterator[Probe]:
    for instance in configuration["redis"]:
        yield Probe(f"redis {instance['name']}", "redis", {"port": instance["port"]})


def _secrets(configuration: Configuration, release: Release | None) -> Iterator[Probe]:
    yield Probe("openbao", "openbao", {"address": configuration["openbao"]["address"]})


def _proxy(configuration: Configuration, release: Release | None) -> Iterator[Probe]:
    yield Probe("director", "director")


GROUPS: Mapping[str, Callable[[Configuration, Release | None], Iterator[Probe]]] = {
    "app": _app,
    "database": _database,
    "cache": _cache,
    "secrets": _secrets,
    "proxy": _proxy,
}
