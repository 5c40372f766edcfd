# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done so that OpenBao is initialised, holds its catalogue and its files are fresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.errors import InputError, StewardError
from ..core.plan import Change, Plan
from .command import admin_policy, build_role, owner_line, render_format, service_policy
from .model import ADMIN, Catalog, CatalogWorld, Secret, SecretFileState, ServerWorld, Service, role_name

UNSEAL = (
    "With a static seal run 'systemctl restart openbao' on its host, and put the right key back under /etc/openbao/ if "
    "it stays sealed; with Shamir's seal run 'bao operator unseal' there with the key shares."
)
BREAK_GLASS = (
    "If you have the escrowed keys, follow 'Every login is lost' in the README of the role openbao; "
    "if this server was initialised by hand, write its admin login there."
)
REQUESTED, RECEIVED, COMPLETE = "requested", "received", "complete"


def plan_server(world: ServerWorld, *, address: str, escrow: str, admin: str) -> Plan:
    """The steps to an initialised server whose root token is gone and whose admin AppRole works.

    :raises StewardError: it is sealed, or in a state that nobody but a person may end.
    """
    if not world.initialized:
        _refuse_foreign_escrow(world, escrow)
        return Plan((
            Change("initialise", f"OpenBao {address}", after=f"initialised, keys in {escrow}"),
            Change("make_admin", f"AppRole {ADMIN}", after=f"login in {admin}"),
            Change("retire_root", "root token", after="revoked"),
        ))  # fmt: skip
    kept = world.escrow or {}
    if kept.get("state") == REQUESTED:
        raise StewardError(
            f"OpenBao {address} is initialised but nobody has its keys: the run that began it at {kept.get('since')} "
            "was killed before they arrived",
            "It can hold nothing yet. Stop openbao, remove /var/lib/openbao/raft and "
            f"{escrow} on its host, and run this again.",
        )
    unfinished = "root_token" in kept
    if world.sealed and not (unfinished and kept.get("unseal_keys")):
        raise sealed(address)
    steps = [Change("unseal", f"OpenBao {address}", "sealed", "unsealed")] if world.sealed else []
    if world.sealed or (world.admin != "works" and unfinished):
        steps.append(Change("make_admin", f"AppRole {ADMIN}", after=f"login in {admin}"))
    elif world.admin != "works":
        raise StewardError(f"OpenBao {address} is initialised, but the login in {admin} is {world.admin}", BREAK_GLASS)
    else:
        steps += _admin_changes(world)
    if unfinished:
        steps.append(Change("retire_root", "root token", "valid", "revoked"))
    return Plan(tuple(steps))


def sealed(address: str) -> StewardError:
    """The one line about a sealed server."""
    return StewardError(f"OpenBao {address} is sealed", UNSEAL)


def _refuse_foreign_escrow(world: ServerWorld, escrow: str) -> None:
    if world.escrow and world.escrow.get("state") != REQUESTED:
        raise StewardError(
            f"OpenBao is not initialised, but {escrow} holds the keys of an earlier one",
            "Put its data back, or move that file away if this is to be a new server.",
        )


def _admin_changes(world: ServerWorld) -> Iterator[Change]:
    if world.policy != admin_policy():
        yield Change("write_policy", f"policy {ADMIN}", world.policy, admin_policy())
    if not world.lockout_disabled:
        yield Change("disable_lockout", "auth/approle", "user lockout on", "user lockout off")


def plan_catalog(wanted: Catalog, world: CatalogWorld) -> Plan:
    """All that is missing or different. Generated secrets are never replaced; what others made is left alone.

    :raises InputError: something is missing that only a person can give; by name, never by value.
    """
    _refuse_missing(wanted, world)
    return Plan((
        *_mount_changes(wanted, world),
        *_secret_changes(wanted, world),
        *_policy_changes(wanted, world),
        *_role_changes(wanted, world),
        *_removals(wanted, world),
    ))  # fmt: skip


def _refuse_missing(wanted: Catalog, world: CatalogWorld) -> None:
    defects = []
    for secret in wanted.secrets:
        stored, given = world.secrets.get(secret.path), wanted.external.get(secret.path, "")
        if stored and stored.deleted and not given:
            defects.append(
                f"the secret {secret.path} was deleted from OpenBao: undelete it there, "
                "or delete its metadata too so that a new one is made"
            )
        elif secret.kind == "external" and not given and not stored:
            defects.append(
                f"the external secret {secret.path} has no value: set the variable {secret.variable or '(none named)'}"
            )
        elif given and len(given) < secret.minimum:
            defects.append(f"the external secret {secret.path} is shorter than {secret.minimum} characters")
    if defects:
        raise InputError("\n".join(defects))


def _mount_changes(wanted: Catalog, world: CatalogWorld) -> Iterator[Change]:
    if world.mount is None:
        yield Change(
            "mount", f"mount {wanted.platform}", after="key-value store, version 2", data={"name": wanted.platform}
        )
    elif world.mount.get("type") != "kv" or (world.mount.get("options") or {}).get("version") != "2":
        raise StewardError(
            f"the mount {wanted.platform} exists and is no key-value store of version 2",
            "Choose another platform name or move that mount away.",
        )


