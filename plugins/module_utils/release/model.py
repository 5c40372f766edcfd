# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a deploy: its stages, its options, the lease and the release record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.schema import Field
from ..platform_model.model import MAX_REPLICAS
from ..recovery.model import SCOPES, SPELLINGS, TARGET_TYPES
from ..system_update.model import OPTIONS as UPDATE_OPTIONS

# State files of a newer schema are refused rather than misread.
SCHEMA = 1

STAGES = ("validate", "prepare", "secrets", "data", "images", "safety", "migrate", "switch", "record")

# Why a release was made from an earlier one.
RENEWALS = ("scale", "restart", "rotation")
ORIGINS = ("deploy", "rollback", *RENEWALS)

# The options of the modules that plan a release from an earlier one.
AGAIN_SPEC: Mapping[str, Mapping[str, Any]] = {
    "platform": {"type": "dict", "required": True},
    "scaled": {"type": "dict", "default": {}},
}

# The options of the modules that bring a schema back or forth.
SCHEMA_SPEC: Mapping[str, Mapping[str, Any]] = {
    "platform": {"type": "dict", "required": True},
    "release": {"type": "str", "required": True},
    "steps": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "service": {"type": "str", "required": True},
            "command": {"type": "list", "elements": "str", "required": True},
            "to": {"type": "list", "elements": "str", "required": True},
        },
    },
}

ROLLBACK_OPTIONS: Mapping[str, Field] = {
    "rollback_to": Field(
        "text",
        "The release to go back to; the last good one before what serves when it is not given.",
        default="",
        pattern=r"(\d{8}_\d{6})?",
        shape="a release id, as 20241225_143000",
    ),
    "rollback_schema": Field(
        "text",
        "What becomes of a schema that the older code does not accept: refuse to go back, or migrate it back by the "
        "service's `migration.downgrade`, after that was tried on a copy.",
        default="keep",
        choices=("keep", "downgrade"),
    ),
    "restore_database": Field(
        "boolean", "Go back to the data of that moment too, from the release's restore point.", default=False
    ),
    "rollback_list": Field("boolean", "Only show the releases that there are.", default=False),
}

RESTORE_OPTIONS: Mapping[str, Field] = {
    "restore_scope": Field(
        "text",
        "What comes back; asked for, with source and target, when it is not given.",
        default="",
        choices=("", *SCOPES, *SPELLINGS),
    ),
    "restore_source": Field(
        "text", "The id of a set, or the name of a repository; the first one when it is not given.", default=""
    ),
    "restore_target": Field(
        "text",
        "The moment: a time with its zone, a position in the WAL, latest or immediate; with `restore_target_type` also "
        "a transaction's number or a restore point's name.",
        default="",
    ),
    "restore_target_type": Field(
        "text", "What the target is; told by its shape when it is not given.", default="", choices=("", *TARGET_TYPES)
    ),
    "restore_timeline": Field("integer", "Timeline of the database; 0 is the newest.", default=0, minimum=0),
    "restore_method": Field(
        "text",
        "Beside the live database, which can be undone, or `delta`: into it.",
        default="beside",
        choices=("beside", "delta"),
    ),
    "restore_list": Field("boolean", "Only show the sets that there are.", default=False),
}

SCALE_OPTIONS: Mapping[str, Field] = {
    "service": Field("text", "The service to scale.", required=True),
    "replicas": Field(
        "integer", "Containers on each app host from now on.", required=True, minimum=1, maximum=MAX_REPLICAS
    ),
}
RESTART_OPTIONS: Mapping[str, Field] = {
    "service": Field("text", "The service that gets fresh containers; all of them when it is not given.", default=""),
}
ROTATION_OPTIONS: Mapping[str, Field] = {
    "service": Field("text", "Rotate all generated secrets of this service.", default=""),
    "credential": Field(
        "text",
        "Rotate the secret with this path; all generated ones when neither is given.",
        default="",
    ),
}
# Beside the options of a deploy, which every procedure knows; a procedure's first word and `_` begin no other names.
PROCEDURES: Mapping[str, Mapping[str, Field]] = {
    "rollback": ROLLBACK_OPTIONS,
    "restore": RESTORE_OPTIONS,
    "scale": SCALE_OPTIONS,
    "restart": RESTART_OPTIONS,
    "rotation": ROTATION_OPTIONS,
    "update_system": UPDATE_OPTIONS,
}

# What a procedure says where the user says nothing: who goes back is in a hurry, and that release has served before.
PROCEDURE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {"rollback": {"deploy_observe": 0}}

# What the user may say for one deploy, as extra variables or survey fields. None of them weakens the safety of data:
# nothing skips the lease, the secrets' strength, the migration's lock or the health gate.
OPTIONS: Mapping[str, Field] = {
    "deploy_environment": Field(
        "text",
        "The environment meant; refused when it is not the inventory's, so that nobody deploys to the wrong one.",
    ),
    "deploy_skip_backup": Field(
        "boolean",
        "Leave the backups as they are and make no safety copy before migrating, for a deploy while a repository is "
        "away; recorded in the release.",
        default=False,
    ),
    "deploy_skip_tests": Field(
        "boolean", "Do not try the new images before the switch; recorded in the release.", default=False
    ),
    "deploy_force": Field(
        "boolean",
        "Turn refusals for disk, memory and clock into warnings. Overrides no other refusal.",
        default=False,
    ),
    "deploy_takeover": Field("boolean", "Take the lease from a deploy that is known to be dead.", default=False),
    "deploy_observe": Field(
        "integer",
        "Seconds to watch the new release under traffic before the old one stops.",
        default=5,
        minimum=0,
        maximum=3600,
    ),
    "deploy_ready_timeout": Field(
        "integer", "Seconds a new container has to become ready.", default=90, minimum=5, maximum=3600
    ),
    "deploy_drain_timeout": Field(
        "integer", "Seconds the old release has to finish its requests.", default=60, minimum=1, maximum=3600
    ),
    "deploy_lock_timeout": Field(
        "integer",
        "Seconds a migration may wait for a lock on a table before it gives up.",
        default=5,
        minimum=1,
        maximum=600,
    ),
    "deploy_lease_ttl": Field(
        "integer",
        "Seconds without a sign of life after which the lease of a dead controller ends.",
        default=1800,
        minimum=60,
        maximum=86400,
    ),
}
