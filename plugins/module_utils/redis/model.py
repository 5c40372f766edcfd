# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each Redis instance should be, and what one was seen to be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.credentials import accepted
from ..core.errors import InputError

ADMINISTRATOR = "steward"
CERTIFICATE = "tls-cert-file"
PROGRAMS = "/usr/local/lib/steward"
PASSWORD_MINIMUM = 16
MEBIBYTE = 1024 * 1024
# What takes longer is remembered, for `steward cache latency`.
SLOW_MILLISECONDS = 100
# Everything data needs and nothing that touches the server, other people's connections or whole databases. INFO is
# what Celery's client asks when it connects. Written exactly as the server itself shows it.
SERVICE_RULES = "~* &* +@all -@admin -@dangerous -function -script|flush -script|kill +info"
# Who reads its password is root of the host, who may stop the server and read its files anyway.
ADMINISTRATOR_RULES = "~* &* +@all"
# Off, so nobody gets in as it. Yet it may do everything: a server that reads its append-only file back asks for the
# rights of this user at each EXEC, and silently leaves out what it may not, https://github.com/redis/redis/issues/14541.
NOBODY = "user default off sanitize-payload ~* &* +@all"
UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": MEBIBYTE, "g": 1000**3, "gb": 1024 * MEBIBYTE}
_MEMORY = re.compile(r"(\d+)(b|kb|k|mb|m|gb|g)?", re.IGNORECASE)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Instance:
    """One wanted instance: its settings as CONFIG GET shows them, and its users as ACL LIST does."""

    name: str
    port: int
    settings: Mapping[str, str]
    users: frozenset[str] = field(repr=False)

    @property
    def unit(self) -> str:
        return unit_of(self.name)


@dataclass(frozen=True)
class InstanceState:
    """An instance as it was seen; ``problem`` says why a running one could not be asked.

    ``listens`` gives each wanted address what was found there.
    """

    active: bool
    enabled: bool
    problem: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] = field(default=frozenset(), repr=False)
    listens: Mapping[str, str] = field(default_factory=dict)


def unit_of(name: str) -> str:
    """The name of Debian's template unit for an instance."""
    return f"redis-server@{name}.service"


def parse_memory(text: str) -> int:
    """A size as Redis writes it, in bytes.

    >>> parse_memory("256mb")
    268435456

    :raises InputError: it is none.
    """
    found = _MEMORY.fullmatch(text)
    if found is None:
        raise InputError(f"memory is {text!r}, allowed is: a size as 256mb or 1gb")
    return int(found.group(1)) * UNITS[(found.group(2) or "").lower()]


def describe_instances(
    rows: Iterable[Mapping[str, Any]],
    addresses: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
    credentials: Mapping[str, Mapping[str, Any]],
    administrator: str,
) -> list[dict[str, Any]]:
    """The platform's instances as the module ``redis_instances`` takes them.

    :param rows: ``platform.redis``.
    :param settings: further settings by instance, which take precedence.
    :param credentials: ``username`` and ``password`` by path.
    :param administrator: SHA-256 of the local administrator's password.
    :raises InputError: a password is missing, weak or somebody else's, or a size is none.
    """
    return [
        {
            "name": row["name"],
            "port": row["port"],
            "settings": {**_settings(row, addresses), **_as_text(settings.get(row["name"], {}))},
            "users": describe_users(row["clients"], credentials, administrator),
        }
        for row in rows
    ]


def _settings(row: Mapping[str, Any], addresses: Sequence[str]) -> dict[str, str]:
    name = row["name"]
    return _as_text(
        {
            "port": 0,
            "tls-port": row["port"],
            "bind": " ".join(addresses),
            CERTIFICATE: "/etc/ssl/steward/host.pem",
            "tls-key-file": "/etc/ssl/steward/host.key",
            "tls-ca-cert-file": "/etc/ssl/steward/ca/ca.pem",
            "tls-auth-clients": "no",
            "tls-protocols": "TLSv1.2 TLSv1.3",
            "aclfile": f"/etc/redis/{name}.acl",
            "dir": f"/var/lib/redis/{name}",
            "pidfile": f"/run/redis-{name}/redis-server.pid",
            "supervised": "systemd",
            "logfile": "",
            "tcp-keepalive": 60,
            "maxmemory": parse_memory(str(row["memory"])),
            "maxmemory-policy": row["eviction"],
            # What must survive is in the append-only file; what need not is not written at all.
            "appendonly": "yes" if row["persistent"] else "no",
            "appendfsync": "everysec",
            "save": "",
            "latency-monitor-threshold": SLOW_MILLISECONDS,
            "lazyfree-lazy-eviction": "yes",
            "lazyfree-lazy-expire": "yes",
        }
    )


def _as_text(settings: Mapping[str, Any]) -> dict[str, str]:
    """Setting values as Redis spells them; YAML's booleans are yes and no again."""
    words = {True: "yes", False: "no"}
    return {name: words[value] if isinstance(value, bool) else str(value) for name, value in settings.items()}


