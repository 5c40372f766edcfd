# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release is and what it changes: same content, no new release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..containers.plan import configuration_hash, ports, project
from ..core.errors import StewardError
from ..platform_model.model import MAX_REPLICAS, SLOTS
from .model import SCHEMA

Model = Mapping[str, Any]
Record = Mapping[str, Any]

# What makes a running service another one.
CONTENT = ("image", "config_hash", "kind", "replicas")


def release_folder(paths: Mapping[str, str], identifier: str) -> str:
    """Where a release's record and documents lie.

    >>> release_folder({"releases": "/opt/shop/releases"}, "20241225_143000")
    '/opt/shop/releases/20241225_143000'
    """
    return f"{paths['releases']}/{identifier}"


def wanted_services(platform: Model, images: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Each service as a release records it, without a slot yet.

    :param images: of each build the reference of its image.
    """
    return {
        service["name"]: {
            "kind": service["kind"],
            "image": images[service["build"]] if service["build"] else service["image"],
            "config_hash": configuration_hash(platform, service),
            "replicas": service["replicas"],
            "ready_path": service["health"]["ready"] if service["kind"] == "web" else "",
            "stop_grace": service["stop_grace"],
            "depends_on": service["depends_on"],
        }
        for service in platform["services"]
    }


def plan_services(
    platform: Model, images: Mapping[str, str], current: Record | None, renew: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """What happens to each service: ``add``, ``replace``, ``keep`` or ``remove``, and in which slot it will be.

    :param current: the serving release's record, or None before the first.
    :param renew: services that get fresh containers even where nothing differs.
    """
    serving = current["services"] if current else {}
    result = {}
    services = {service["name"]: service for service in platform["services"]}
    for name, wanted in wanted_services(platform, images).items():
        before = serving.get(name)
        same = before is not None and name not in renew and all(before[key] == wanted[key] for key in CONTENT)
        slot = before["slot"] if same and before else _other(before["slot"] if before else None)
        result[name] = {
            **wanted,
            "action": "keep" if same else "replace" if before else "add",
            "slot": slot,
            "previous": before,
            "project": project(platform["name"], name, slot),
            "ports": ports(services[name], slot),
        }
    gone = {
        name: {**before, "action": "remove", "previous": before}
        for name, before in serving.items()
        if name not in result
    }
    return {**result, **gone}


def _other(slot: str | None) -> str:
    """The slot that is free; the first one in the beginning."""
    return SLOTS[1] if slot == SLOTS[0] else SLOTS[0]


def is_new(service: Mapping[str, Any] | None) -> bool:
    """Whether the release starts containers of this service."""
    return service is not None and service["action"] in ("add", "replace")


def is_new_release(services: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether anything differs from what serves."""
    return any(service["action"] != "keep" for service in services.values())


def describe(services: Mapping[str, Mapping[str, Any]] | None) -> str:
    """A release for the diff, one line a service."""
    lines = [
        f"{name}: {service['image']}, configuration {service['config_hash'][:12]}, "
        f"{service['replicas']} in {service['slot']}"
        for name, service in sorted((services or {}).items())
        if service.get("action") != "remove"
    ]
    return "\n".join(lines)


def build_record(
    platform: Model,
    identifier: str,
    services: Mapping[str, Mapping[str, Any]],
    current: Record | None,
    deploy: Mapping[str, Any],
    source: Record | None,
) -> dict[str, Any]:
    """The record of a release that is prepared and serves nothing yet.

    :param source: the record of the earlier release that this one is made from; None for a deploy.
    :param deploy: ``by``, ``started``, ``options``, ``origin``, ``scaled`` and ``restore_point`` of this release.
    """
    kept = {
        name: {key: value for key, value in service.items() if key != "previous"}
        for name, service in services.items()
        if service["action"] != "remove"
    }
    content = {name: {key: service[key] for key in CONTENT} for name, service in kept.items()}
    return {
        "schema": SCHEMA,
        "id": identifier,
        "platform": platform["name"],
        "environment": platform["environment"],
        "state": "staged",
        "previous": current["id"] if current else None,
        "configuration_hash": hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        "services": kept,
        "migrations": _known_schemas(services, current, source),
        "stages": [],
        **deploy,
    }


def _known_schemas(
    services: Mapping[str, Mapping[str, Any]], current: Record | None, source: Record | None
) -> dict[str, Any]:
    """Of services whose code is not new the revision that it brought, because older records will be pruned."""
    known = (source or current or {}).get("migrations", {})
    return {
        name: {"before": known[name]["after"], "after": known[name]["after"]}
        for name, service in services.items()
        if name in known and (source or service["action"] == "keep")
    }


def image_ids(records: Iterable[Record]) -> list[str]:
    """The images that releases run, each once."""
    return sorted({service["image_id"] for record in records for service in record["services"].values()})


def check_schema(record: Record | None, path: str) -> Record | None:
    """The record itself, when this code can read it.

    :raises StewardError: it was written by a newer version.
    """
    if record is not None and record["schema"] > SCHEMA:
        raise StewardError(
            f"{path} has schema {record['schema']}, this version reads up to {SCHEMA}",
            "Deploy with the newer steward.platform.",
        )
    return record


def plan_migration(service: str, current: Sequence[str], heads: Sequence[str]) -> str | None:
    """The revision to migrate to, or None when the database is there already.

    :raises StewardError: the image has no single newest revision.
    """
    if len(heads) != 1:
        found = ", ".join(heads) or "none"
        raise StewardError(
            f"the migrations of {service} have {len(heads)} heads ({found}), allowed is: one",
            "Merge the branches of the migration history, then deploy again.",
        )
    return None if list(current) == list(heads) else heads[0]


def server_name(host: str, slot: str, number: int, hosts: Sequence[str]) -> str:
    """The name of a replica in the director: with several app hosts the host comes first.

    >>> server_name("app1", "blue", 2, ["app1"])
    'blue-2'
    """
    return f"{slot}-{number}" if len(hosts) == 1 else f"{host}-{slot}-{number}"


def other_servers(active: Mapping[str, Sequence[str]], host: str, hosts: Sequence[str]) -> dict[str, list[str]]:
    """Of each web service the director's servers that are not on a host; all where it is the only one.

    >>> other_servers({"api": ["app1-blue-1", "app2-blue-1"]}, "app1", ["app1", "app2"])
    {'api': ['app2-blue-1']}
    """
    own = {server_name(host, slot, number, hosts) for slot in SLOTS for number in range(1, MAX_REPLICAS + 1)}
    gone = own if host and len(hosts) > 1 else set()
    return {name: [server for server in servers if server not in gone] for name, servers in active.items()}


def active_servers(services: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> dict[str, list[str]]:
    """Of each web service the director's servers that are to serve.

    >>> active_servers({"api": {"kind": "web", "slot": "blue", "replicas": 2}}, ["app1"])
    {'api': ['blue-1', 'blue-2']}
    """
    return {
        name: [
            server_name(host, service["slot"], n, hosts) for host in hosts for n in range(1, service["replicas"] + 1)
        ]
        for name, service in services.items()
        if service["kind"] == "web"
    }
