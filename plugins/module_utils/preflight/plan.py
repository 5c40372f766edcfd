# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a deploy on a host, found before anything is changed; names only, never a secret's value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..core.findings import FAIL, PASS, WARN, Finding
from .model import (
    CLOCK_TOLERANCE_SECONDS,
    DIRECTOR_PROCESSES,
    DISK_PATHS,
    ENGINE_PROCESSES,
    FIXED_PORTS,
    FORCEABLE,
    GIB,
    MEMORY_OF_GROUP,
    MINIMUM_DISK,
    MINIMUM_DOCKER_API,
    REDIS_PROCESSES,
    SYSTEMS,
    Host,
)

Model = Mapping[str, Any]

# Words of templates and tutorials; the first five are those the original refused. The shortest count only where they
# stand alone: one random key of some ten thousand has one of them in its middle.
PLACEHOLDERS = re.compile(
    r"change.?this|your-|localhost|127\.0\.0\.1|password123|change.?me|placeholder|example|dummy|secret.?key"
    r"|(?<![a-z0-9])(?:todo|x{4,})(?![a-z0-9])",
    re.IGNORECASE,
)
FEWEST_DIFFERENT_CHARACTERS = 8


def find_all(
    model: Model, groups: Sequence[str], host: Host, now: float, expected_secrets: Sequence[str] = (), *, force: bool
) -> list[Finding]:
    """Every check of a host.

    :param now: the controller's clock, seconds since 1970.
    :param expected_secrets: paths of secrets from outside that were not given.
    :param force: refusals for disk, memory and clock become warnings.
    """
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: check_system(groups, host),
        lambda: check_disk(host),
        lambda: check_memory(model, groups, host),
        lambda: check_clock(host, now),
        lambda: check_ports(model, groups, host),
        lambda: check_docker(groups, host),
        lambda: check_secrets(groups, host, expected_secrets),
    )
    found = [finding for check in checks for finding in check()]
    return [_forgive(finding) if force else finding for finding in found]


def _forgive(finding: Finding) -> Finding:
    if finding.status != FAIL or finding.name not in FORCEABLE:
        return finding
    return Finding(finding.name, WARN, f"{finding.message} (forced)", finding.hint)


def check_system(groups: Sequence[str], host: Host) -> Iterator[Finding]:
    able = SYSTEMS.get((host.system, host.version), frozenset())
    unable = sorted(set(groups) - able)
    known = ", ".join(f"{system} {version}" for system, version in SYSTEMS)
    said = f"the system is {host.system} {host.version}"
    if unable:
        yield Finding("system", FAIL, f"{said}, which cannot be {', '.join(unable)}", f"Supported is: {known}.")
    else:
        yield Finding("system", PASS, said)


def check_disk(host: Host) -> Iterator[Finding]:
    for path in DISK_PATHS:
        free = host.free[path]
        status = PASS if free >= MINIMUM_DISK else FAIL
        hint = f"Free at least {MINIMUM_DISK / GIB:g} GiB, or accept less with deploy_force=true."
        yield Finding("disk", status, f"{path} has {free / GIB:.1f} GiB free", hint)


def parse_size(text: str) -> int:
    """Bytes of a size as Docker and Redis write it.

    >>> parse_size("512M")
    536870912
    """
    number, unit = re.findall(r"^(\d+)([kmg]?)b?$", text.lower())[0]
    return int(number) * {"": 1, "k": 1024, "m": 1024**2, "g": GIB}[unit]


def check_memory(model: Model, groups: Sequence[str], host: Host) -> Iterator[Finding]:
    """Whether everything fits at its limits; one more replica of each web service runs during a switch."""
    needed = sum(MEMORY_OF_GROUP[group] for group in groups)
    if "app" in groups:
        needed += sum(parse_size(service["limits"]["memory"]) * service["replicas"] for service in model["services"])
    if "cache" in groups:
        needed += sum(parse_size(instance["memory"]) for instance in model["redis"])
    status = PASS if host.memory >= needed else FAIL
    has, wants = f"{host.memory / GIB:.1f} GiB", f"{needed / GIB:.1f} GiB"
    said = f"the host has {has} of memory, the limits of what it runs add up to {wants}"
    yield Finding("memory", status, said, "Give it more, lower the limits, or accept it with deploy_force=true.")


