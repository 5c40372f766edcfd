# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service's containers are: the Compose document of one slot, its identity, and the order of starting."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Service = Mapping[str, Any]
Document = dict[str, Any]

SECRETS_IN_CONTAINER = "/run/secrets"
CA_ON_HOST = "/etc/ssl/steward/ca"
CA_IN_CONTAINER = "/run/platform"
LABEL = "steward"
# In the journal a container's lines carry this label, and `journalctl -u` takes them for the service's unit; without it
# all containers are only lines of docker.service.
UNIT_LABEL = "object.systemd.unit"
LOGGING = {"driver": "journald", "options": {"labels": UNIT_LABEL, "tag": "{{.Name}}"}}
# A service must not be able to fill the memory with processes of its own.
PIDS_LIMIT = 512
# Quick while a container starts, cheap afterwards: each check starts a process in the container.
HEALTH_TIMING = {"interval": "10s", "timeout": "10s", "retries": 3, "start_period": "60s", "start_interval": "1s"}


def project(platform: str, service: str, slot: str) -> str:
    """The Compose project of one slot of a service, also the beginning of its containers' names.

    >>> project("dotmac", "isp-framework", "blue")
    'dotmac-isp-framework-blue'
    """
    return f"{platform}-{service}-{slot}"


def unit_of(platform: str, service: str) -> str:
    """The unit that starts and stops a service.

    >>> unit_of("dotmac", "isp-framework")
    'dotmac-isp-framework.service'
    """
    return f"{platform}-{service}.service"


def secrets_folder(root: str, service: str) -> str:
    """Where the agent renders a service's secrets; mounted whole, because the agent replaces files by renaming."""
    return f"{root}/{service}"


def ports(service: Service, slot: str) -> list[int]:
    """The ports of a slot's replicas on the private address; none for a service that is not asked over HTTP."""
    if not service["slot_ports"]:
        return []
    first = service["slot_ports"][slot]
    return [first + number for number in range(service["replicas"])]


def build_compose(platform: Mapping[str, Any], service: Service, slot: str, image: str, address: str) -> Document:
    """The Compose document of one slot: replicas as services of their own, so that each has a port for ever.

    :param platform: the model's ``name`` and ``paths``.
    :param image: reference of the image to run.
    :param address: the app host's private address, the only one that containers publish on.
    """
    name = project(platform["name"], service["name"], slot)
    published = ports(service, slot)
    replicas = {}
    for number in range(1, service["replicas"] + 1):
        replica = _replica(platform, service, slot, image)
        replica["container_name"] = f"{name}-{number}"
        if published:
            port = str(published[number - 1])
            replica["ports"] = [{"target": service["port"], "published": port, "host_ip": address, "protocol": "tcp"}]
        replicas[f"replica-{number}"] = replica
    return {"name": name, "services": replicas}


def _replica(platform: Mapping[str, Any], service: Service, slot: str, image: str) -> Document:
    replica: Document = {
        "image": image,
        # What is not there was not built here: a registry must never be asked for it in the middle of a switch.
        "pull_policy": "never",
        "init": True,
        **_confinement(service),
        "stop_grace_period": f"{service['stop_grace']}s",
        # Not "always": that would revive the stopped old slot when the host starts.
        "restart": "unless-stopped",
        "logging": LOGGING,
        "environment": {name: _literal(value) for name, value in sorted(service["environment"].items())},
        "labels": {
            f"{LABEL}.platform": platform["name"],
            f"{LABEL}.service": service["name"],
            f"{LABEL}.slot": slot,
            UNIT_LABEL: unit_of(platform["name"], service["name"]),
        },
        "volumes": [
            _mount(secrets_folder(platform["paths"]["secrets"], service["name"]), SECRETS_IN_CONTAINER),
            _mount(CA_ON_HOST, CA_IN_CONTAINER),
            *(_mount(volume["source"], volume["target"], writable=volume["writable"]) for volume in service["volumes"]),
        ],
    }
    if service["command"]:
        replica["command"] = [_literal(word) for word in service["command"]]
    if service["health"]["command"]:
        replica["healthcheck"] = {"test": ["CMD", *map(_literal, service["health"]["command"])], **HEALTH_TIMING}
    return replica


def _confinement(service: Service) -> Document:
    """What a container may not do, and how much it may use."""
    uid = service["uid"]
    return {
        "user": f"{uid}:{uid}",
        "read_only": True,
        "tmpfs": ["/tmp:mode=1777"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "pids_limit": PIDS_LIMIT,
        "mem_limit": service["limits"]["memory"],
        "cpus": service["limits"]["cpus"],
    }


def _mount(source: str, target: str, *, writable: bool = False) -> Document:
    # A source that is missing is an error, not an empty directory made by the engine.
    bind = {"create_host_path": False}
    return {"type": "bind", "source": source, "target": target, "read_only": not writable, "bind": bind}


def _literal(text: str) -> str:
    """Text that Compose does not interpolate."""
    return text.replace("$", "$$")


def configuration_hash(platform: Mapping[str, Any], service: Service) -> str:
    """The identity of how a service is run, whatever its slot, image and host.

    The secret files count by name and format: another value is no other configuration.
    """
    anywhere = {**service, "slot_ports": {"": 0} if service["slot_ports"] else {}}
    content = {
        "compose": build_compose(platform, anywhere, "", "", ""),
        "secret_files": service["secret_files"],
        "migration": service["migration"],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def image_hash(build: Mapping[str, Any], context: str, bases: Mapping[str, Sequence[str]]) -> str:
    """The identity of an image by what it is made from; the engine's own id differs with every build.

    :param context: hash of the normalised build context.
    :param bases: of each base image the digests of its layers.
    """
    content = {
        "context": context,
        "dockerfile": build["dockerfile"],
        "target": build["target"],
        "args": build["args"],
        "bases": {name: list(bases[name]) for name in build["bases"]},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


def image_reference(platform: str, build: str, identity: str) -> str:
    """The name under which an image is kept.

    >>> image_reference("dotmac", "isp-framework", "1f2e")
    'dotmac/isp-framework:1f2e'
    """
    return f"{platform}/{build}:{identity}"


def starting_order(services: Sequence[Service]) -> list[list[str]]:
    """Names in waves: each wave may start together once the one before is ready.

    Dependencies outside the given services are taken as running already.

    :raises ValueError: the dependencies form a circle; the message names its members.
    """
    waiting = {service["name"]: set(service["depends_on"]) for service in services}
    waves: list[list[str]] = []
    while waiting:
        wave = [name for name, needed in waiting.items() if not needed & waiting.keys()]
        if not wave:
            raise ValueError(f"services depend on each other in a circle: {', '.join(sorted(waiting))}")
        waves.append(wave)
        waiting = {name: needed for name, needed in waiting.items() if name not in wave}
    return waves
