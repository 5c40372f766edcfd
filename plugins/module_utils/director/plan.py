# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the wish and the world to the steps that lead from one to the other.

The order keeps the files true at each moment: whenever HAProxy is started anew, every server that its files make
serve has been seen ready. Servers are admitted before the file names them and retired after it has ceased to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.plan import Change, Plan
from .model import HEALTH, Service, Wish, path_of
from .parse import Placed, mark_active, parse_file
from .render import fingerprint_of, render_health, render_service


@dataclass(frozen=True)
class World:
    """Our files by name, and of the running HAProxy the fingerprints by file name and states by service and server."""

    files: Mapping[str, str]
    fingerprints: Mapping[str, str]
    states: Mapping[str, Mapping[str, str]]


def plan_director(wish: Wish, world: World, *, persistent: bool = True) -> Plan:
    """The changes in the order in which they are made.

    Actions: stage (a file of another structure), remove, reload, admit, write (only who is active), retire.

    :param persistent: the files say what the running HAProxy does; otherwise they stay, and its restart goes back.
    """
    kept = {service.name: kept_active(service, world) for service in wish.services}
    active = {each.name: kept[each.name] if each.active is None else list(each.active) for each in wish.services}
    final = _texts(wish, active)
    reload = _needs_reload(final, world)
    files = dict(world.files)
    states = {name: dict(servers) for name, servers in world.states.items()}
    changes: list[Change] = []
    if reload:
        staged = _texts(wish, kept)
        changes += _restructure(wish, world, staged, kept)
        files = staged
        states = {service.name: _states(service, kept[service.name]) for service in wish.services}
    admit, retire = _moves(wish, states, active)
    write = _writes("write", final, files) if persistent else []
    changes += [*admit, *write, *retire]
    return Plan(tuple(changes), _facts(wish, world, active, reload=reload))


def kept_active(service: Service, world: World) -> list[str]:
    """Who serves now and is still wished for, under its present name.

    The file decides; without one, the running HAProxy. A server is recognised by its address, because names change
    when a second app host comes, and by its name only when nothing else has taken over its address.
    """
    text = world.files.get(service.name)
    if text is None:
        states = world.states.get(service.name, {})
        return sorted(server.name for server in service.servers if states.get(server.name) == "ready")
    present = {server.endpoint for server in service.servers}
    serving = [placed for placed in parse_file(text) if placed.active]
    endpoints = {placed.endpoint for placed in serving}
    moved = {placed.name for placed in serving if placed.endpoint not in present}
    return sorted(server.name for server in service.servers if server.endpoint in endpoints or server.name in moved)


def settle_files(files: Mapping[str, str], address: str, serving: Collection[str]) -> dict[str, str]:
    """The files that name other servers of a host than those that serve, as they shall be.

    :param address: the host's; what the files say of servers elsewhere stays.
    :param serving: endpoints.
    """

    def serves(placed: Placed) -> bool:
        here = placed.endpoint.rpartition(":")[0].strip("[]") == address
        return placed.endpoint in serving if here else placed.active

    texts = {name: mark_active(text, serves) for name, text in files.items()}
    return {name: text for name, text in texts.items() if text != files[name]}


def _texts(wish: Wish, active: Mapping[str, Collection[str]]) -> dict[str, str]:
    texts = {
        service.name: render_service(service, wish.bind_addresses, active[service.name]) for service in wish.services
    }
    if wish.health_port is not None:
        texts[HEALTH] = render_health(wish.services, wish.health_port)
    return texts


def _needs_reload(texts: Mapping[str, str], world: World) -> bool:
    """Whether the running HAProxy has another structure, or a file is there that shall not be."""
    loaded = {name: fingerprint for name, fingerprint in world.fingerprints.items() if fingerprint}
    wanted = {name: fingerprint_of(text) for name, text in texts.items()}
    return loaded != wanted or bool(set(world.files) - set(texts))


def _restructure(
    wish: Wish, world: World, staged: Mapping[str, str], kept: Mapping[str, Collection[str]]
) -> list[Change]:
    changes = _writes("stage", staged, world.files)
    gone = sorted(set(world.files) - set(staged))
    changes += [Change("remove", path_of(name), before=world.files[name]) for name in gone]
    probes = [probe for service in wish.services for probe in _unproved(service, world, kept[service.name])]
    loaded = {name: fingerprint_of(text) for name, text in staged.items()}
    data = {"probes": probes, "fingerprints": loaded}
    changes.append(Change("reload", "haproxy", before=_shown(world.fingerprints), after=_shown(loaded), data=data))
    return changes


def _unproved(service: Service, world: World, kept: Collection[str]) -> list[dict[str, Any]]:
    """Servers that a reload would make serve at an address that does not serve yet."""
    served = {placed.endpoint for placed in parse_file(world.files.get(service.name, "")) if placed.active}
    return [
        _target(service, server.name)
        for server in service.servers
        if server.name in kept and world.files.get(service.name) is not None and server.endpoint not in served
    ]


def _shown(fingerprints: Mapping[str, str]) -> str:
    return "\n".join(f"{name} {fingerprint}" for name, fingerprint in sorted(fingerprints.items()) if fingerprint)


def _states(service: Service, active: Collection[str]) -> dict[str, str]:
    return {server.name: "ready" if server.name in active else "maint" for server in service.servers}


def _moves(
    wish: Wish, states: Mapping[str, Mapping[str, str]], active: Mapping[str, Collection[str]]
) -> tuple[list[Change], list[Change]]:
    """The servers that shall begin to serve and those that shall cease to, per service."""
    admit: list[Change] = []
    retire: list[Change] = []
    for service in wish.services:
        present = states.get(service.name, {})
        wanted = _states(service, active[service.name])
        different = [name for name in wanted if wanted[name] != present[name]]
        for action, changes, state in (("admit", admit, "ready"), ("retire", retire, "maint")):
            names = [name for name in different if wanted[name] == state]
            if names:
                before = "\n".join(f"{service.name}: {name} {present[name]}" for name in names)
                after = "\n".join(f"{service.name}: {name} {state}" for name in names)
                data = {"servers": [_target(service, name) for name in names]}
                changes.append(Change(action, service.name, before, after, data))
    return admit, retire


def _target(service: Service, name: str) -> dict[str, Any]:
    server = next(server for server in service.servers if server.name == name)
    return {"service": service.name, "server": name, "endpoint": server.endpoint, "path": service.ready_path}


def _writes(action: str, texts: Mapping[str, str], present: Mapping[str, str]) -> list[Change]:
    return [
        Change(action, path_of(name), before=present.get(name, ""), after=text)
        for name, text in texts.items()
        if present.get(name) != text
    ]


def _facts(wish: Wish, world: World, active: Mapping[str, Collection[str]], *, reload: bool) -> dict[str, Any]:
    moves = []
    for service in wish.services:
        present = world.states.get(service.name, {})
        wanted = _states(service, active[service.name])
        parts = [
            f"{name} {present.get(name, 'maint')} → {state}"
            for name, state in wanted.items()
            if present.get(name, "maint") != state
        ]
        if parts:
            moves.append(f"{service.name}: {', '.join(parts)}")
    return {
        "active": dict(active),
        "moves": moves,
        "reloaded": reload,
        "remaining_sessions": {},
    }
