# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.validation.imports import trials, validate

CHECK = ["python", "-m", "shared.imports"]
RECORD = {"services": {name: {"image": image} for name, image in (("api", "a:1"), ("web", "b:1"), ("worker", "b:1"))}}


def services() -> list[dict[str, Any]]:
    return [
        {"name": "api", "checks": [CHECK]},
        {"name": "web", "checks": [CHECK]},
        {"name": "worker", "checks": [CHECK, ["true"]]},
    ]


def test_a_command_runs_once_for_services_that_share_the_image() -> None:
    found = trials(services(), RECORD)
    assert {key: service["name"] for key, service in found.items()} == {
        ("a:1", tuple(CHECK)): "api", ("b:1", tuple(CHECK)): "web", ("b:1", ("true",)): "worker"
    }  # fmt: skip


def test_each_service_is_told_how_its_commands_ended() -> None:
    errors = {("a:1", tuple(CHECK)): "", ("b:1", tuple(CHECK)): "it ended with 1", ("b:1", ("true",)): ""}
    rows = [(row.service, row.finding.status) for row in validate(services(), RECORD, errors)]
    assert rows == [("api", "pass"), ("web", "fail"), ("worker", "fail"), ("worker", "pass")]


def test_a_service_without_commands_is_a_warning() -> None:
    (row,) = validate([{"name": "api", "checks": []}], RECORD, {})
    assert row.finding.status == "warn"
