# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.config_set.model import (
    ABSENT,
    DIRECTORY,
    FILE,
    LINK,
    OTHER,
    Attributes,
    Entry,
    WantedDirectory,
    WantedFile,
    WantedLink,
    Wish,
    World,
)
from ansible_collections.steward.platform.plugins.module_utils.config_set.plan import merge_json, plan_config_set
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

PLAIN = Attributes("0644", "root", "root")
CLOSED = Attributes("0600", "root", "root")
FOLDER = Attributes("0755", "root", "root")
NO_ENTRY = Entry(ABSENT)


def world(*, directories: dict[str, Entry] | None = None, unfinished: bool = False, **entries: Entry) -> World:
    """A world in which /etc exists; the entry `x` is /etc/x."""
    return World(
        entries={f"/etc/{name}": entry for name, entry in entries.items()},
        directories={"/": Entry(DIRECTORY, FOLDER), "/etc": Entry(DIRECTORY, FOLDER), **(directories or {})},
        users={"root": "root", "0": "root", "nobody": None},
        groups={"root": "root", "none": None},
        unfinished=unfinished,
    )


def file(content: str = "new\n", attributes: Attributes = PLAIN, **more: Any) -> Wish:
    return Wish(files=(WantedFile("/etc/x", content, more.pop("secret", False), attributes, **more),))


def present(content: str = "old\n", attributes: Attributes = PLAIN) -> Entry:
    return Entry(FILE, attributes, content)


@pytest.mark.parametrize(
    ("wish", "before", "old", "new"),
    [
        (file(), NO_ENTRY, "", f"{PLAIN}\nnew\n"),
        (file(), present(), "old\n", "new\n"),
        (file("old\n", CLOSED), present(), f"{PLAIN}\n", f"{CLOSED}\n"),
        (file(attributes=CLOSED), present(), f"{PLAIN}\nold\n", f"{CLOSED}\nnew\n"),
        (file(), Entry(LINK, PLAIN, target="y"), "link to y", "new\n"),
        (file(secret=True), NO_ENTRY, "", f"{PLAIN}\n(secret content)"),
        (file(secret=True), present(), "(secret content)", "(other secret content)"),
        (file("old\n", CLOSED, secret=True), present(), f"{PLAIN}\n", f"{CLOSED}\n"),
        (file(secret=True), Entry(LINK, PLAIN, target="y"), "link to y", "(other secret content)"),
    ],
    ids=[
        "a new file shows attributes and text",
        "other text shows the text only",
        "other attributes show the attributes only",
        "both show both",
        "a link gives way to the file",
        "a new secret shows no text",
        "another secret shows no text",
        "a secret's attributes are shown",
        "a link gives way to a secret",
    ],
)
def test_a_file_that_differs_is_written(wish: Wish, before: Entry, old: str, new: str) -> None:
    (change,) = plan_config_set(wish, world(x=before)).changes
    assert (change.action, change.subject, change.before, change.after) == ("write", "/etc/x", old, new)
    assert change.data == {"content": wish.files[0].content, "attributes": wish.files[0].attributes}


def test_what_is_as_wished_is_no_change() -> None:
    wish = Wish(
        directories=(WantedDirectory("/etc/d", FOLDER),),
        files=(WantedFile("/etc/x", "old\n", False, Attributes("0644", "0", "root")),),
        links=(WantedLink("/etc/l", "x"),),
        absent=("/etc/gone",),
    )
    there = world(
        x=present(), l=Entry(LINK, PLAIN, target="x"), gone=NO_ENTRY, directories={"/etc/d": Entry(DIRECTORY, FOLDER)}
    )
    plan = plan_config_set(wish, there)
    assert not plan.changed
    assert plan.facts == {"changed_paths": []}


