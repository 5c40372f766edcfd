# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which generated secrets a rotation replaces, which services it renews for them, and how people are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import InputError, StewardError
from ...core.schema import unknown_name
from ...openbao.rotation.plan import IDLE
from ...platform_model.model import BACKUP_SECRETS
from ...platform_model.plan import POSTGRESQL_PORT

Model = Mapping[str, Any]
Row = Mapping[str, Any]

# What becomes of a secret, by its kind and, for credentials, the store that begins its path.
MEANING = {
    "database": "a new password on the other role of the pair, then the present role may not log in any more",
    "redis": "a second password beside the present one, then the present one is removed",
    "key": "a new value; what was signed or encrypted with the present one is not accepted after the switch",
}
STEPS = (
    "Steps: prepare the new ones, render them, move to fresh containers without losing a request, retire the old ones, "
    "and try that they are refused."
)

KEPT_FOR_BACKUPS = "the backups that there are could not be read any more"


@dataclass(frozen=True)
class Entrance:
    """Where a credential is tried: the host that serves it, and for PostgreSQL the database."""

    path: str
    address: str
    port: int
    database: str = ""


def choose(model: Model, service: str, credential: str) -> list[Row]:
    """The generated secrets that are meant: of a service, one by its path, or all that services use.

    :raises InputError: the name is unknown, or means what is not generated here.
    """
    if service and credential:
        raise InputError("service and credential are both given, allowed is one of them")
    rows = {row["path"]: row for row in model["secrets"]}
    if credential:
        if credential not in rows:
            raise InputError(unknown_name(credential, rows, f"credential {credential}"))
        _refuse_fixed(rows[credential])
        rows = {credential: rows[credential]}
    if service:
        services = {row["name"]: row for row in model["services"]}
        if service not in services:
            raise InputError(unknown_name(service, services, f"service {service}"))
        rows = {path: row for path, row in rows.items() if path in _paths(services[service])}
    chosen = [row for row in rows.values() if _can_be_rotated(model, row)]
    if not chosen:
        who = f"service {service} uses no" if service else f"credential {credential} is used by no service, so it is no"
        raise InputError(f"{who} secret that can be rotated" if service or credential else "no secret can be rotated")
    return chosen


def _can_be_rotated(model: Model, row: Row) -> bool:
    return row["kind"] != "external" and row["path"] not in BACKUP_SECRETS and bool(users_of(model, row["path"]))


def _refuse_fixed(row: Row) -> None:
    if row["path"] in BACKUP_SECRETS:
        raise InputError(f"credential {row['path']} is never rotated: {KEPT_FOR_BACKUPS}")
    if row["kind"] == "external":
        raise InputError(
            f"credential {row['path']} comes from outside and is not generated here",
            f"Give its new value in the variable {row['variable']} and deploy.",
        )


def _paths(service: Row) -> set[str]:
    return {file["path"] for file in service["secret_files"]}


def users_of(model: Model, path: str) -> list[str]:
    """The services that read a secret."""
    return [service["name"] for service in model["services"] if path in _paths(service)]


def plan_text(model: Model, chosen: Sequence[Row], service: str, phases: Mapping[str, str]) -> str:
    """What a rotation will do, for people.

    :param phases: how far each secret of the platform is that is not idle.
    """
    lines = [f"Rotate {len(chosen)} generated secret(s) of {model['name']}:"]
    for row in chosen:
        path = row["path"]
        phase = phases.get(path, IDLE)
        begun = "" if phase == IDLE else f" (continued, it is {phase})"
        lines.append(f"  {path}{begun}: {MEANING[_meaning_key(row)]}; used by {', '.join(users_of(model, path))}")
    renewed = renewed_services(model, chosen)
    lines += [
        STEPS,
        f"  fresh containers of the same images, and new OpenBao logins: {', '.join(renewed)}",
    ]
    left = [row for row in _external(model) if not service or row["path"] in _read_by(model, service)]
    lines += [f"  not rotated here: {row['path']}, give {row['variable']} and deploy" for row in left]
    kept = [row["path"] for row in model["secrets"] if row["path"] in BACKUP_SECRETS]
    lines += [f"  never rotated: {', '.join(kept)}; {KEPT_FOR_BACKUPS}"] if kept else []
    chosen_paths = {row["path"] for row in chosen}
    lines += [
        f"  unfinished and not part of this run: {path} is {phase}, rotate it too"
        for path, phase in sorted(phases.items())
        if phase != IDLE and path not in chosen_paths
    ]
    return "\n".join(lines)


def _meaning_key(row: Row) -> str:
    return str(row["path"].partition("/")[0] if row["kind"] == "credentials" else row["kind"])


def renewed_services(model: Model, chosen: Iterable[Row]) -> list[str]:
    """The services that hold one of the secrets, in the model's order."""
    paths = {row["path"] for row in chosen}
    return [service["name"] for service in model["services"] if _paths(service) & paths]


def _external(model: Model) -> list[Row]:
    return [row for row in model["secrets"] if row["kind"] == "external"]


def _read_by(model: Model, service: str) -> set[str]:
    return {path for row in model["services"] if row["name"] == service for path in _paths(row)}


def entrances(model: Model, paths: Sequence[str]) -> list[Entrance]:
    """Each place where one of the credentials opens something; keys open nothing."""
    databases = [
        Entrance(client["path"], model["addresses"]["database"], POSTGRESQL_PORT, database["name"])
        for database in model["databases"]
        for client in database["clients"]
        if client["path"] in paths
    ]
    instances = [
        Entrance(client["path"], model["addresses"]["cache"], instance["port"])
        for instance in model["redis"]
        for client in instance["clients"]
        if client["path"] in paths
    ]
    return [*databases, *instances]


def _describe(entrance: Entrance) -> str:
    """An entrance as people know it.

    >>> _describe(Entrance("database/web", "10.0.0.1", 5432, "shop"))
    'database/web at 10.0.0.1:5432/shop'
    """
    place = f"{entrance.path} at {entrance.address}:{entrance.port}"
    return f"{place}/{entrance.database}" if entrance.database else place


def judge(tried: Sequence[tuple[Entrance, Mapping[str, bool]]]) -> list[str]:
    """Where an old credential was refused.

    :param tried: of each entrance whether the ``current`` and, where there is one, the ``old`` credential was accepted.
    :raises StewardError: the old one still opens something, or the current one does not.
    """
    wrong = [
        f"the {which} credential {_describe(entrance)} is {'accepted' if answers[which] else 'refused'}"
        for entrance, answers in tried
        for which, wanted in (("current", True), ("old", False))
        if answers.get(which, wanted) is not wanted
    ]
    if wrong:
        raise StewardError("; ".join(wrong), "Run the rotation again; it continues where it was.")
    return [_describe(entrance) for entrance, answers in tried if "old" in answers]
