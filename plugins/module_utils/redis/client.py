# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks and tells this host's Redis instances, as the local administrator over TLS."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import secrets
import string
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ..core import files, process, tls
from ..core.errors import StewardError
from ..core.plan import Change, Plan
from . import plan as planning
from .figures import summarise
from .model import ADMINISTRATOR, CERTIFICATE, Instance, InstanceState, unit_of

CA_FILE = "/etc/ssl/steward/ca/ca.pem"
PASSWORD_FILE = "/etc/steward/redis.password"
CONFIGURATIONS = "/etc/redis/redis-*.conf"
# Reading a large append-only file back may take minutes, and a server that does so is not broken.
LOADING_SECONDS = 300.0
ANSWER_SECONDS = 5.0
POLL_SECONDS = 0.2
COMMAND_SECONDS = 300
PASSWORD_LENGTH = 32


class RedisError(StewardError):
    """The server could not be reached or refused a command."""


@contextmanager
def session(port: int) -> Iterator[Any]:
    """A connection of the local administrator to one instance.

    :raises RedisError: as described there; the message holds no password.
    """
    try:
        library = import_module("redis")
    except ImportError as error:
        raise RedisError("python3-redis is not installed", "Run the role redis first.") from error
    connection = library.Redis(
        host="127.0.0.1", port=port, username=ADMINISTRATOR, password=read_password(), ssl=True,
        ssl_ca_certs=CA_FILE, ssl_check_hostname=True, socket_timeout=ANSWER_SECONDS, decode_responses=True,
        client_name=ADMINISTRATOR,
    )  # fmt: skip
    try:
        yield connection
    except (library.RedisError, OSError) as error:
        raise RedisError(f"Redis on port {port} says: {str(error).splitlines()[0]}") from error
    finally:
        connection.close()


def open_stream(port: int) -> Any:
    """A bare connection of the local administrator, past the greeting, for a program that speaks for itself.

    :raises RedisError: it could not be opened; the message holds no password.
    """
    words = [word.encode() for word in ("AUTH", ADMINISTRATOR, read_password())]
    greeting = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    try:
        stream = tls.connect("127.0.0.1", port, ca_file=CA_FILE, timeout=ANSWER_SECONDS)
        stream.sendall(greeting)
        said = stream.recv(1024)
        stream.settimeout(None)
    except OSError as error:
        raise RedisError(f"Redis on port {port} cannot be reached: {error}") from error
    if said != b"+OK\r\n":
        stream.close()
        raise RedisError(f"Redis on port {port} says: {said.decode(errors='replace').strip()}")
    return stream


def read_password() -> str:
    """The local administrator's password.

    :raises RedisError: nobody made it yet.
    """
    state = files.observe(PASSWORD_FILE)
    if state is None:
        raise RedisError(f"{PASSWORD_FILE} does not exist", "Run the role redis first.")
    return state.content.strip()


def has_password() -> bool:
    return os.path.exists(PASSWORD_FILE)


def make_password() -> None:
    """Generate the local administrator's password, which never leaves this host."""
    os.makedirs(os.path.dirname(PASSWORD_FILE), mode=0o750, exist_ok=True)
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for position in range(PASSWORD_LENGTH))
    files.write(PASSWORD_FILE, password + "\n", mode="0400")


def hash_of_password() -> str:
    return hashlib.sha256(read_password().encode()).hexdigest()


def observe(wish: Sequence[Instance]) -> dict[str, InstanceState]:
    """Each wanted instance as it is."""
    return {instance.name: _observe(instance) for instance in wish}


def find_unmanaged(wish: Sequence[Instance]) -> list[str]:
    """Instances that are configured here without having been asked for."""
    return sorted(set(find_instances()) - {instance.name for instance in wish})


