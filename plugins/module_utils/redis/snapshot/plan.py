# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a snapshot is done and when it is none, and what a restore changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import InputError, StewardError
from ...core.plan import Change, Plan
from .parse import Checked

BUSY, DONE, FAILED = "busy", "done", "failed"
SNAPSHOT, RESTORE, ACCEPT, UNDO = "snapshot", "restore", "accept", "undo"
STATES = ("restored", "accepted", "undone")
_CHILDREN = ("rdb_bgsave_in_progress", "aof_rewrite_in_progress", "module_fork_in_progress")

Keys = Mapping[str, Mapping[str, int]]


def is_busy(info: Mapping[str, Any]) -> bool:
    """Whether the server has a child that writes, beside which there is no other."""
    return any(info.get(name) for name in _CHILDREN)


def judge_save(last_save: int, info: Mapping[str, Any]) -> str:
    """Whether the snapshot that was begun after ``last_save`` is ready.

    The status alone would be that of an older one, and so would the file.
    """
    if info["rdb_bgsave_in_progress"]:
        return BUSY
    return DONE if info["rdb_last_save_time"] != last_save and info["rdb_last_bgsave_status"] == "ok" else FAILED


def count(keys: Keys) -> int:
    """All keys of an instance."""
    return sum(row["keys"] for row in keys.values())


def refuse_hollow(instance: str, checked: Checked, before: Keys, after: Keys) -> None:
    """:raises StewardError: the file has no key where the instance had some all the time."""
    if checked.keys == 0 and count(before) and count(after):
        raise StewardError(f"the snapshot of {instance} has no keys and the instance has {count(after)}")


def find_port(instances: Mapping[str, int], name: str) -> int:
    """The port of an instance.

    :raises InputError: there is none of that name.
    """
    if not instances.get(name):
        raise InputError(
            f"instance is {name!r}, allowed is one of: {', '.join(instances) or 'none, there is none here'}"
        )
    return instances[name]


def refuse_different(checked: Checked, loaded: Keys) -> None:
    """:raises StewardError: a server that loaded the file has other keys than were read in it.

    Keys that have an end may have come to it meanwhile; all others must be there.
    """
    least, most, there = checked.keys - checked.expiring, checked.keys, count(loaded)
    if not least <= there <= most:
        raise StewardError(f"the file has {least} to {most} keys, and a server that loaded it has {there}")


def refuse_lost(instance: str, loaded: Keys, served: int) -> None:
    """:raises StewardError: the instance loaded fewer keys at its start than it must have.

    :param served: keys that the instance says it read at its start, before anybody could write.
    """
    least = sum(row["keys"] - row["expiring"] for row in loaded.values())
    if not least <= served <= count(loaded):
        raise StewardError(f"{instance} loaded {served} keys, {least} to {count(loaded)} were restored")


def refuse_unrestorable(instance: str, info: Mapping[str, Any]) -> None:
    """:raises StewardError: the instance takes its data from another one."""
    if info["role"] != "master":
        raise StewardError(
            f"{instance} follows {info.get('master_host')} and has its keys",
            "Restore that one; this one gets them too.",
        )


def refuse_unconfirmed(confirm: str, instance: str) -> None:
    """:raises InputError: the confirmation is not the name of what is changed."""
    if confirm != instance:
        raise InputError(f"confirm is {confirm!r}, allowed is: {instance}", "It repeats the name of what is changed.")


def keeps_file(settings: Mapping[str, str]) -> bool:
    """Whether an instance reads its snapshot file at each start because it writes it itself."""
    return bool(settings["save"].strip())


def is_append_only(settings: Mapping[str, str]) -> bool:
    return settings["appendonly"] == "yes"


def show(keys: Keys) -> str:
    """Keys of each database, for people.

    >>> show({"0": {"keys": 12, "expiring": 1}, "3": {"keys": 1, "expiring": 0}})
    '12 in 0, 1 in 3'
    """
    return ", ".join(f"{row['keys']} in {name}" for name, row in keys.items()) or "none"


def plan_snapshot(parameters: Mapping[str, Any], keys: Keys | None) -> Plan:
    """A snapshot is taken unless its file is there.

    :param keys: what the instance has, or None when the file is there.
    """
    facts = {"path": parameters["path"], "result": None}
    if keys is None:
        return Plan(facts=facts)
    return Plan((Change(SNAPSHOT, parameters["path"], after=f"keys of {parameters['instance']}: {show(keys)}"),), facts)


def plan_restore(parameters: Mapping[str, Any], seen: Mapping[str, Any]) -> Plan:
    """What a restore, its acceptance or its undoing changes.

    :param seen: ``keys`` that are there now, the ``file``'s number of them, and the ``kept`` data of former restores.
    """
    name, state = parameters["instance"], parameters["state"]
    facts = {"result": None, "kept": list(seen["kept"])}
    before = f"keys: {show(seen['keys'])}"
    if state == "restored":
        after = f"keys: {seen['file']} of {parameters['path']}"
        return Plan((Change(RESTORE, name, before, after),), facts)
    if not seen["kept"]:
        return Plan(facts=facts)
    newest = seen["kept"][-1]
    if state == "undone":
        return Plan((Change(UNDO, name, before, f"keys as in {newest}", {"kept": newest}),), facts)
    return Plan(tuple(Change(ACCEPT, name, path, data={"kept": path}) for path in seen["kept"]), facts)
