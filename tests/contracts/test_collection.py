# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules hold for this collection; test_rules.py shows that each of them can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.steward.platform.tests.contracts.rules.calls import call_problems
from ansible_collections.steward.platform.tests.contracts.rules.documents import (
    document_problems,
    forbidden_texts,
    naming_problems,
    role_document_problems,
)
from ansible_collections.steward.platform.tests.contracts.rules.layers import layer_problems
from ansible_collections.steward.platform.tests.contracts.rules.options import module_option_problems
from ansible_collections.steward.platform.tests.contracts.rules.owners import owner_problems
from ansible_collections.steward.platform.tests.contracts.rules.source import Collection
from ansible_collections.steward.platform.tests.contracts.rules.specs import spec_problems
from ansible_collections.steward.platform.tests.contracts.rules.style import style_problems
from ansible_collections.steward.platform.tests.contracts.rules.variables import variable_problems
from ansible_collections.steward.platform.tests.gates.size import listed_files
from ansible_collections.steward.platform.tests.support.paths import ROOT

# Where this machine's package managers were told to fetch from.
CONFIGURATION = (
    "/etc/apt/sources.list", "/etc/apt/sources.list.d/*", "/etc/pip.conf", "~/.config/pip/pip.conf", "~/.npmrc",
    "~/.m2/settings.xml", "~/.cargo/config.toml",
)  # fmt: skip


def report(problems: list[str]) -> None:
    """Fail with every problem on its own line."""
    if problems:
        pytest.fail("\n".join([f"{len(problems)} problems:", *problems]), pytrace=False)


@pytest.fixture(scope="module")
def collection() -> Collection:
    return Collection(ROOT)


@pytest.mark.parametrize(
    "rule",
    [
        spec_problems,
        call_problems,
        module_option_problems,
        style_problems,
        variable_problems,
        owner_problems,
        layer_problems,
    ],
)
def test_rule_holds(collection: Collection, rule: Callable[[Collection], list[str]]) -> None:
    assert collection.roles
    assert collection.tasks
    report(rule(collection))


@pytest.mark.parametrize("rule", [document_problems, role_document_problems])
def test_documents_tell_the_truth(rule: Callable[[Path], list[str]]) -> None:
    report(rule(ROOT))


def test_no_file_names_the_place_it_was_written_at() -> None:
    forbidden = forbidden_texts(ROOT, _configuration())
    report(naming_problems(_texts(), forbidden))


def _configuration() -> Iterator[str]:
    for pattern in CONFIGURATION:
        path = Path(pattern).expanduser()
        for found in path.parent.glob(path.name):
            yield found.read_text(errors="replace")


def _texts() -> Iterator[tuple[str, str]]:
    for path in listed_files(ROOT):
        yield str(path.relative_to(ROOT)), path.read_text(errors="replace")


def test_clone_and_artifact_depend_on_the_same_collections(collection: Collection) -> None:
    (_file, galaxy), (_other, wanted) = collection.yaml_files("galaxy.yml", "collections/requirements.yml")
    assert {row["name"]: row["version"] for row in wanted["collections"]} == galaxy["dependencies"]
