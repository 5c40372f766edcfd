# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images are tried, and what they see instead of the real data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ..plan import is_new


def trials(
    services: Sequence[Mapping[str, Any]], planned: Mapping[str, Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], str]]:
    """The services to try, each with its image; a check is run once for each image that several services share."""
    done: set[tuple[str, tuple[str, ...]]] = set()
    result: list[tuple[Mapping[str, Any], str]] = []
    for service in services:
        if not is_new(planned.get(service["name"])):
            continue
        image = planned[service["name"]]["image"]
        checks = [command for command in service["checks"] if (image, tuple(command)) not in done]
        done |= {(image, tuple(command)) for command in checks}
        if checks or service["migration"] or service["kind"] == "web":
            result.append(({**service, "checks": checks}, image))
    return result


def scratch_url(text: str, scratch: Mapping[str, str]) -> str:
    """A secret with the database in it replaced by its scratch copy; any other secret as it is.

    >>> scratch_url("postgresql://u:p@db:5432/app?sslmode=require", {"app": "steward_scratch_app"})
    'postgresql://u:p@db:5432/steward_scratch_app?sslmode=require'
    """
    parts = urlsplit(text)
    name = scratch.get(parts.path.lstrip("/"))
    return urlunsplit(parts._replace(path=f"/{name}")) if name and parts.netloc else text
