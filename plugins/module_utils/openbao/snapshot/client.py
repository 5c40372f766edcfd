# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes raft snapshots as the login of backups, and restores one to an empty server."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from ...core import clock, files, http
from ...core.errors import StewardError
from ...core.plan import Plan
from ..client import Server, connect, destroy, is_active, login_admin, new_secret_id, wait_until
from ..command import backup_policy
from ..model import BACKUP, SNAPSHOT_PATH
from .parse import Content, parse_snapshot
from .plan import EMPTY_AGAIN, LoginWorld, refuse_open_directory, refuse_unable, refuse_unopened

# Whether the server can answer at all is known within this.
HEALTH_SECONDS = 3.0
TRANSFER_SECONDS = 60.0
ROLE = f"auth/approle/role/{BACKUP}"


def observe_login(options: Mapping[str, Any]) -> LoginWorld:
    server = connect(options)
    policy = server.data(f"sys/policies/acl/{BACKUP}") or {}
    role = server.data(ROLE)
    login = login_admin(Server(server.address, server.ca_file), options["login_file"]) if role else "absent"
    return LoginWorld(policy.get("policy", ""), role, login)


def apply_login(options: Mapping[str, Any], plan: Plan) -> None:
    server = connect(options)
    for change in plan.changes:
        if change.action == "write_policy":
            server.ask("PUT", f"sys/policies/acl/{BACKUP}", {"policy": backup_policy()})
        elif change.action == "write_role":
            server.ask("POST", ROLE, change.data["role"])
        else:
            _issue(server, options["login_file"])


def _issue(server: Server, path: str) -> None:
    old = server.keys(f"{ROLE}/secret-id")
    role_id = (server.data(f"{ROLE}/role-id") or {})["role_id"]
    login = {"role_id": role_id, "secret_id": new_secret_id(server, BACKUP, {})}
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    files.write_json(path, login, mode="0400")
    destroy(server, BACKUP, old)


def look(options: Mapping[str, Any]) -> dict[str, Any]:
    """The server's health, once it is known that a snapshot can be taken and where it would go.

    :raises StewardError: the server is sealed, not initialised or not to be reached, within seconds.
    :raises InputError: the directory is not root's alone.
    """
    _refuse_open(os.path.dirname(options["path"]))
    server = Server(options["address"], options["ca_file"])
    health = server.health(timeout=HEALTH_SECONDS)
    refuse_unable(server.address, health)
    return health


def _refuse_open(directory: str) -> None:
    try:
        status = os.stat(directory)
    except FileNotFoundError:
        refuse_open_directory(directory, None, None)
    else:
        refuse_open_directory(directory, stat.S_IMODE(status.st_mode), status.st_uid)


def take(options: Mapping[str, Any]) -> dict[str, Any]:
    """Take a snapshot to ``path``, which appears when it is there as a whole and its checksums are right.

    :param options: ``address``, ``ca_file``, ``login_file`` and ``path``.
    :returns: ``version`` of OpenBao, ``started``, ``finished``, ``seconds``, ``size`` and ``details``, as the result
        of a part has them.
    :raises StewardError: as :func:`look`; or the login is not accepted, or the snapshot is not whole.
    """
    health = look(options)
    server = Server(options["address"], options["ca_file"])
    state = login_admin(server, options["login_file"])
    if state != "works":
        raise StewardError(
            f"the OpenBao login in {options['login_file']} is {state}", "Run the role openbao on this host first."
        )
    begin, clocked = clock.now(), time.monotonic()
    handle, staged = tempfile.mkstemp(dir=os.path.dirname(options["path"]), prefix=".snapshot.")
    try:
        with os.fdopen(handle, "w+b") as file:
            content = _download(server, file, options["path"])
            size = os.fstat(file.fileno()).st_size
        os.replace(staged, options["path"])
    except BaseException:
        os.unlink(staged)
        raise
    return {
        "version": health["version"],
        "started": clock.to_text(begin),
        "finished": clock.to_text(clock.now()),
        "seconds": round(time.monotonic() - clocked, 2),
        "size": size,
        "details": content.to_dict(),
    }


def _download(server: Server, file: Any, name: str) -> Content:
    headers = {"X-Vault-Token": server.token}
    url = f"{server.address}/v1/{SNAPSHOT_PATH}"
    answer = http.transfer("GET", url, target=file, headers=headers, ca_file=server.ca_file, timeout=TRANSFER_SECONDS)
    if answer.status != 200:
        raise server.refusal("GET", SNAPSHOT_PATH, answer)
    file.flush()
    os.fsync(file.fileno())
    file.seek(0)
    return parse_snapshot(file, name)


def inspect(path: str) -> Content:
    """What is in a snapshot on disk.

    :raises StewardError: it is not there or not whole.
    """
    try:
        with open(path, "rb") as file:
            return parse_snapshot(file, path)
    except OSError as error:
        raise StewardError(f"{path} cannot be read: {error.strerror}") from error


def observe_empty(options: Mapping[str, Any]) -> tuple[dict[str, Any], str, Content]:
    """The server's health, the kind of its seal, and what is to be restored."""
    server = Server(options["address"], options["ca_file"])
    content = inspect(options["path"])
    # It may have been started just now.
    health = wait_until(server, lambda seen: True, options["timeout"])
    status = server.ask("GET", "sys/seal-status") or {}
    return health, str(status.get("type", "unknown")), content


def restore(options: Mapping[str, Any]) -> dict[str, Any]:
    """Initialise an empty server, let the snapshot take its place, and wait until that has opened itself.

    The keys of the initialisation are thrown away: those of the server that made the snapshot are valid again.

    :raises StewardError: the server refused, or did not open itself.
    """
    server = Server(options["address"], options["ca_file"])
    begin = time.monotonic()
    answer = server.ask("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1}) or {}
    server.token = answer["root_token"]
    try:
        wait_until(server, is_active, options["timeout"])
        _upload(server, options["path"])
    except StewardError as error:
        raise StewardError(error.message, f"The server holds nothing yet. {EMPTY_AGAIN}") from error
    # It closes itself a moment after it answered, to begin anew with what it was given.
    time.sleep(1)
    health = wait_until(server, is_active, options["timeout"])
    refuse_unopened(server.address, health)
    return {"seconds": round(time.monotonic() - begin, 2), "login": _login_after(options)}


def _upload(server: Server, path: str) -> None:
    with open(path, "rb") as file:
        answer = http.transfer(
            "POST",
            f"{server.address}/v1/{SNAPSHOT_PATH}",
            source=file,
            headers={"X-Vault-Token": server.token},
            ca_file=server.ca_file,
            timeout=TRANSFER_SECONDS,
        )
    if answer.status >= 300:
        raise server.refusal("POST", SNAPSHOT_PATH, answer)


def _login_after(options: Mapping[str, Any]) -> str:
    """Whether the administrator's login of the old server is on this host and works with what was restored."""
    return login_admin(Server(options["address"], options["ca_file"]), options["admin_file"])
