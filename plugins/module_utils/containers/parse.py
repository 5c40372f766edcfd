# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the container engine and the programs in containers say, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Confinement:
    """What a container may do and is given; ``memory`` is in bytes, a mount is (source, target, writable)."""

    user: str
    read_only_root: bool
    privileged: bool
    dropped_capabilities: frozenset[str]
    added_capabilities: frozenset[str]
    security_options: frozenset[str]
    processes: int
    memory: int
    cpus: float
    mounts: frozenset[tuple[str, str, bool]]
    ports: frozenset[str]


@dataclass(frozen=True)
class Container:
    """One container.

    ``health`` is empty when it has no health command; ``started`` is written as all records are, and empty for one
    that never ran; ``pid`` is 0 when it does not run; ``config_hash`` is empty where Compose did not make it;
    ``health_command`` is without the word that says how it is run, ``health_looks`` how many of its results are kept.
    """

    name: str
    image: str
    image_id: str
    project: str
    slot: str
    service: str
    state: str
    health: str
    exit_code: int
    restarts: int
    started: str = ""
    pid: int = 0
    platform: str = ""
    config_hash: str = ""
    out_of_memory: bool = False
    health_command: tuple[str, ...] = ()
    health_looks: int = 0

    @property
    def is_well(self) -> bool:
        """Running without having died before, and healthy where it can say so."""
        return self.state == "running" and self.restarts == 0 and self.health in ("", "healthy")

    @property
    def is_starting(self) -> bool:
        """On its way: nothing went wrong yet."""
        return (
            self.state in ("created", "running") and self.restarts == 0 and self.health in ("", "starting", "healthy")
        )


def parse_containers(text: str) -> list[Container]:
    """Read the JSON of ``docker container inspect``, by name."""
    return sorted((_container(entry) for entry in json.loads(text)), key=lambda container: container.name)


def _container(entry: dict[str, Any]) -> Container:
    state, labels = entry["State"], entry["Config"]["Labels"] or {}
    return Container(
        name=entry["Name"].lstrip("/"),
        image=entry["Config"]["Image"],
        image_id=entry["Image"],
        project=labels.get("com.docker.compose.project", ""),
        slot=labels.get("steward.slot", ""),
        service=labels.get("steward.service", ""),
        state=state["Status"],
        health=state.get("Health", {}).get("Status", ""),
        exit_code=state["ExitCode"],
        restarts=entry["RestartCount"],
        started=_moment(state.get("StartedAt", "")),
        pid=state.get("Pid", 0),
        platform=labels.get("steward.platform", ""),
        config_hash=labels.get("com.docker.compose.config-hash", ""),
        out_of_memory=state["OOMKilled"],
        health_looks=len(state.get("Health", {}).get("Log") or ()),
        # The first word says how the others are run; ours are run without a shell.
        health_command=tuple(entry["Config"].get("Healthcheck", {}).get("Test", ())[1:]),
    )


def parse_images(text: str) -> dict[str, str]:
    """The id of each tagged image by its reference.

    >>> parse_images("shop/api:1f2e sha256:77")
    {'shop/api:1f2e': 'sha256:77'}
    """
    return dict(line.split() for line in text.splitlines())


def _moment(text: str) -> str:
    """The engine's nanoseconds without them; the year 1 stands for never."""
    return "" if not text or text.startswith("0001-") else f"{text[:19]}Z"


def parse_confinements(text: str) -> dict[str, Confinement]:
    """Likewise what each container may do, by its name."""
    return {entry["Name"].lstrip("/"): _confinement(entry) for entry in json.loads(text)}


def _confinement(entry: Mapping[str, Any]) -> Confinement:
    host = entry["HostConfig"]
    return Confinement(
        user=entry["Config"]["User"],
        read_only_root=host["ReadonlyRootfs"],
        privileged=host["Privileged"],
        dropped_capabilities=frozenset(host["CapDrop"] or ()),
        added_capabilities=frozenset(host["CapAdd"] or ()),
        security_options=frozenset(host["SecurityOpt"] or ()),
        processes=host["PidsLimit"] or 0,
        memory=host["Memory"],
        cpus=host["NanoCpus"] / 1e9,
        mounts=frozenset((mount["Source"], mount["Destination"], mount["RW"]) for mount in entry["Mounts"]),
        ports=frozenset(
            show_port(binding["HostIp"], binding["HostPort"], target)
            for target, bindings in (host["PortBindings"] or {}).items()
            for binding in bindings
        ),
    )


def show_port(address: str, published: str, target: str) -> str:
    """A published port for people.

    >>> show_port("10.90.2.10", "18000", "8000/tcp")
    '10.90.2.10:18000 to 8000/tcp'
    """
    return f"{address}:{published} to {target}"


def parse_revisions(text: str) -> list[str]:
    """The schema revisions that a migration tool prints, the first word of each line.

    >>> parse_revisions("1f2e3d (head)")
    ['1f2e3d']
    """
    return [line.split()[0] for line in text.splitlines() if line.strip()]
