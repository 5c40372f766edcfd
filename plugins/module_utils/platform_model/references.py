# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one part of a model says about another must be true: names that exist, ports used once, kinds that fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .model import BACKUP_SECRETS, GROUPS, MAX_REPLICAS, SLOTS, account, standby
from .thresholds import misordered

Variables = Mapping[str, Any]
Hosts = Mapping[str, Mapping[str, Any]]


def _names(variables: Variables, variable: str, key: str = "name") -> list[str]:
    return [entry[key] for entry in variables[variable]]


def _each_service(variables: Variables) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, service in enumerate(variables["platform_services"]):
        yield f"platform_services[{index}] ({service['name']})", service


def duplicates(variables: Variables) -> Iterator[str]:
    """Names and ports that must be there once."""
    counted = {
        "platform_services": (("name", "service"), ("entry_port", "entry port")),
        "platform_databases": (("name", "database"),),
        "platform_redis": (("name", "instance"), ("port", "port")),
        "platform_secrets": (("path", "path"),),
        "platform_builds": (("name", "build"),),
        "platform_base_images": (("name", "base image"),),
    }
    for variable, keys in counted.items():
        for key, noun in keys:
            seen = Counter(entry[key] for entry in variables[variable] if entry[key] is not None)
            yield from (
                f"{variable} has the {noun} {value} {n} times, allowed is: once" for value, n in seen.items() if n > 1
            )


def unknown_references(variables: Variables) -> Iterator[str]:
    """Names of things that are nowhere."""
    known = {
        "databases": ("name", "platform_databases", _names(variables, "platform_databases")),
        "redis": ("instance", "platform_redis", _names(variables, "platform_redis")),
        "secrets": ("path", "platform_secrets", _names(variables, "platform_secrets", "path")),
    }
    services, builds = _names(variables, "platform_services"), _names(variables, "platform_builds")
    for place, service in _each_service(variables):
        for part, (key, variable, names) in known.items():
            for index, use in enumerate(service[part]):
                yield from _missing(f"{place}.{part}[{index}].{key}", use[key], names, variable)
        if service["build"] is not None:
            yield from _missing(f"{place}.build", service["build"], builds, "platform_builds")
        for index, other in enumerate(service["depends_on"]):
            rest = [name for name in services if name != service["name"]]
            yield from _missing(f"{place}.depends_on[{index}]", other, rest, "platform_services")


def _missing(place: str, value: str, names: list[str], variable: str) -> Iterator[str]:
    if value not in names:
        yield f"{place} is {value!r}, allowed is a name in {variable}: {', '.join(names) or '(it is empty)'}"


def unfit_services(variables: Variables) -> Iterator[str]:
    """Services that contradict themselves."""
    rules: tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...] = (
        (
            lambda s: (s["build"] is None) == (s["image"] is None),
            "has both or neither of build and image, allowed is: one of them",
        ),
        (
            lambda s: s["kind"] == "web" and None in (s["port"], s["entry_port"]),
            "is a web service without port or entry_port, both are needed",
        ),
        (
            lambda s: s["kind"] != "web" and bool(s["routes"] or s["entry_port"]),
            "is no web service but has routes or an entry_port",
        ),
        (
            lambda s: s["kind"] == "scheduler" and s["replicas"] != 1,
            "is a scheduler with more than one replica, allowed is: 1",
        ),
        (
            lambda s: s["kind"] != "web" and not s["health"]["command"],
            "is no web service and has no health.command, which is needed",
        ),
        (lambda s: s["migration"] is not None and not s["databases"], "has a migration but no database"),
    )
    for place, service in _each_service(variables):
        yield from (f"{place} {said}" for is_wrong, said in rules if is_wrong(service))
        files = Counter(
            use.get("secret") or use["name"] for part in ("databases", "redis", "secrets") for use in service[part]
        )
        yield from (
            f"{place} has the secret file {name} {n} times, allowed is: once" for name, n in files.items() if n > 1
        )


def confusable_services(variables: Variables) -> Iterator[str]:
    """Services of which one has the name that the other's role takes when its password is rotated."""
    names = [service["name"] for service in variables["platform_services"] if service["databases"]]
    taken = {standby(name): name for name in names}
    for name in names:
        if account(name) in taken:
            yield (
                f"platform_services has {taken[account(name)]} and {name}, whose roles in PostgreSQL would be the same "
                "when passwords are rotated; allowed is another name for one of them"
            )


