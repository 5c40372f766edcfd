# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may write about a platform: one table of every variable, from which the manual is made too."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.schema import Field
from .thresholds import THRESHOLDS

SLOTS = ("blue", "green")
# Each slot of a web service has this many fixed ports, so that scaling changes no listener and no proxy file.
MAX_REPLICAS = 8

NAME = r"[a-z][a-z0-9-]{0,30}"
NAME_SHAPE = "lower case letters, digits and '-', beginning with a letter, at most 31 characters"
IDENTIFIER = r"[a-z][a-z0-9_]{0,62}"
IDENTIFIER_SHAPE = "lower case letters, digits and '_', beginning with a letter, at most 63 characters"
SECRET_NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,63}"
SECRET_PATH = r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*"
SECRET_PATH_SHAPE = "lower case words joined by '/'"
HOST_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
URL_PATH = r"/[A-Za-z0-9._~/-]*"
SIZE = r"[1-9][0-9]*[kmgKMG]?b?"


def _name(about: str) -> Field:
    return Field("text", about, required=True, pattern=NAME, shape=NAME_SHAPE)


def _port(about: str, *, required: bool = False) -> Field:
    return Field("integer", about, required=required, minimum=1, maximum=65535)


def _words(about: str) -> Field:
    return Field("list", about, default=[], items=Field("text"))


def _path(about: str, default: str | None = None) -> Field:
    return Field("text", about, default=default, pattern=URL_PATH, shape="a URL path beginning with '/'")


OPERATOR = {
    "name": Field("text", "Full name.", required=True),
    "email": Field("text", "Address for reports.", pattern=r"[^@\s]+@[^@\s]+", shape="name@domain"),
    "ssh_keys": _words("Public SSH keys."),
}

DATABASE_USE = {
    "name": Field("text", "Name in `platform_databases`.", required=True, pattern=IDENTIFIER, shape=IDENTIFIER_SHAPE),
    "secret": Field("text", "Name of the secret file that holds the URL.", default="DATABASE_URL", pattern=SECRET_NAME),
    "scheme": Field("text", "Scheme of the URL, as the service's library wants it.", default="postgresql"),
}

REDIS_USE = {
    "use": Field("text", "What it is used for.", required=True, choices=("cache", "broker", "results", "session")),
    "instance": _name("Name in `platform_redis`."),
    "database": Field("integer", "Number of the database.", default=0, minimum=0, maximum=15),
    "secret": Field("text", "Name of the secret file that holds the URL.", required=True, pattern=SECRET_NAME),
}

SECRET_USE = {
    "name": Field("text", "Name of the file in the service.", required=True, pattern=SECRET_NAME),
    "path": Field("text", "Path in `platform_secrets`.", required=True, pattern=SECRET_PATH, shape=SECRET_PATH_SHAPE),
    "key": Field("text", "Field of the secret.", default="value", pattern=SECRET_NAME),
}

HEALTH = {
    "live": _path("Answers while the process works, whatever its dependencies do.", "/health/live"),
    "ready": _path("Answers 200 only when requests can be served; the gate of every deploy.", "/health/ready"),
    "startup": _path("Answers 200 once the service has started.", "/health/startup"),
    "legacy": _path("Older single health path, if the service has one."),
    "command": _words("Command in the container instead of the paths, for a worker or scheduler."),
}

MIGRATION = {
    "current": Field(
        "list", "Command that prints the present revision.", required=True, minimum=1, items=Field("text")
    ),
    "heads": Field(
        "list", "Command that prints the newest revision(s).", required=True, minimum=1, items=Field("text")
    ),
    "upgrade": Field("list", "Command that migrates to the newest.", required=True, minimum=1, items=Field("text")),
    "downgrade": Field(
        "list",
        "Command that goes back to the revision appended to it; only with it can a schema go back.",
        default=[],
        items=Field("text"),
    ),
}

LIMITS = {
    "memory": Field("text", "Memory of one replica.", default="512M", pattern=SIZE, shape="a size such as 512M"),
    "cpus": Field("number", "CPUs of one replica.", default=1.0, minimum=0.05, maximum=256),
}

