# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.schema import Field, check, unknown_name

SERVICE = Field(
    "object",
    fields={
        "name": Field("text", required=True, pattern="[a-z]+", shape="small letters"),
        "kind": Field("text", default="web", choices=("web", "worker")),
        "port": Field("integer", minimum=1, maximum=65535),
        "share": Field("number", minimum=0),
        "on": Field("boolean", default=True),
        "labels": Field("map", items=Field("text")),
        "routes": Field("list", items=Field("object", fields={"path": Field("text", required=True)}), maximum=2),
        "anything": Field("list", minimum=1),
    },
)


def test_defaults_are_filled_in_and_the_input_stays() -> None:
    given: dict[str, Any] = {"name": "web", "routes": [{"path": "/"}], "labels": None}
    checked = check(given, SERVICE, "s")
    assert checked.errors == ()
    assert checked.value == {
        "name": "web",
        "kind": "web",
        "port": None,
        "share": None,
        "on": True,
        "labels": None,
        "routes": [{"path": "/"}],
        "anything": None,
    }
    assert given == {"name": "web", "routes": [{"path": "/"}], "labels": None}


@pytest.mark.parametrize(
    ("part", "value", "error"),
    [
        ("name", None, "s.name is missing"),
        ("name", "Web", "s (Web).name is 'Web', allowed is: small letters"),
        ("kind", "blue", "s (web).kind is 'blue', allowed is one of: web, worker"),
        ("kind", 3, "s (web).kind is 3, allowed is: text"),
        ("port", 0, "s (web).port is 0, allowed is: at least 1 and at most 65535"),
        ("port", 70000, "s (web).port is 70000, allowed is: at least 1 and at most 65535"),
        ("port", True, "s (web).port is True, allowed is: integer"),
        ("port", 1.5, "s (web).port is 1.5, allowed is: integer"),
        ("share", -0.5, "s (web).share is -0.5, allowed is: at least 0"),
        ("on", "yes", "s (web).on is 'yes', allowed is: boolean"),
        ("on", 1, "s (web).on is 1, allowed is: boolean"),
        ("labels", {"a": 1}, "s (web).labels[a] is 1, allowed is: text"),
        ("labels", ["a"], "s (web).labels is ['a'], allowed is: map"),
        ("routes", [{"path": "/"}, {}], "s (web).routes[1].path is missing"),
        ("routes", [{"path": "/"}] * 3, "s (web).routes has 3 entries, allowed is: at most 2"),
        ("anything", [], "s (web).anything has 0 entries, allowed is: at least 1"),
        ("prot", 80, "s (web).prot is unknown, did you mean port?"),
        ("kind", "x" * 80, f"s (web).kind is '{'x' * 56}..., allowed is one of: web, worker"),
    ],
)
def test_defect_is_named_with_place_value_and_what_is_allowed(part: str, value: Any, error: str) -> None:
    assert check({"name": "web", part: value}, SERVICE, "s").errors == (error,)


def test_all_defects_are_named_at_once() -> None:
    errors = check({"name": "w", "port": 0, "routes": [{}, {"path": 1}]}, SERVICE, "s").errors
    assert len(errors) == 3


@pytest.mark.parametrize("value", [{}, "text", [1]], ids=["map", "text", "list"])
def test_an_object_is_asked_for(value: Any) -> None:
    errors = check([value], Field("list", items=SERVICE), "s").errors
    assert len(errors) == 1
    assert errors[0].startswith("s[0]")


def test_pattern_without_words_is_shown_itself() -> None:
    assert check("A", Field("text", pattern="[a-z]"), "s").errors == ("s is 'A', allowed is: [a-z]",)


@pytest.mark.parametrize(("kind", "value"), [("list", [1, "a"]), ("map", {"a": 1}), ("number", 1), ("text", "")])
def test_what_is_not_bounded_is_allowed(kind: str, value: Any) -> None:
    checked = check(value, Field(kind), "s")
    assert (checked.value, checked.errors) == (value, ())


def test_unknown_name_without_a_near_one_lists_all() -> None:
    assert unknown_name("zzz", {"name": 1, "port": 2}, "s.zzz") == "s.zzz is unknown, allowed is: name, port"
