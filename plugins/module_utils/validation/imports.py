# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the code in the images that serve still loads where it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.findings import FAIL, PASS, WARN, Finding
from .model import Row

CHECK = "imports"

Command = tuple[str, ...]


def trials(
    services: Sequence[Mapping[str, Any]], record: Mapping[str, Any]
) -> dict[tuple[str, Command], Mapping[str, Any]]:
    """Each command to run by its image, with the first service that has it: several services may share both."""
    found: dict[tuple[str, Command], Mapping[str, Any]] = {}
    for service in services:
        for command in service["checks"]:
            found.setdefault((record["services"][service["name"]]["image"], tuple(command)), service)
    return found


def validate(
    services: Sequence[Mapping[str, Any]], record: Mapping[str, Any], errors: Mapping[tuple[str, Command], str]
) -> Iterator[Row]:
    """One row for each command of each service.

    :param errors: of each image and command why it failed; empty when it succeeded.
    """
    for service in services:
        name = service["name"]
        if not service["checks"]:
            hint = "Give it commands under checks, such as one that imports every module."
            yield Row(CHECK, name, Finding("checks", WARN, "it has no commands to be checked by", hint))
        for command in service["checks"]:
            error = errors[record["services"][name]["image"], tuple(command)]
            status, said = (FAIL, error) if error else (PASS, "succeeded in a container of its own")
            yield Row(CHECK, name, Finding(" ".join(command), status, said, "Deploy an image that has what it needs."))