VOLUME = {
    "source": Field("text", "Directory on the host.", required=True, pattern=r"/[^:\s]+", shape="an absolute path"),
    "target": Field(
        "text", "Where it is in the container.", required=True, pattern=r"/[^:\s]+", shape="an absolute path"
    ),
    "writable": Field("boolean", "Whether the service may write there.", default=False),
}

ROUTE = {
    "host": Field("text", "Host name of the URL.", required=True, pattern=HOST_NAME, shape="a host name"),
    "path": _path("Beginning of the URL's path.", "/"),
}

SERVICE = {
    "name": _name("Name of the service; its unit is `<platform>-<name>.service`."),
    "kind": Field("text", "A scheduler is never there twice.", default="web", choices=("web", "worker", "scheduler")),
    "build": Field("text", "Name in `platform_builds`; or give `image`.", pattern=NAME, shape=NAME_SHAPE),
    "image": Field(
        "text", "Image by digest from a registry.", pattern=r".+@sha256:[0-9a-f]{64}", shape="name@sha256:…"
    ),
    "port": _port("Port in the container; only for `web`."),
    "entry_port": _port("Port on the proxy's loopback and private address where it always answers; only for `web`."),
    "replicas": Field("integer", "Containers on each app host.", default=1, minimum=1, maximum=MAX_REPLICAS),
    "command": _words("Instead of the image's command."),
    "environment": Field("map", "Plain variables; never secrets.", default={}, items=Field("text")),
    "uid": Field("integer", "Unprivileged user in the container.", default=10001, minimum=1000, maximum=4294967293),
    "stop_grace": Field(
        "integer", "Seconds to finish its work after the stop signal.", default=30, minimum=1, maximum=86400
    ),
    "limits": Field("object", "What one replica may use.", default={}, fields=LIMITS),
    "secrets": Field("list", "Secrets it gets as files.", default=[], items=Field("object", fields=SECRET_USE)),
    "databases": Field("list", "Databases it uses.", default=[], items=Field("object", fields=DATABASE_USE)),
    "redis": Field("list", "Redis instances it uses.", default=[], items=Field("object", fields=REDIS_USE)),
    "volumes": Field("list", "Directories of the host it sees.", default=[], items=Field("object", fields=VOLUME)),
    "health": Field("object", "How it says that it works.", default={}, fields=HEALTH),
    "metrics": _path("Path of its metrics, never served at the edge."),
    "checks": Field(
        "list",
        "Commands that must succeed in a new image before it is released, such as importing every module.",
        default=[],
        items=Field("list", minimum=1, items=Field("text")),
    ),
    "migration": Field("object", "How its database is brought to the code's schema.", fields=MIGRATION),
    "accepts_revisions": _words("Further schema revisions this code works with."),
    "depends_on": _words("Services that must be ready before it starts; one that is replaced is, in its old slot."),
    "routes": Field("list", "Public URLs that lead to it.", default=[], items=Field("object", fields=ROUTE)),
}

DATABASE = {
    "name": Field("text", "Name of the database.", required=True, pattern=IDENTIFIER, shape=IDENTIFIER_SHAPE),
    "extensions": _words("Extensions it has."),
}

REDIS = {
    "name": _name("Name of the instance."),
    "port": _port("Its TLS port.", required=True),
    "eviction": Field(
        "text",
        "What happens when memory is full; queues and sessions need `noeviction`.",
        default="noeviction",
        choices=("noeviction", "allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-lfu", "volatile-ttl"),
    ),
    "persistent": Field("boolean", "Whether it survives a restart (append-only file).", default=False),
    "memory": Field("text", "Most it may hold.", default="256mb", pattern=SIZE, shape="a size such as 256mb"),
}

SECRET = {
    "path": Field("text", "Path in OpenBao.", required=True, pattern=SECRET_PATH, shape=SECRET_PATH_SHAPE),
    "kind": Field("text", "Generated, or given from outside.", default="key", choices=("key", "external")),
    "length": Field("integer", "Characters of a generated key.", default=64, minimum=32, maximum=512),
    "variable": Field("text", "Ansible variable that holds an external one.", pattern=r"[a-z_][a-z0-9_]*"),
    "minimum": Field("integer", "Fewest characters of an external one.", default=16, minimum=8, maximum=4096),
}