def unfit_redis_uses(variables: Variables) -> Iterator[str]:
    """A queue or session on an instance that throws entries away when it is full."""
    eviction = {instance["name"]: instance["eviction"] for instance in variables["platform_redis"]}
    for place, service in _each_service(variables):
        for index, use in enumerate(service["redis"]):
            if use["use"] in ("broker", "session") and eviction.get(use["instance"], "noeviction") != "noeviction":
                yield (
                    f"{place}.redis[{index}].instance is {use['instance']!r}, "
                    f"which evicts entries ({eviction[use['instance']]}); "
                    f"allowed for a {use['use']} is an instance with noeviction"
                )


def foreign_routes(variables: Variables) -> Iterator[str]:
    """Routes under a name that is not ours, and the same URL led to two services."""
    domains = variables["platform_domains"]
    seen: dict[tuple[str, str], str] = {}
    for place, service in _each_service(variables):
        for index, route in enumerate(service["routes"]):
            host = route["host"]
            if not any(host == domain or host.endswith(f".{domain}") for domain in domains):
                yield (
                    f"{place}.routes[{index}].host is {host!r}, "
                    f"allowed is one of platform_domains or a name below: {', '.join(domains)}"
                )
            other = seen.setdefault((host, route["path"]), service["name"])
            if other != service["name"]:
                yield f"{place}.routes[{index}] is {host}{route['path']}, which leads to {other} already"


def wrong_ports(variables: Variables) -> Iterator[str]:
    """A port range too small for all slots, or in the way of something with a fixed port."""
    first, last = (variables["platform_port_range"][end] for end in ("first", "last"))
    webs = sum(service["kind"] == "web" for service in variables["platform_services"])
    needed = webs * len(SLOTS) * MAX_REPLICAS
    if last - first + 1 < needed:
        allowed = f"a range of at least {needed} ports for {webs} web services"
        yield f"platform_port_range is {first}-{last}, allowed is {allowed}"
    fixed = [("platform_services", "entry_port"), ("platform_redis", "port")]
    for variable, key in fixed:
        for entry in variables[variable]:
            if entry[key] is not None and first <= entry[key] <= last:
                place = f"{variable} ({entry['name']}).{key}"
                yield f"{place} is {entry[key]}, allowed is a port outside platform_port_range {first}-{last}"


def wrong_secrets(variables: Variables) -> Iterator[str]:
    """External secrets without a source, generated ones with one, and those that open the backups."""
    for index, secret in enumerate(variables["platform_secrets"]):
        if secret["path"] in BACKUP_SECRETS:
            yield f"platform_secrets[{index}].path is {secret['path']!r}, which the backups have; allowed is another"
        is_external = secret["kind"] == "external"
        if is_external != (secret["variable"] is not None):
            place = f"platform_secrets[{index}] ({secret['path']}).variable"
            allowed = "a variable name" if is_external else "nothing"
            yield f"{place} is {secret['variable']!r}, allowed for kind {secret['kind']} is: {allowed}"


def missing_groups(hosts: Hosts) -> Iterator[str]:
    """Groups without a host, hosts without an address, one address given twice."""
    for group in GROUPS:
        if not any(group in host["groups"] for host in hosts.values()):
            yield f"group {group} has no host in the inventory, allowed is: at least one"
    seen: dict[str, str] = {}
    for name, host in hosts.items():
        other = seen.setdefault(str(host["private_address"]), name)
        if other != name:
            yield f"platform_private_address of {name} is {host['private_address']}, which is that of {other} already"


def wrong_thresholds(variables: Variables) -> Iterator[str]:
    """Warnings that would come too late."""
    return misordered(variables["platform_thresholds"], "platform_thresholds")


CHECKS: tuple[Callable[[Variables], Iterable[str]], ...] = (
    duplicates,
    unknown_references,
    unfit_services,
    confusable_services,
    unfit_redis_uses,
    foreign_routes,
    wrong_ports,
    wrong_secrets,
    wrong_thresholds,
)
