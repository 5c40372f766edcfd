# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the wish and the world to the changes, in the order in which they are made."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from ..core.errors import InputError
from ..core.plan import Change, Plan
from .model import (
    ABSENT,
    DIRECTORY,
    FILE,
    LINK,
    Attributes,
    Entry,
    WantedDirectory,
    WantedFile,
    WantedLink,
    Wish,
    World,
)

MAKE, SET, WRITE, LINK_TO, REMOVE, FINISH = "make", "set", "write", "link", "remove", "finish"
SECRET = "(secret content)"
NEW_SECRET = "(other secret content)"


def plan_config_set(wish: Wish, world: World) -> Plan:
    """What has to change; empty when the world is as wished.

    :raises InputError: the wish cannot be fulfilled in this world.
    """
    _refuse_missing_accounts(wish, world)
    _refuse_missing_parents(wish, world)
    changes = (
        *_plan_directories(wish, world),
        *_plan_files(wish, world),
        *_plan_links(wish, world),
        *_plan_absent(wish, world),
    )
    paths = [change.subject for change in changes]
    if not changes and world.unfinished:
        changes = (Change(FINISH, "an interrupted run", after="check and reload"),)
    return Plan(changes, facts={"changed_paths": paths})


def _refuse_missing_accounts(wish: Wish, world: World) -> None:
    for wanted in wish.owned:
        for kind, name, known in (
            ("user", wanted.attributes.owner, world.users),
            ("group", wanted.attributes.group, world.groups),
        ):
            if known[name] is None:
                raise InputError(f"{wanted.path}: the {kind} {name} does not exist", "Create it before its files.")


def _refuse_missing_parents(wish: Wish, world: World) -> None:
    made = {directory.path for directory in wish.directories}
    for path in (*(wanted.path for wanted in wish.owned), *(link.path for link in wish.links)):
        parent = posixpath.dirname(path)
        if parent in made:
            continue
        if world.directories[parent].kind == ABSENT:
            raise InputError(f"{path}: the directory {parent} does not exist", "List it in directories.")
        if world.directories[parent].kind != DIRECTORY:
            raise InputError(f"{path}: {parent} is a {world.directories[parent].kind}, not a directory")


def _plan_directories(wish: Wish, world: World) -> Iterator[Change]:
    for wanted in wish.directories:
        before = world.directories[wanted.path]
        after = _shown(wanted, world)
        if before.kind == ABSENT:
            yield Change(MAKE, wanted.path, after=f"directory, {after}", data={"attributes": after})
        elif before.kind != DIRECTORY:
            raise InputError(f"{wanted.path} is a {before.kind}, a directory was wanted")
        elif before.attributes != after:
            yield Change(
                SET, wanted.path, str(before.attributes), str(after), {"attributes": after, "old": before.attributes}
            )


def _plan_files(wish: Wish, world: World) -> Iterator[Change]:
    for wanted in wish.files:
        before = _replaceable(world, wanted.path, "a file")
        content = wanted.content if wanted.patch is None else _merged(wanted.path, before, wanted.patch)
        after = Entry(FILE, _shown(wanted, world), content)
        if before != after:
            old, new = _texts(before, after, secret=wanted.secret)
            yield Change(WRITE, wanted.path, old, new, {"content": after.content, "attributes": after.attributes})


def _merged(path: str, before: Entry, patch: Mapping[str, Any]) -> str:
    """The text of the merged document; the present text when it already says the same, however it is laid out."""
    try:
        document = json.loads(before.content) if before.content.strip() else {}
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}", "Correct or remove it, then run again.") from error
    if not isinstance(document, dict):
        raise InputError(f"{path} holds no JSON object, nothing can be merged into it")
    merged = merge_json(document, patch)
    return before.content if merged == document else json.dumps(merged, indent=2, sort_keys=True) + "\n"


def merge_json(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7396): None removes a key, objects are merged, anything else is replaced.

    >>> merge_json({"theirs": 1, "both": {"a": 1, "b": 2}}, {"both": {"a": None, "c": 3}})
    {'theirs': 1, 'both': {'b': 2, 'c': 3}}
    """
    merged = dict(document)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            present = merged.get(key)
            merged[key] = merge_json(present if isinstance(present, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def _plan_links(wish: Wish, world: World) -> Iterator[Change]:
    for wanted in wish.links:
        before = _replaceable(world, wanted.path, "a link")
        if before.kind != LINK or before.target != wanted.target:
            yield Change(LINK_TO, wanted.path, _gone(before), _link_text(wanted), {"target": wanted.target})


def _plan_absent(wish: Wish, world: World) -> Iterator[Change]:
    for path in wish.absent:
        before = _replaceable(world, path, "nothing")
        if before.kind != ABSENT:
            yield Change(REMOVE, path, _gone(before))


def _replaceable(world: World, path: str, wanted: str) -> Entry:
    entry = world.entries[path]
    if entry.kind not in (ABSENT, FILE, LINK):
        raise InputError(f"{path} is a {entry.kind}, {wanted} was wanted", "Only files and links are replaced.")
    return entry


def _shown(wanted: WantedFile | WantedDirectory, world: World) -> Attributes:
    """The attributes as the system will show them: with names where numbers were asked."""
    asked = wanted.attributes
    return Attributes(asked.mode, str(world.users[asked.owner]), str(world.groups[asked.group]))


def _texts(before: Entry, after: Entry, *, secret: bool) -> tuple[str, str]:
    """What the diff shows of a file: its attributes where they differ, its content where that differs."""
    old, new = "", ""
    if before.attributes != after.attributes and before.kind != LINK:
        old = f"{before.attributes}\n" if before.attributes else ""
        new = f"{after.attributes}\n"
    if (before.kind, before.content) != (after.kind, after.content):
        hidden = SECRET if before.kind == ABSENT else NEW_SECRET
        old += SECRET if secret and before.kind == FILE else _text(before)
        new += hidden if secret else after.content
    return old, new


def _text(entry: Entry) -> str:
    return _link_text(entry) if entry.kind == LINK else entry.content


def _gone(entry: Entry) -> str:
    """What the diff shows of something that goes, never a file's content: nobody said whether it holds a secret."""
    if entry.kind == ABSENT:
        return ""
    return _link_text(entry) if entry.kind == LINK else str(entry.attributes)


def _link_text(link: Entry | WantedLink) -> str:
    return f"link to {link.target}"