def test_directories_come_first_and_removals_last() -> None:
    wish = Wish(
        directories=(WantedDirectory("/etc/d", FOLDER), WantedDirectory("/etc/d/e", CLOSED)),
        files=(WantedFile("/etc/d/x", "", False, PLAIN),),
        links=(WantedLink("/etc/l", "d/x"), WantedLink("/etc/m", "d/x")),
        absent=("/etc/old", "/etc/stale"),
    )
    there = World(
        entries={
            "/etc/d/x": NO_ENTRY,
            "/etc/l": present(),
            "/etc/m": NO_ENTRY,
            "/etc/old": present(),
            "/etc/stale": Entry(LINK, PLAIN, target="y"),
        },
        directories={**world().directories, "/etc/d": NO_ENTRY, "/etc/d/e": Entry(DIRECTORY, FOLDER)},
        users={"root": "root"},
        groups={"root": "root"},
    )
    plan = plan_config_set(wish, there)
    assert [(change.action, change.subject, change.before, change.after) for change in plan.changes] == [
        ("make", "/etc/d", "", f"directory, {FOLDER}"),
        ("set", "/etc/d/e", str(FOLDER), str(CLOSED)),
        ("write", "/etc/d/x", "", f"{PLAIN}\n"),
        ("link", "/etc/l", str(PLAIN), "link to d/x"),
        ("link", "/etc/m", "", "link to d/x"),
        ("remove", "/etc/old", str(PLAIN), ""),
        ("remove", "/etc/stale", "link to y", ""),
    ]
    assert plan.facts["changed_paths"] == [change.subject for change in plan.changes]


def test_a_link_to_elsewhere_is_moved() -> None:
    there = world(l=Entry(LINK, PLAIN, target="x"))
    (change,) = plan_config_set(Wish(links=(WantedLink("/etc/l", "y"),)), there).changes
    assert (change.before, change.after) == ("link to x", "link to y")


def test_an_interrupted_run_is_finished_when_nothing_else_is_left() -> None:
    plan = plan_config_set(file("old\n"), world(x=present(), unfinished=True))
    assert [change.action for change in plan.changes] == ["finish"]
    assert plan.facts["changed_paths"] == []
    assert [c.action for c in plan_config_set(file(), world(x=present(), unfinished=True)).changes] == ["write"]


@pytest.mark.parametrize(
    ("wish", "there", "message"),
    [
        (file(attributes=Attributes("0644", "nobody", "root")), world(x=NO_ENTRY), "the user nobody does not exist"),
        (file(attributes=Attributes("0644", "root", "none")), world(x=NO_ENTRY), "the group none does not exist"),
        (
            Wish(links=(WantedLink("/nowhere/l", "y"),)),
            World(entries={"/nowhere/l": NO_ENTRY}, directories={"/nowhere": NO_ENTRY}),
            "/nowhere/l: the directory /nowhere does not exist",
        ),
        (
            Wish(directories=(WantedDirectory("/etc/x/y", FOLDER),)),
            world(directories={"/etc/x": present(), "/etc/x/y": NO_ENTRY}),
            "/etc/x/y: /etc/x is a file, not a directory",
        ),
        (file(), world(x=Entry(DIRECTORY, FOLDER)), "/etc/x is a directory, a file was wanted"),
        (Wish(links=(WantedLink("/etc/x", "y"),)), world(x=Entry(OTHER, PLAIN)), "/etc/x is a special file"),
        (Wish(absent=("/etc/x",)), world(x=Entry(DIRECTORY, FOLDER)), "/etc/x is a directory, nothing was wanted"),
        (
            Wish(directories=(WantedDirectory("/etc/x", FOLDER),)),
            world(directories={"/etc/x": present()}),
            "/etc/x is a file, a directory was wanted",
        ),
        (file(patch={}), world(x=present("{")), "/etc/x is not JSON"),
        (file(patch={}), world(x=present("[1]")), "/etc/x holds no JSON object"),
    ],
)
def test_what_cannot_be_is_refused(wish: Wish, there: World, message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_config_set(wish, there)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NO_ENTRY, {"ours": 1}),
        (present(" \n"), {"ours": 1}),
        (present('{"theirs": {"a": 1}, "stale": 2}'), {"theirs": {"a": 1}, "ours": 1}),
    ],
    ids=["a missing file is made", "an empty file is filled", "keys of others stay"],
)
def test_json_is_merged(before: Entry, after: dict[str, Any]) -> None:
    (change,) = plan_config_set(file("", patch={"ours": 1, "stale": None}), world(x=before)).changes
    assert json.loads(change.data["content"]) == after


def test_json_that_says_the_same_keeps_its_layout() -> None:
    there = world(x=present('{ "theirs": 2,\n\t"ours": 1 }'))
    assert not plan_config_set(file("", patch={"ours": 1, "stale": None}), there).changed


@pytest.mark.parametrize(
    ("document", "patch", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({"a": "foo"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_follows_the_examples_of_rfc_7396(document: Any, patch: Any, merged: Any) -> None:
    before = json.dumps(document)
    assert merge_json(document, patch) == merged
    assert json.dumps(document) == before
