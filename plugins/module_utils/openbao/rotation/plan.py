# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps by which a generated secret is replaced, each one write that says in OpenBao how far it is.

A step changes only the secrets that stand right before it, so the same steps continue an interrupted run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.credentials import NEXT, PREVIOUS, REFUSED
from ...core.errors import InputError, StewardError
from ...core.plan import Change, Plan
from ..model import FIELDS, Secret, Stored

IDLE, PREPARED, PROMOTED, RETIRED, FINISHED = "idle", "prepared", "promoted", "retired", "finished"
STEPS = (PREPARED, PROMOTED, RETIRED, FINISHED)
_PHASES = {NEXT: PREPARED, PREVIOUS: PROMOTED, REFUSED: RETIRED}


@dataclass(frozen=True)
class Held:
    """A secret as OpenBao has it, and its earlier versions that can still be read."""

    secret: Stored
    readable: tuple[int, ...] = ()


def phase_of(fields: Mapping[str, str]) -> str:
    """How far a secret is.

    >>> phase_of({"value": "new", "previous_value": "old"})
    'promoted'
    """
    return next((phase for prefix, phase in _PHASES.items() if any(name.startswith(prefix) for name in fields)), IDLE)


def plan_rotation(platform: str, secrets: Sequence[Secret], held: Mapping[str, Held], step: str) -> Plan:
    """Take the secrets that stand before ``step`` to it.

    :raises StewardError: one is not in OpenBao.
    :raises InputError: one comes from outside.
    """
    _refuse(platform, secrets, held)
    changes = [change for secret in secrets for change in _changes(platform, secret, held[secret.path], step)]
    before = {secret.path: phase_of(held[secret.path].secret.fields) for secret in secrets}
    moved = {change.data["secret"]: change.data["phase"] for change in changes}
    return Plan(tuple(changes), {"phases": {**before, **moved}})


def _refuse(platform: str, secrets: Sequence[Secret], held: Mapping[str, Held]) -> None:
    for secret in secrets:
        if secret.kind == "external":
            raise InputError(f"the secret {secret.path} comes from outside and is not generated here")
        if secret.path not in held or held[secret.path].secret.deleted:
            raise StewardError(f"OpenBao has no secret {secret.path} in {platform}", "Deploy first; that makes it.")


def _changes(platform: str, secret: Secret, held: Held, step: str) -> Iterator[Change]:
    fields, names = held.secret.fields, FIELDS[secret.kind]
    phase = phase_of(fields)
    if _BEFORE[step] == phase:
        given, generate = _STEP[step](secret, fields, names)
        after = {**given, **dict.fromkeys(generate, "")}
        data = {
            "secret": secret.path,
            "path": f"{platform}/data/{secret.path}",
            "fields": given,
            "generate": generate,
            "version": held.secret.version,
            "phase": phase_of(after),
        }
        yield Change("write", f"secret {platform}/{secret.path}", _show(fields), _show(after), data)
    old = (*held.readable, held.secret.version) if phase == RETIRED else held.readable
    if step == FINISHED and phase in (RETIRED, IDLE) and old:
        data = {
            "secret": secret.path,
            "path": f"{platform}/destroy/{secret.path}",
            "versions": list(old),
            "phase": IDLE,
        }
        before = f"readable: {', '.join(map(str, old))}"
        yield Change("destroy", f"earlier versions of {platform}/{secret.path}", before, data=data)


def _prepare(secret: Secret, fields: Mapping[str, str], names: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    """The other user of the pair, or the same one where a server knows two passwords of it; and a new password."""
    if secret.kind == "key":
        return dict(fields), {f"{NEXT}value": secret.length}
    other = secret.standby if secret.standby and fields["username"] != secret.standby else secret.username
    return {**fields, f"{NEXT}username": other}, {f"{NEXT}password": secret.length}


def _promote(secret: Secret, fields: Mapping[str, str], names: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    previous = {f"{PREVIOUS}{name}": fields[name] for name in names}
    return {**_without(fields, NEXT), **{name: fields[f"{NEXT}{name}"] for name in names}, **previous}, {}


def _retire(secret: Secret, fields: Mapping[str, str], names: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    return {**_without(fields, PREVIOUS), **{f"{REFUSED}{name}": fields[f"{PREVIOUS}{name}"] for name in names}}, {}


def _finish(secret: Secret, fields: Mapping[str, str], names: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    return _without(fields, REFUSED), {}


def _without(fields: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if not name.startswith(prefix)}


def _show(fields: Mapping[str, Any]) -> str:
    """Names of users and of fields, never another value."""
    return "\n".join(f"{name}: {fields[name] if name.endswith('username') else '(set)'}" for name in sorted(fields))


_BEFORE = {PREPARED: IDLE, PROMOTED: PREPARED, RETIRED: PROMOTED, FINISHED: RETIRED}
_STEP = {PREPARED: _prepare, PROMOTED: _promote, RETIRED: _retire, FINISHED: _finish}
