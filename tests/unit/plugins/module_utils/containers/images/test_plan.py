# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.containers.images.plan import plan, references

BUILD = {"name": "api", "dockerfile": "Dockerfile", "target": "", "args": {}, "bases": ["base"]}
PARAMETERS: dict[str, Any] = {
    "platform": "shop",
    "builds": [BUILD],
    "packed": {"api": {"hash": "c"}},
    "base_images": [{"name": "base", "archive": "/base.tar"}],
}


def test_an_image_that_is_there_is_not_built() -> None:
    bases = {"base": ["l"]}
    present = list(references(PARAMETERS, bases).values())
    wanted = plan(PARAMETERS, {"bases": bases, "present": present})
    assert not wanted.changed
    assert wanted.facts["images"] == {"api": present[0]}


def test_an_image_that_is_missing_is_built() -> None:
    wanted = plan(PARAMETERS, {"bases": {"base": ["l"]}, "present": []})
    assert [(change.action, change.subject) for change in wanted.changes] == [("build", "api")]


def test_without_its_base_an_image_has_no_name_yet() -> None:
    wanted = plan(PARAMETERS, {"bases": {}, "present": []})
    assert wanted.facts == {"images": {"api": ""}, "missing": ["api"], "missing_bases": ["base"]}