BUILD = {
    "name": _name("Name of the image."),
    "context": Field("text", "Directory on the controller.", required=True),
    "dockerfile": Field("text", "Path of the Dockerfile in the context.", default="Dockerfile"),
    "args": Field("map", "Build arguments; never secrets.", default={}, items=Field("text")),
    "bases": _words("Images it is built from; part of its identity."),
    "target": Field("text", "Stage to build; the last one when empty.", default=""),
}

BASE_IMAGE = {
    "name": Field("text", "Name and tag the builds use.", required=True),
    "archive": Field("text", "Root file system on the controller (tar), imported when missing.", required=True),
}

VARIABLES: Mapping[str, Field] = {
    "platform_name": _name("Name of the platform; files, units and containers carry it."),
    "platform_environment": Field(
        "text", "What this environment is for.", required=True, choices=("production", "staging", "development", "demo")
    ),
    "platform_domains": Field(
        "list",
        "Public names, the main one first.",
        required=True,
        minimum=1,
        items=Field("text", pattern=HOST_NAME, shape="a host name"),
    ),
    "platform_timezone": Field(
        "text", "Time zone for people; records are in UTC.", default="UTC", pattern=r"[A-Za-z0-9_+/-]+"
    ),
    "platform_operators": Field("list", "Who runs it.", default=[], items=Field("object", fields=OPERATOR)),
    "platform_objectives": Field(
        "object",
        "What recovery promises.",
        default={},
        fields={
            "rto_seconds": Field("integer", "Longest time to be back.", default=3600, minimum=60),
            "rpo_seconds": Field("integer", "Most data time that may be lost.", default=3600, minimum=0),
        },
    ),
    "platform_thresholds": Field(
        "object", "From which figures on `steward doctor` warns.", default={}, fields=THRESHOLDS
    ),
    "platform_backup": Field(
        "object",
        "Whether there are backups; what they hold and where they go are variables of the role backup.",
        default={},
        fields={"enabled": Field("boolean", "Whether the hosts are backed up.", default=False)},
    ),
    "platform_port_range": Field(
        "object",
        "Ports of application containers on the private address.",
        default={"first": 18000, "last": 18999},
        fields={"first": _port("First.", required=True), "last": _port("Last.", required=True)},
    ),
    "platform_databases": Field("list", "PostgreSQL databases.", default=[], items=Field("object", fields=DATABASE)),
    "platform_redis": Field("list", "Redis instances, one a purpose.", default=[], items=Field("object", fields=REDIS)),
    "platform_secrets": Field(
        "list", "What OpenBao holds beside credentials.", default=[], items=Field("object", fields=SECRET)
    ),
    "platform_builds": Field("list", "Images made here.", default=[], items=Field("object", fields=BUILD)),
    "platform_base_images": Field(
        "list", "Base images imported from a file.", default=[], items=Field("object", fields=BASE_IMAGE)
    ),
    "platform_services": Field(
        "list",
        "What runs; append new ones at the end.",
        required=True,
        minimum=1,
        items=Field("object", fields=SERVICE),
    ),
    "platform_private_address": Field(
        "text",
        "Of each host: where it talks to the others.",
        required=True,
        pattern=r"[0-9]{1,3}(\.[0-9]{1,3}){3}",
        shape="an IPv4 address",
    ),
}

# What opens the backups: generated once and never replaced, because older backups could not be read any more.
BACKUP_SECRETS = ("backup/restic-password", "backup/mac-key", "backup/pgbackrest-cipher")
BACKUP_SECRET_LENGTH = 64

GROUPS = ("app", "cache", "database", "proxy", "secrets")


def account(service: str) -> str:
    """The name of a service's role in PostgreSQL and user in Redis.

    >>> account("isp-framework")
    'isp_framework'
    """
    return service.replace("-", "_")


def standby(service: str) -> str:
    """The role that takes turns with a service's own when its password is rotated.

    >>> standby("isp-framework")
    'isp_framework_b'
    """
    return f"{account(service)}_b"
