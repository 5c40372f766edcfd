# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``steward`` on a host is told of the platform; apart from its reader, which needs no model to start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..pki.wishes import AUTHORITY_FILE, FOLDER
from ..platform_model.plan import POSTGRESQL_PORT
from .model import CONFIGURATION_SCHEMA

OPENBAO_PORT = 8200


def host_configuration(platform: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The configuration of one host of the normalised model; it holds no secret."""
    model = platform["hosts"][host]
    groups = [group for group in PARTS if group in model["groups"]]
    parts = {name: part for group in groups for name, part in PARTS[group](platform, model).items()}
    certificates = ["host", *(["edge"] if "proxy" in model["groups"] else [])]
    return {
        "schema": CONFIGURATION_SCHEMA,
        "platform": platform["name"],
        "environment": platform["environment"],
        "host": host,
        "groups": list(model["groups"]),
        "address": model["private_address"],
        "paths": dict(platform["paths"]),
        # Not written when a role is given only a part of the model; the reader fills them in.
        "thresholds": dict(platform.get("thresholds", {})),
        "certificates": [
            {"name": "authority", "path": AUTHORITY_FILE},
            *({"name": name, "path": f"{FOLDER}/{name}.pem"} for name in certificates),
        ],
        **parts,
    }


def _app(platform: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    return {"services": [{"name": each["name"], "kind": each["kind"]} for each in platform["services"]]}


def _database(platform: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    return {"postgresql": {"port": POSTGRESQL_PORT}}


def _cache(platform: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    return {"redis": [_instance(platform, each) for each in platform["redis"]]}


def _instance(platform: Mapping[str, Any], instance: Mapping[str, Any]) -> dict[str, Any]:
    """An instance with its purpose: what may be thrown away, and who keeps what there."""
    uses = [
        {"service": service["name"], "use": use["use"], "database": use["database"]}
        for service in platform["services"]
        for use in service.get("redis", [])
        if use["instance"] == instance["name"]
    ]
    return {**{key: instance[key] for key in ("name", "port", "eviction", "persistent")}, "uses": uses}


def _secrets(platform: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    return {"openbao": {"address": f"https://{model['private_address']}:{OPENBAO_PORT}"}}


# What a host of a group is told beside the common part.
PARTS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "app": _app,
    "database": _database,
    "cache": _cache,
    "secrets": _secrets,
}
