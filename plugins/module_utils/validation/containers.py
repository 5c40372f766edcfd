# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what runs is what the ledger says serves, and may do no more than its Compose file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..containers.parse import Confinement, Container, show_port
from ..containers.plan import build_compose, configuration_hash
from ..core.findings import FAIL, PASS, WARN, Finding
from ..preflight.plan import parse_size
from .model import Row, Serving

CHECK = "containers"
ACTIVE = ("running", "restarting", "paused")
DEPLOY = "Run the playbook deploy: it puts in order what is not as the ledger says."
LOOK = "Look at it with docker logs; run the playbook deploy, which starts what is missing."


@dataclass(frozen=True)
class Engine:
    """What the engine has: all containers, what each may do, and of each service its Compose document with hashes."""

    containers: Sequence[Container]
    confinements: Mapping[str, Confinement]
    documents: Mapping[str, Mapping[str, Any] | None]
    hashes: Mapping[str, Mapping[str, str]]


def validate(serving: Serving, engine: Engine) -> Iterator[Row]:
    """Services in their order, then what runs besides them."""
    models = {service["name"]: service for service in serving.services}
    for name, recorded in serving.record["services"].items():
        found = [*_document(serving, models[name], recorded, engine), *_replicas(name, recorded, engine)]
        if not found:
            count = f"{recorded['replicas']} in {recorded['slot']}"
            found = [Finding("containers", PASS, f"{count} run as recorded and confined as written")]
        yield from (Row(CHECK, name, finding) for finding in found)
    yield from (Row(CHECK, service, finding) for service, finding in _strays(serving, engine))


def _document(
    serving: Serving, model: Mapping[str, Any], recorded: Mapping[str, Any], engine: Engine
) -> Iterator[Finding]:
    """The Compose document is the one that its release was made with."""
    document = engine.documents[model["name"]]
    wanted = build_compose(
        serving.platform, model, recorded["slot"], recorded["image"], serving.configuration["address"]
    )
    if document is None:
        yield Finding("compose.json", FAIL, "the Compose file of the release is not there", "Deploy again.")
    elif configuration_hash(serving.platform, model) != recorded["config_hash"]:
        said = "the configuration of the release is not what this version would make of its model"
        yield Finding("compose.json", WARN, said, "The next deploy makes a release of the difference.")
    elif document != wanted:
        said = "the Compose file is not the one that the release was made with"
        yield Finding("compose.json", FAIL, said, "Somebody edited it; deploy with what was meant in the model.")


def _replicas(name: str, recorded: Mapping[str, Any], engine: Engine) -> Iterator[Finding]:
    present = {container.name: container for container in engine.containers}
    document = engine.documents[name] or {"services": {}}
    for number in range(1, recorded["replicas"] + 1):
        container_name, replica = f"{recorded['project']}-{number}", f"replica-{number}"
        container = present.get(container_name)
        if container is None:
            yield Finding(container_name, FAIL, "the container is not there", LOOK)
            continue
        yield from _state(container)
        yield from _identity(container, recorded, engine.hashes[name].get(replica))
        if replica in document["services"]:
            wanted = confinement_of(document["services"][replica])
            yield from _confinement(container_name, engine.confinements[container_name], wanted)


def _state(container: Container) -> Iterator[Finding]:
    if container.state != "running":
        yield Finding(container.name, FAIL, f"it is {container.state}, exit code {container.exit_code}", LOOK)
    if container.out_of_memory:
        hint = "Give it a higher limit, or find what fills it."
        yield Finding(container.name, FAIL, "the kernel killed it, or a part of it, for want of memory", hint)
    if container.health == "unhealthy":
        yield Finding(container.name, FAIL, "its health command says that it is unhealthy", LOOK)
    if container.health == "starting":
        yield Finding(container.name, WARN, "it is still starting", "Wait for it.")
    if container.restarts:
        yield Finding(container.name, WARN, f"it was restarted {container.restarts} times since its release", LOOK)


def _identity(container: Container, recorded: Mapping[str, Any], wanted_hash: str | None) -> Iterator[Finding]:
    rules = (
        (container.image_id != recorded["image_id"], "runs another image than the release recorded"),
        (container.slot != recorded["slot"], f"is not of slot {recorded['slot']}"),
        (wanted_hash is not None and container.config_hash != wanted_hash, "was made of another Compose file"),
    )
    yield from (Finding(container.name, FAIL, f"it {said}", DEPLOY) for is_wrong, said in rules if is_wrong)


def confinement_of(replica: Mapping[str, Any]) -> Confinement:
    """What a replica in a Compose document is to be allowed."""
    return Confinement(
        user=replica["user"],
        read_only_root=replica["read_only"],
        privileged=replica.get("privileged", False),
        dropped_capabilities=frozenset(replica["cap_drop"]),
        added_capabilities=frozenset(replica.get("cap_add", ())),
        security_options=frozenset(replica["security_opt"]),
        processes=replica["pids_limit"],
        memory=parse_size(replica["mem_limit"]),
        cpus=float(replica["cpus"]),
        mounts=frozenset((mount["source"], mount["target"], not mount["read_only"]) for mount in replica["volumes"]),
        ports=frozenset(
            show_port(port["host_ip"], port["published"], f"{port['target']}/{port['protocol']}")
            for port in replica.get("ports", ())
        ),
    )


def _confinement(name: str, seen: Confinement, wanted: Confinement) -> Iterator[Finding]:
    for field in fields(Confinement):
        has, may = getattr(seen, field.name), getattr(wanted, field.name)
        if has != may:
            what = field.name.replace("_", " ")
            yield Finding(name, FAIL, f"{what}: it has {_show(has)}, its Compose file says {_show(may)}", DEPLOY)


def _show(value: Any) -> str:
    """A value for people.

    >>> _show(frozenset({("/run/a", "/run/b", False)}))
    '/run/a on /run/b'
    """
    if not isinstance(value, frozenset):
        return str(value)
    shown = [
        member if isinstance(member, str) else f"{member[0]} on {member[1]}" + (" writable" if member[2] else "")
        for member in value
    ]
    return ", ".join(sorted(shown)) or "none"


def _strays(serving: Serving, engine: Engine) -> Iterator[tuple[str, Finding]]:
    """What runs and is no replica of the serving release: ours is a defect, somebody else's is only told."""
    expected = {
        f"{recorded['project']}-{number}"
        for recorded in serving.record["services"].values()
        for number in range(1, recorded["replicas"] + 1)
    }
    for container in engine.containers:
        if container.name in expected or container.state not in ACTIVE:
            continue
        if container.platform == serving.platform["name"]:
            hint = f"Left by an interrupted deploy or started by hand. {DEPLOY}"
            yield container.service, Finding(container.name, FAIL, "it runs and the ledger does not know it", hint)
        else:
            hint = "See whose it is: docker inspect."
            yield "", Finding(container.name, WARN, "it runs here and is not of this platform", hint)