def _secret_changes(wanted: Catalog, world: CatalogWorld) -> Iterator[Change]:
    for secret in wanted.secrets:
        stored = world.secrets.get(secret.path)
        before = dict(stored.fields) if stored else {}
        given, generate = _wanted_fields(secret, wanted, before)
        if generate or any(before.get(name) != value for name, value in given.items()):
            yield Change(
                "write_secret",
                f"secret {wanted.platform}/{secret.path}",
                _names(before, before, {}),
                _names({**before, **given}, before, generate),
                {
                    "path": f"{wanted.platform}/data/{secret.path}",
                    "fields": {**before, **given},
                    "generate": generate,
                    "version": stored.version if stored else 0,
                },
            )


def _wanted_fields(secret: Secret, wanted: Catalog, before: Mapping[str, str]) -> tuple[dict[str, str], dict[str, int]]:
    """Fields with a known value, and those to be generated with their length."""
    if secret.kind == "external":
        value = wanted.external.get(secret.path)
        return ({"value": value} if value else {}), {}
    is_pair = secret.kind == "credentials"
    generated = "password" if is_pair else "value"
    # A rotation may have left the services with the other user of the pair.
    keeps_standby = secret.standby and before.get("username") == secret.standby
    given = {"username": secret.standby if keeps_standby else secret.username} if is_pair else {}
    return given, {} if before.get(generated) else {generated: secret.length}


def _names(fields: Mapping[str, str], before: Mapping[str, str], generate: Mapping[str, int]) -> str:
    """Fields as people see them: by name, never by value."""
    said = {name: "set" if before.get(name, value) == value else "changed" for name, value in fields.items()}
    return "\n".join(
        f"{name}: ({word})" for name, word in sorted({**said, **dict.fromkeys(generate, "generated")}.items())
    )


def _policy_changes(wanted: Catalog, world: CatalogWorld) -> Iterator[Change]:
    for service in wanted.services:
        name = role_name(wanted.platform, service.name)
        text = service_policy(wanted.platform, service)
        if world.policies.get(name) != text:
            yield Change(
                "write_policy", f"policy {name}", world.policies.get(name, ""), text, {"name": name, "text": text}
            )


def _role_changes(wanted: Catalog, world: CatalogWorld) -> Iterator[Change]:
    for service in wanted.services:
        name = role_name(wanted.platform, service.name)
        settings = build_role(name)
        before = {key: world.roles[name].get(key) for key in settings} if name in world.roles else {}
        if before != settings:
            yield Change(
                "write_role",
                f"AppRole {name}",
                _settings(before),
                _settings(settings),
                {"name": name, "settings": settings},
            )


def _settings(settings: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {settings[name]}" for name in sorted(settings))


def _removals(wanted: Catalog, world: CatalogWorld) -> Iterator[Change]:
    """Logins of services that are no more, known by the first line of their policy."""
    ours = owner_line(f"platform {wanted.platform}")
    names = {role_name(wanted.platform, service.name) for service in wanted.services}
    for name in sorted(set(world.policies) - names):
        if world.policies[name].splitlines()[:1] == [ours]:
            if name in world.roles:
                yield Change("remove_role", f"AppRole {name}", "present", "", {"name": name})
            yield Change("remove_policy", f"policy {name}", world.policies[name], "", {"name": name})


def plan_logins(platform: str, services: Sequence[str], host: str) -> Plan:
    """A new login for each service; asked for only where the present one does not work."""
    return Plan(tuple(
        Change(
            "issue", f"login of {service} on {host}", "", "issued, the host's earlier ones destroyed",
            {"service": service, "name": role_name(platform, service)},
        )
        for service in services
    ))  # fmt: skip


def plan_rendering(services: Sequence[Service], seen: Mapping[str, Sequence[str]], *, force: bool) -> Plan:
    """Render for the services whose files are wrong, or for all."""
    wrong = {*seen["missing"], *seen["stale"]}
    names = [service.name for service in services if force or service.name in wrong]
    return Plan(tuple(Change("render", f"secrets of {name}", "", "rendered") for name in names))


def is_stale(
    service: Service,
    secrets: Mapping[str, Mapping[str, str]],
    directory: SecretFileState | None,
    files: Mapping[str, SecretFileState | None],
) -> bool:
    """Whether a service's rendered files are not exactly what they are to be.

    :raises StewardError: a secret has not the field that a file needs.
    """
    if directory is None or (directory.mode, directory.uid) != ("0500", service.uid):
        return True
    return files != {
        file.name: _wanted_file(service, file.name, file.format, secrets[file.path]) for file in service.files
    }


def _wanted_file(service: Service, name: str, text: str, fields: Mapping[str, str]) -> SecretFileState:
    try:
        return SecretFileState("0400", service.uid, render_format(text, fields))
    except KeyError as error:
        raise StewardError(
            f"the file {name} of {service.name} needs the field {error} that its secret does not have"
        ) from error
