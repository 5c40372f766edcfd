# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule finds what it is there for, in a small collection with one defect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ansible_collections.steward.platform.tests.contracts.rules.calls import call_problems
from ansible_collections.steward.platform.tests.contracts.rules.layers import layer_problems
from ansible_collections.steward.platform.tests.contracts.rules.options import module_option_problems
from ansible_collections.steward.platform.tests.contracts.rules.owners import owner_problems
from ansible_collections.steward.platform.tests.contracts.rules.source import Collection
from ansible_collections.steward.platform.tests.contracts.rules.specs import spec_problems
from ansible_collections.steward.platform.tests.contracts.rules.style import style_problems
from ansible_collections.steward.platform.tests.contracts.rules.variables import variable_problems
from ansible_collections.steward.platform.tests.contracts.samples import BAD, GOOD

RULES: Mapping[str, Callable[[Collection], list[str]]] = {
    "spec": spec_problems,
    "call": call_problems,
    "option": module_option_problems,
    "style": style_problems,
    "variable": variable_problems,
    "owner": owner_problems,
    "layer": layer_problems,
}


def make(root: Path, files: Mapping[str, str]) -> Collection:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Collection(root)


@pytest.mark.parametrize("rule", RULES)
def test_good_sample_passes(tmp_path: Path, rule: str) -> None:
    assert RULES[rule](make(tmp_path, GOOD)) == []


@pytest.mark.parametrize(("rule", "files", "problem"), [pytest.param(*row, id=row[2]) for row in BAD])
def test_defect_is_found(tmp_path: Path, rule: str, files: Mapping[str, str], problem: str) -> None:
    found = RULES[rule](make(tmp_path, {**GOOD, **files}))
    assert len(found) == 1
    assert problem in found[0]