def check_clock(host: Host, now: float) -> Iterator[Finding]:
    off = abs(host.seconds - now)
    status = PASS if off <= CLOCK_TOLERANCE_SECONDS else FAIL
    said = f"the clock is {off:.0f} s away from the controller's"
    yield Finding("clock", status, said, "Set up time synchronisation on both, such as systemd-timesyncd.")


def wanted_ports(model: Model, groups: Sequence[str]) -> dict[int, frozenset[str]]:
    """Every port we listen on with who may hold it."""
    ports: dict[int, frozenset[str]] = {}
    for group in groups:
        ports |= FIXED_PORTS.get(group, {})
    if "cache" in groups:
        ports |= {instance["port"]: REDIS_PROCESSES for instance in model["redis"]}
    webs = [service for service in model["services"] if service["kind"] == "web"]
    if "proxy" in groups:
        ports |= {service["entry_port"]: DIRECTOR_PROCESSES for service in webs}
    if "app" in groups:
        for service in webs:
            for first in service["slot_ports"].values():
                ports |= {first + number: ENGINE_PROCESSES for number in range(service["replicas"])}
    return ports


def check_ports(model: Model, groups: Sequence[str], host: Host) -> Iterator[Finding]:
    wanted = wanted_ports(model, groups)
    taken = [
        listener
        for listener in host.listeners
        if listener.port in wanted and listener.process not in wanted[listener.port]
    ]
    for listener in taken:
        holder = listener.process or "a process that cannot be seen"
        said = f"port {listener.port} is taken by {holder} on {listener.address}"
        yield Finding(
            "port", FAIL, said, f"It is for {' or '.join(sorted(wanted[listener.port]))}; stop what holds it."
        )
    if not taken:
        yield Finding("port", PASS, f"all {len(wanted)} ports are free or ours")


def check_docker(groups: Sequence[str], host: Host) -> Iterator[Finding]:
    if "app" not in groups:
        return
    if host.docker_api is None:
        yield Finding("docker", PASS, "Docker is not installed yet")
        return
    version = tuple(int(number) for number in host.docker_api.split(".") if number.isdigit())
    needed = ".".join(str(number) for number in MINIMUM_DOCKER_API)
    if not version:
        yield Finding("docker", FAIL, "the Docker daemon does not answer", "Look at: journalctl -u docker.")
    elif version < MINIMUM_DOCKER_API:
        yield Finding(
            "docker", FAIL, f"Docker speaks API {host.docker_api}", f"Upgrade it, {needed} or later is needed."
        )
    else:
        yield Finding("docker", PASS, f"Docker speaks API {host.docker_api}")


def check_secrets(groups: Sequence[str], host: Host, expected: Sequence[str]) -> Iterator[Finding]:
    """Secrets from outside that nobody gave: OpenBao must have them from an earlier run."""
    if "secrets" not in groups:
        return
    where = "OpenBao is not there yet" if host.stored_secrets is None else "OpenBao does not have it"
    for path in expected:
        if path not in (host.stored_secrets or ()):
            said = f"secret {path} was not given, and {where}"
            yield Finding("secret", FAIL, said, "Set the variable that platform_secrets names for it.")


def secret_defects(secrets: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> list[str]:
    """What is wrong with the secrets that were given from outside, by name only.

    :param secrets: the model's secrets of kind ``external``.
    :param values: of each variable its value; one that is not set is left out, OpenBao may have it already.
    """
    reuse = Counter(values.values())
    defects = []
    for secret in secrets:
        value = values.get(secret["variable"])
        if value is None:
            continue
        name = f"secret {secret['path']} (variable {secret['variable']})"
        found = value_defects(value, secret["minimum"])
        reused = ["is used for another secret too"] if reuse[value] > 1 else []
        defects += [f"{name} {said}" for said in [*found, *reused]]
    return defects


def value_defects(value: str, minimum: int, *, shortest_word: int = 0) -> list[str]:
    """What is wrong with one secret, in words that follow its name and do not show it.

    :param minimum: the fewest characters it may have.
    :param shortest_word: shorter words of templates do not count: long random text has them by chance.
    """
    word = PLACEHOLDERS.search(value)
    rules = (
        (len(value) < minimum, f"has fewer than {minimum} characters"),
        (word is not None and len(word[0]) >= shortest_word, "is a placeholder"),
        (
            len(set(value)) < FEWEST_DIFFERENT_CHARACTERS,
            f"has fewer than {FEWEST_DIFFERENT_CHARACTERS} different characters",
        ),
        (value != value.strip(), "begins or ends with white space"),
    )
    return [said for is_wrong, said in rules if is_wrong]
