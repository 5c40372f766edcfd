# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.config_set.model import (
    Attributes,
    WantedDirectory,
    WantedFile,
    WantedLink,
    Wish,
)
from ansible_collections.steward.platform.plugins.module_utils.config_set.parse import (
    decode_secret,
    encode_secret,
    parse_wish,
)
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

ROOT = {"owner": "root", "group": "root"}
NOTHING = {"base": None, "directories": [], "files": [], "links": [], "absent": [], "check": [], "reload": []}
SOURCES = {"content": None, "secret_content": None, "merge_json": None}


def options(**given: Any) -> dict[str, Any]:
    return {**NOTHING, **given}


def file(path: str = "/etc/x", **given: Any) -> dict[str, Any]:
    source = {} if given.keys() & SOURCES.keys() else {"content": "text"}
    return {"path": path, "mode": "0644", "validate": [], **ROOT, **SOURCES, **source, **given}


def directory(path: str, mode: str = "0755") -> dict[str, Any]:
    return {"path": path, "mode": mode, **ROOT}


def test_a_whole_set_is_read_with_parents_before_children() -> None:
    wish = parse_wish(
        options(
            base="/etc/svc",
            directories=[directory("b"), directory("/etc/svc")],
            files=[
                file("a.conf", mode="0640", group="svc", validate=["svc", "-t", "%s"]),
                file("key", secret_content=encode_secret("hidden\n")),
                file("d.json", merge_json={"a": 1}),
            ],
            links=[{"path": "/etc/link", "target": "svc/a.conf"}],
            absent=["old"],
            check=[["svc", "-t"]],
            reload=[["kill", 1]],
        )
    )
    plain = Attributes("0644", "root", "root")
    assert wish == Wish(
        directories=(
            WantedDirectory("/etc/svc", Attributes("0755", "root", "root")),
            WantedDirectory("/etc/svc/b", Attributes("0755", "root", "root")),
        ),
        files=(
            WantedFile("/etc/svc/a.conf", "text", False, Attributes("0640", "root", "svc"), ("svc", "-t", "%s")),
            WantedFile("/etc/svc/key", "hidden\n", True, plain),
            WantedFile("/etc/svc/d.json", "", False, plain, patch={"a": 1}),
        ),
        links=(WantedLink("/etc/link", "svc/a.conf"),),
        absent=("/etc/svc/old",),
        check=(("svc", "-t"),),
        reload=(("kill", "1"),),
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"files": [file("x")]}, "files: the path 'x' is not absolute"),
        ({"absent": ["x"]}, "absent: the path 'x' is not absolute"),
        ({"files": [file("/etc/../x")]}, "'/etc/../x' must be written as '/x'"),
        ({"directories": [directory("/etc/x/")]}, "'/etc/x/' must be written as '/etc/x'"),
        ({"files": [file(mode="644")]}, "/etc/x: the mode '644' is not four octal digits"),
        ({"files": [file(mode="420")]}, "Quote it"),
        ({"files": [file(mode="0999")]}, "not four octal digits"),
        ({"files": [file(mode="u=rw")]}, "not four octal digits"),
        (
            {"files": [file(content=None)]},
            "/etc/x needs exactly one of template, content, secret",
        ),
        ({"files": [file(content="a", secret_content="YQ==")]}, "/etc/x needs exactly one of"),
        ({"files": [file(content="a", merge_json={})]}, "/etc/x needs exactly one of"),
        ({"files": [file(validate=["svc"])]}, "validate must hold %s exactly once"),
        ({"files": [file(validate=["svc", "%s", "%s"])]}, "validate must hold %s exactly once"),
        ({"check": [[]]}, "check: a command is empty"),
        ({"reload": [["a"], []]}, "reload: a command is empty"),
        ({"files": [file()], "absent": ["/etc/x"]}, "/etc/x is named 2 times"),
        ({"files": [file()], "directories": [directory("/etc/x")]}, "/etc/x is named 2 times"),
    ],
)
def test_bad_input_is_refused_in_one_line(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_wish(options(**given))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "one", "two\nlines é\n"])
def test_a_secret_travels_as_one_line(secret: str) -> None:
    assert "\n" not in encode_secret(secret)
    assert decode_secret(encode_secret(secret)) == secret