def find_instances() -> dict[str, int]:
    """The configured instances with their TLS ports."""
    found = {}
    for path in sorted(glob.glob(CONFIGURATIONS)):
        state = files.observe(path)
        port = re.search(r'^tls-port "(\d+)"$', state.content if state else "", re.MULTILINE)
        found[path.removeprefix("/etc/redis/redis-").removesuffix(".conf")] = int(port.group(1)) if port else 0
    return found


def _observe(instance: Instance) -> InstanceState:
    enabled = _systemctl_says("is-enabled", instance.unit) == "enabled"
    if _systemctl_says("is-active", instance.unit) != "active":
        return InstanceState(active=False, enabled=enabled)
    try:
        with session(instance.port) as connection:
            _wait_until_loaded(connection)
            settings = connection.config_get("*")
            users = frozenset(connection.acl_list())
    except RedisError as error:
        return InstanceState(active=True, enabled=enabled, problem=error.message)
    addresses = instance.settings["bind"].split()
    listens = {address: _listens(address, instance) for address in addresses}
    return InstanceState(active=True, enabled=enabled, settings=settings, users=users, listens=listens)


def _wait_until_loaded(connection: Any) -> None:
    """Wait while the server reads its data back; every other refusal goes up at once."""
    busy = import_module("redis").BusyLoadingError
    deadline = time.monotonic() + LOADING_SECONDS
    while True:
        try:
            connection.ping()
            return
        except busy:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def _listens(address: str, instance: Instance) -> str:
    certificate = instance.settings[CERTIFICATE]
    return tls.answer(address, instance.port, ca_file=CA_FILE, certificate=certificate)


def _systemctl_says(verb: str, unit: str) -> str:
    return process.run(["systemctl", verb, unit], check=False).stdout.strip()


def apply(wish: Sequence[Instance], plan: Plan) -> None:
    """Do what was planned, then look again; what could not be cured live is restarted.

    :raises StewardError: an instance is not as wanted.
    """
    by_name = {instance.name: instance for instance in wish}
    touched = dict.fromkeys(change.data["instance"] for change in plan.changes)
    for change in plan.changes:
        _apply(by_name[change.data["instance"]], change)
    for name in touched:
        instance = by_name[name]
        state = _observe(instance)
        if state.active and planning.needs_restart(instance, state):
            _systemctl(planning.RESTART, instance.unit)
            state = _observe(instance)
        planning.refuse_different(instance, state)


def _apply(instance: Instance, change: Change) -> None:
    if change.action in (planning.ENABLE, planning.START, planning.RESTART):
        _systemctl(change.action, instance.unit)
        return
    with session(instance.port) as connection:
        if change.action == planning.LOAD:
            connection.acl_load()
        else:
            connection.config_set(change.data["name"], change.data["value"])


def _systemctl(verb: str, unit: str) -> None:
    process.run(["systemctl", verb, unit], timeout=COMMAND_SECONDS)


def status() -> dict[str, dict[str, Any]]:
    """What ``steward status`` shows of every instance of this host, by name; ``error`` where one could not be asked."""
    return {name: _status(name, port) for name, port in find_instances().items()}


def _status(name: str, port: int) -> dict[str, Any]:
    try:
        with session(port) as connection:
            connection.ping()
            return {"unit": unit_of(name), "port": port, **summarise(connection.info())}
    except StewardError as error:
        return {"unit": unit_of(name), "port": port, "error": error.message}


def accepts(address: str, port: int, user: str, password: str) -> bool:
    """Whether an instance lets a user in with a password, asked as a service does.

    :raises RedisError: it gave neither answer.
    """
    library = import_module("redis")
    connection = library.Redis(
        host=address, port=port, username=user, password=password, ssl=True, ssl_ca_certs=CA_FILE,
        ssl_check_hostname=True, socket_timeout=ANSWER_SECONDS,
    )  # fmt: skip
    try:
        connection.ping()
    except library.AuthenticationError:
        return False
    except (library.RedisError, OSError) as error:
        raise RedisError(f"Redis on {address} port {port} says: {str(error).splitlines()[0]}") from error
    finally:
        connection.close()
    return True
