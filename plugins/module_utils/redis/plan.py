# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From instances as they are wanted and seen to what each running server is told, restarted only where it must be.

The ``data`` of each change are the ``instance`` and, for a setting, its ``name`` and ``value``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..core.errors import StewardError
from ..core.plan import Change, Plan
from ..core.tls import SERVED
from .model import CERTIFICATE, Instance, InstanceState, is_same_setting, show_users

ENABLE, START, RESTART, SET, LOAD, SHOW = "enable", "start", "restart", "set", "load", "show"
# What CONFIG SET refuses: immutable settings and, by default, the protected ones.
RESTART_ONLY = frozenset(
    {
        "aclfile", "appenddirname", "appendfilename", "cluster-enabled", "daemonize", "databases", "dbfilename", "dir",
        "enable-debug-command", "enable-module-command", "enable-protected-configs", "io-threads", "logfile",
        "oom-score-adj", "pidfile", "supervised", "syslog-enabled", "tcp-backlog", "unixsocket",
    }
)  # fmt: skip


def plan_instances(wish: Iterable[Instance], seen: Mapping[str, InstanceState], unmanaged: Iterable[str] = ()) -> Plan:
    """The changes of all instances; ``unmanaged`` are others that are configured here, only reported."""
    changes = tuple(change for instance in wish for change in _plan_instance(instance, seen[instance.name]))
    return Plan(changes, {"unmanaged": sorted(unmanaged)})


def _plan_instance(instance: Instance, state: InstanceState) -> Iterator[Change]:
    if not state.enabled:
        yield _change(ENABLE, instance, "disabled", "enabled")
    if not state.active:
        yield _change(START, instance, "stopped", "running")
        return
    reason = reason_to_restart(instance, state)
    if reason:
        yield _change(RESTART, instance, reason, "running as its files say")
        return
    for name in different_settings(instance, state):
        before, after = state.settings.get(name, "unknown"), instance.settings[name]
        yield _change(SET, instance, f"{name} {before}", f"{name} {after}", name=name, value=after)
    if state.users != instance.users:
        before, after = show_users(state.users), show_users(instance.users)
        yield _change(LOAD, instance, f"users {before}", f"users {after}, with their rules and passwords")
    if any(answer != SERVED for answer in state.listens.values()):
        said = "; ".join(f"{address}: {answer}" for address, answer in state.listens.items())
        # Setting the same path again makes the server read the file.
        value = instance.settings[CERTIFICATE]
        yield _change(SHOW, instance, said, SERVED, name=CERTIFICATE, value=value)


def different_settings(instance: Instance, state: InstanceState) -> list[str]:
    """The settings whose effective value is not the wanted one."""
    return [name for name, value in instance.settings.items() if not is_same_setting(value, state.settings.get(name))]


def reason_to_restart(instance: Instance, state: InstanceState) -> str:
    """Why only a restart helps, or nothing."""
    if state.problem:
        return state.problem
    waiting = [name for name in different_settings(instance, state) if name in RESTART_ONLY]
    return f"settings that wait for a restart: {', '.join(waiting)}" if waiting else ""


def needs_restart(instance: Instance, state: InstanceState) -> bool:
    """Whether everything live was tried and an address still does not answer as it should."""
    return bool(reason_to_restart(instance, state)) or any(answer != SERVED for answer in state.listens.values())


def refuse_different(instance: Instance, state: InstanceState) -> None:
    """:raises StewardError: after all that could be done the server is not as wanted."""
    changes = list(_plan_instance(instance, state))
    if changes:
        wrong = "; ".join(f"{change.before or 'nothing'} instead of {change.after}" for change in changes)
        raise StewardError(f"{instance.unit} is not as wanted: {wrong}", f"See journalctl -u {instance.unit}.")


def _change(action: str, instance: Instance, before: str, after: str, **data: Any) -> Change:
    return Change(action, instance.unit, before, after, {"instance": instance.name, **data})


def plan_administrator(path: str, known: str | None) -> Plan:
    """Make the local administrator's password unless its hash is known; zeros stand for one that does not exist yet."""
    if known:
        return Plan(facts={"hash": known})
    return Plan((Change("make", path, after="a new password"),), {"hash": "0" * 64})
