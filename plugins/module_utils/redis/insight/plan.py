# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance is meant, and whether it may be emptied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import InputError

NO_EVICTION = "noeviction"
# What a service gets back by itself when it is gone.
EXPENDABLE = "cache"

Instance = Mapping[str, Any]


def find_instance(instances: Sequence[Instance], name: str | None) -> Instance:
    """The named instance; the only one needs no name.

    :raises InputError: there is none of that name, or it must be said which.
    """
    found = [instance for instance in instances if name in (None, instance["name"])]
    if len(found) == 1:
        return found[0]
    allowed = ", ".join(instance["name"] for instance in instances) or "nothing, this host has none"
    raise InputError(f"INSTANCE is {'missing' if name is None else repr(name)}, allowed is: {allowed}")


def holds_what_must_stay(instance: Instance, policy: str) -> str:
    """Why an instance may not be emptied, or nothing.

    :param policy: the eviction policy that the running server uses.
    """
    needed = [use for use in instance["uses"] or [] if use["use"] != EXPENDABLE]
    if needed:
        kept = ", ".join(dict.fromkeys(f"{use['use']} of {use['service']}" for use in needed))
        return f"it holds {kept}"
    if NO_EVICTION in (instance["eviction"], policy):
        return f"its eviction policy is {NO_EVICTION}, so what is in it must not be lost"
    if instance["eviction"] is None:
        return "its purpose is not known here; run the role host_agent"
    return "it is persistent" if instance["persistent"] else ""


def refuse_flush(instances: Sequence[Instance], instance: Instance, policy: str) -> None:
    """:raises InputError: the instance holds what must not be lost, naming those that may be emptied."""
    reason = holds_what_must_stay(instance, policy)
    if reason:
        # Of the others only the configuration is known; each is asked before it is emptied.
        allowed = [row["name"] for row in instances if not holds_what_must_stay(row, str(row["eviction"]))]
        raise InputError(f"INSTANCE is {instance['name']!r}, {reason}; allowed is: {', '.join(allowed) or 'none'}")


def count_keys(figures: Mapping[str, Any]) -> int:
    """All keys of an instance."""
    return sum(row["keys"] for row in figures["databases"].values())
