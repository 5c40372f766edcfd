# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host knows about its part of the platform, as ``steward`` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import StewardError
from ..core.schema import Field, check
from ..platform_model.thresholds import THRESHOLDS
from .model import CONFIGURATION_FILE, CONFIGURATION_SCHEMA, Configuration

_NAMED_PATHS = Field("list", items=Field("object", fields={"name": Field("text"), "path": Field("text")}))
_SERVICES = Field("list", items=Field("object", fields={"name": Field("text"), "kind": Field("text")}))
_USE = Field("object", fields={"service": Field("text"), "use": Field("text"), "database": Field("integer")})
_INSTANCE = {
    "name": Field("text"),
    "port": Field("integer"),
    "eviction": Field("text"),
    "persistent": Field("boolean"),
    "uses": Field("list", items=_USE),
}
_INSTANCES = Field("list", items=Field("object", fields=_INSTANCE))

# A part is there when the host has the group it belongs to.
FIELDS: Mapping[str, Field] = {
    "schema": Field("integer", required=True),
    "platform": Field("text", required=True),
    "environment": Field("text", required=True),
    "host": Field("text", required=True),
    "groups": Field("list", items=Field("text"), required=True),
    "address": Field("text", required=True),
    "paths": Field("map", items=Field("text"), required=True),
    "thresholds": Field("object", default={}, fields=THRESHOLDS),
    "certificates": _NAMED_PATHS,
    "services": _SERVICES,
    "postgresql": Field("object", fields={"port": Field("integer", required=True)}),
    "redis": _INSTANCES,
    "openbao": Field("object", fields={"address": Field("text", required=True)}),
}


def parse_configuration(document: Any) -> Configuration:
    """The configuration, when this version can read it.

    :raises StewardError: there is none, a newer version wrote it, or it is broken.
    """
    again = "Run the role host_agent on this host."
    if document is None:
        raise StewardError(f"there is no {CONFIGURATION_FILE}", again)
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > CONFIGURATION_SCHEMA:
        raise StewardError(
            f"{CONFIGURATION_FILE} has schema {schema}, this steward reads up to {CONFIGURATION_SCHEMA}",
            "Install the newer steward that wrote it.",
        )
    checked = check(document, Field("object", fields=FIELDS), CONFIGURATION_FILE)
    if checked.errors:
        raise StewardError(checked.errors[0], again)
    return {name: part for name, part in checked.value.items() if part is not None}
