# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases are kept to go back to, and what of the others nothing needs any longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...containers.parse import Container
from ...core.errors import InputError
from ...core.plan import Change, Plan
from ..plan import image_ids, release_folder
from ..stored import code_of

Record = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """The ledger, the release that serves, the images of the platform by reference, and all its containers."""

    records: Mapping[str, Record]
    current: str
    images: Mapping[str, str]
    containers: Sequence[Container]


def plan_pruning(parameters: Mapping[str, Any], world: World) -> Plan:
    """What is removed: containers first, because they hold images, then images, then the releases' folders.

    :raises InputError: ``keep`` is less than 1.
    """
    if parameters["keep"] < 1:
        raise InputError(f"keep is {parameters['keep']}, allowed is: at least 1")
    kept = kept_releases(world.records, world.current, parameters["keep"])
    needed = set(image_ids(world.records[name] for name in kept))
    images = {reference: each for reference, each in world.images.items() if each not in needed}
    containers = [one for one in world.containers if one.image_id in images.values() and one.state != "running"]
    used = {one.image_id for one in world.containers if one.state == "running"}
    gone = sorted(set(world.records) - kept)
    folders = [release_folder(parameters["platform"]["paths"], name) for name in gone]
    return Plan(
        (
            *(Change("remove container", one.name, before=one.image) for one in containers),
            *(Change("remove image", name, before=each) for name, each in sorted(images.items()) if each not in used),
            *(Change("remove release", folder, before=name) for folder, name in zip(folders, gone, strict=True)),
        ),
        {"kept": sorted(kept), "removed": gone},
    )


def kept_releases(records: Mapping[str, Record], current: str, keep: int) -> set[str]:
    """The newest ``keep`` deploys that have served, all that was made since the oldest of them, and what serves.

    Going back and scaling make no code, so they push none out.
    """
    served = [name for name, record in sorted(records.items()) if not record["origin"]["release"] and _served(record)]
    oldest = served[-keep:][0] if served else current
    origins = {current, code_of(records, current), records[current]["origin"]["release"] or current}
    return {name for name in records if name >= oldest} | (origins & set(records))


def _served(record: Record) -> bool:
    return "serving_since" in record
