# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done so that snapshots can be taken, and what must hold before one is restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import InputError, StewardError
from ...core.plan import Change, Plan
from ..command import backup_policy, build_role
from ..model import BACKUP
from ..plan import sealed
from .parse import Content

LOOPBACK = ("127.0.0.0/8",)
EMPTY_AGAIN = "Stop openbao on its host, remove what is in /var/lib/openbao/raft, start it, and run this again."


@dataclass(frozen=True)
class LoginWorld:
    """The policy and AppRole of backups in OpenBao, and whether the login on the host ``works``."""

    policy: str
    role: Mapping[str, Any] | None
    login: str


def plan_login(world: LoginWorld, *, path: str) -> Plan:
    """Give backups a login of their own, accepted from OpenBao's host only, that reads snapshots."""
    changes = []
    settings = build_role(BACKUP, LOOPBACK)
    before = {name: (world.role or {}).get(name) for name in settings} if world.role else {}
    if world.policy != backup_policy():
        changes.append(Change("write_policy", f"policy {BACKUP}", world.policy, backup_policy()))
    if before != settings:
        changes.append(Change("write_role", f"AppRole {BACKUP}", _lines(before), _lines(settings), {"role": settings}))
    if world.login != "works":
        changes.append(Change("issue", f"login of {BACKUP}", world.login, f"issued, in {path}"))
    return Plan(tuple(changes))


def _lines(settings: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {settings[name]}" for name in sorted(settings))


def refuse_unable(address: str, health: Mapping[str, Any]) -> None:
    """Refuse to ask a server that cannot answer.

    :raises StewardError: it is not initialised or sealed.
    """
    if not health["initialized"]:
        raise StewardError(f"OpenBao {address} is not initialised, so there is nothing to back up")
    if health["sealed"]:
        raise sealed(address)


def refuse_open_directory(directory: str, mode: int | None, uid: int | None) -> None:
    """A snapshot lies only where nobody but root gets.

    :raises InputError: the directory is not there, or is open to others.
    """
    if mode is None:
        raise InputError(f"the directory {directory} does not exist", "Make it with mode 0700.")
    if uid != 0 or mode & 0o077:
        raise InputError(f"the directory {directory} has mode {mode:04o} and uid {uid}, allowed is: 0700 of root")


def plan_snapshot(address: str, path: str) -> Plan:
    return Plan((Change("take", path, "", f"raft snapshot of {address}"),))


def plan_restore(
    health: Mapping[str, Any], seal: str, content: Content, *, address: str, path: str, confirm: str
) -> Plan:
    """Restore to a server that holds nothing yet.

    :raises InputError: it was not confirmed.
    :raises StewardError: the server holds something, or does not open itself.
    """
    if confirm != address:
        raise InputError(f"confirm is {confirm!r}, allowed is the address of the server to restore to: {address}")
    if health["initialized"]:
        raise StewardError(
            f"OpenBao {address} is initialised already; a snapshot is restored to an empty server only",
            f"If what it holds may be lost: {EMPTY_AGAIN}",
        )
    if seal != "static":
        raise StewardError(
            f"OpenBao {address} has the seal {seal}; only one that opens itself (static) is restored by this",
            "Restore it by hand with 'bao operator raft snapshot restore -force', then unseal it with the old keys.",
        )
    return Plan(
        (
            Change("initialise", f"OpenBao {address}", "", "initialised with keys that are thrown away"),
            Change("restore", f"OpenBao {address}", "", f"the content of {path}, log index {content.index}"),
        ),
        content.to_dict(),
    )


def refuse_unopened(address: str, health: Mapping[str, Any]) -> None:
    """See that the restored server has opened itself.

    :raises StewardError: it did not.
    """
    if health["sealed"] or health["standby"]:
        raise StewardError(
            f"OpenBao {address} has the snapshot's content but stays sealed",
            "Its configuration or its unseal key is not that of the server that made the snapshot (the seal's key and "
            f"its id, the audit device): put both back. {EMPTY_AGAIN}",
        )