def describe_configuration(instances: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The directories and files of described instances, as ``config_set`` takes them, and the servers' own files.

    >>> describe_configuration([])["directories"]
    [{'path': '/usr/local/lib/steward'}, {'path': '/etc/systemd/system/redis-server@.service.d'}]
    """
    directories: list[dict[str, Any]] = [{"path": PROGRAMS}, {"path": drop_ins_of("")}]
    files: list[dict[str, Any]] = [
        {"path": f"{PROGRAMS}/redis-check", "template": "redis-check.j2", "mode": "0755"},
        {"path": f"{drop_ins_of('')}/50-steward.conf", "template": "unit.conf.j2"},
    ]
    configurations = []
    for instance in instances:
        private = {"mode": "0640", "group": "redis"}
        variables = {"instance": {"settings": instance["settings"], "memory_limit": limit_memory(instance["settings"])}}
        name, users = instance["name"], "\n".join(instance["users"]) + "\n"
        configuration = f"/etc/redis/redis-{name}.conf"
        directories += [
            {"path": drop_ins_of(name)},
            {"path": instance["settings"]["dir"], "mode": "0750", "owner": "redis", "group": "redis"},
        ]
        files += [
            {"path": configuration, "template": "redis.conf.j2", "vars": variables, **private},
            {"path": instance["settings"]["aclfile"], "secret_content": users, **private},
            {"path": f"{drop_ins_of(name)}/50-memory.conf", "template": "memory.conf.j2", "vars": variables},
        ]
        configurations.append(configuration)
    return {"directories": directories, "files": files, "configurations": configurations}


def limit_memory(settings: Mapping[str, str]) -> int:
    """Bytes a server may use: buffers and fragmentation beyond its data, and a copy while its file is rewritten."""
    memory = parse_memory(settings["maxmemory"])
    return memory * (2 if settings["appendonly"] == "yes" else 1) + memory // 2 + 64 * MEBIBYTE


def drop_ins_of(name: str) -> str:
    return f"/etc/systemd/system/{unit_of(name)}.d"


def describe_users(
    clients: Iterable[Mapping[str, str]], credentials: Mapping[str, Mapping[str, Any]], administrator: str
) -> list[str]:
    """The lines of an instance's ACL file.

    :param clients: rows of ``user`` and ``path``.
    :param credentials: ``username`` and ``password`` by path, two of each while they are rotated.
    :param administrator: SHA-256 of the local administrator's password.
    :raises InputError: a password is missing, weak or somebody else's.
    """
    lines = [NOBODY, user_line(ADMINISTRATOR, [administrator], ADMINISTRATOR_RULES)]
    for client in clients:
        passwords = _passwords(client["user"], client["path"], credentials)
        # In an order of their own, so that a rotation's next step changes nothing here.
        hashes = sorted(hashlib.sha256(password.encode()).hexdigest() for password in passwords)
        lines.append(user_line(client["user"], hashes, SERVICE_RULES))
    return lines


def _passwords(user: str, path: str, credentials: Mapping[str, Mapping[str, Any]]) -> list[str]:
    place = f"redis_credentials[{path}]"
    fields = credentials.get(path) or {}
    if not fields.get("password"):
        raise InputError(f"{place} has no password", "The role openbao generates it.")
    found = accepted(fields)
    for name, password in found:
        if name not in (None, user):
            raise InputError(f"{place}.username is {name!r}, allowed is: {user}")
        if len(str(password)) < PASSWORD_MINIMUM:
            raise InputError(f"{place}.password is too weak, allowed are: {PASSWORD_MINIMUM} or more characters")
    return [str(password) for _name, password in found]


def user_line(name: str, hashes: Sequence[str], rules: str) -> str:
    """A user as it stands in the ACL file and as ACL LIST shows it."""
    if not _NAME.fullmatch(name) or name == "default":
        raise InputError(f"the Redis user is {name!r}, allowed is: {_NAME.pattern}, but not default")
    if not all(_HASH.fullmatch(password_hash) for password_hash in hashes):
        raise InputError(f"the password hash of the Redis user {name} is no SHA-256 in hexadecimal")
    shown = " ".join(f"#{password_hash}" for password_hash in hashes)
    return f"user {name} on sanitize-payload {shown} {rules}"


def build_instances(parameters: Mapping[str, Any]) -> tuple[Instance, ...]:
    """The wish from the module's options.

    :raises InputError: the first defect.
    """
    instances = []
    for index, row in enumerate(parameters["instances"]):
        if not _NAME.fullmatch(row["name"]):
            raise InputError(f"instances[{index}].name is {row['name']!r}, allowed is: {_NAME.pattern}")
        settings = {str(name): str(value) for name, value in row["settings"].items()}
        instances.append(Instance(row["name"], row["port"], settings, frozenset(row["users"])))
    return tuple(instances)


def is_same_setting(wanted: str, seen: str | None) -> bool:
    """Whether two spellings mean the same: sizes in units, words in capitals, several spaces."""
    if seen is None:
        return False
    sizes = [_MEMORY.fullmatch(text) for text in (wanted, seen)]
    if all(sizes):
        return parse_memory(wanted) == parse_memory(seen)
    return wanted.split() == seen.split()


def show_users(lines: Iterable[str]) -> str:
    """The names in an ACL, for people; never a hash.

    >>> show_users(["user b on #ab ~*", "user a off"])
    'a, b'
    """
    return ", ".join(sorted(line.split()[1] for line in lines))
