# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger as a table, and whether the platform can go back to a release, decided before anything stops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import StewardError

Record = Mapping[str, Any]
Model = Mapping[str, Any]

# A release in another state has never served, so there is nothing to go back to.
SERVED = ("serving", "retired", "rolled_back")
# Chosen only by name: somebody went back from it for a reason.
GOOD = "retired"


@dataclass(frozen=True)
class World:
    """What a rollback is decided on: the ledger, what serves, the release to go back to, and what the host has.

    ``stored`` is the target's model, None where it kept none; ``images`` are those of its images that are here.
    """

    records: Mapping[str, Record]
    current: Record
    target: Record
    stored: Model | None
    images: frozenset[str]
    revisions: Mapping[str, Sequence[str]]


def head_of(records: Mapping[str, Record], identifier: str | None, service: str) -> list[str]:
    """The schema revision that a service's code in a release brings; empty when the ledger does not know."""
    while identifier is not None and identifier in records:
        record = records[identifier]
        if record.get("rollback_of"):
            identifier = record["rollback_of"]
        elif service in record["migrations"]:
            return list(record["migrations"][service]["after"])
        else:
            identifier = record["previous"]
    return []


def ledger(records: Mapping[str, Record], sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """One row a release, newest first.

    :param sizes: of each image id its bytes; an image that is gone is missing here.
    """
    return [_row(records, record, sizes) for dummy, record in sorted(records.items(), reverse=True)]


def _row(records: Mapping[str, Record], record: Record, sizes: Mapping[str, int]) -> dict[str, Any]:
    images = {name: service["image_id"] for name, service in record["services"].items()}
    return {
        "id": record["id"],
        "state": record["state"],
        "since": record.get("serving_since", record["started"]),
        "by": record["by"],
        "rollback_of": record.get("rollback_of", ""),
        "images": images,
        "schema": {name: head for name in images if (head := head_of(records, record["id"], name))},
        "restore_point": record["restore_point"]["label"],
        "bytes": sum(sizes.get(image, 0) for image in set(images.values())),
        "complete": all(image in sizes for image in images.values()),
    }


def render_ledger(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a table for people."""
    head = ("id", "state", "since", "by", "schema", "restore point", "MB")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    state = row["state"] if row["complete"] else f"{row['state']}, images gone"
    if row["rollback_of"]:
        state += f" (back to {row['rollback_of']})"
    schema = ", ".join(f"{name} {'+'.join(head)}" for name, head in row["schema"].items())
    size = str(row["bytes"] // 1_000_000)
    return row["id"], state, row["since"], row["by"], schema or "none", row["restore_point"] or "none", size


def choose(records: Mapping[str, Record], current: Record, wanted: str) -> Record:
    """The release to go back to: the one named, or the last good one before what serves.

    :raises StewardError: there is none, or it never served.
    """
    if not wanted:
        return _last_good(records, current)
    known = [identifier for identifier, record in records.items() if record["state"] in SERVED]
    others = sorted(set(known) - {current["id"]}, reverse=True)
    if wanted not in others:
        why = "serves already" if wanted == current["id"] else "never served"
        why = why if wanted in records else "is not in the ledger"
        raise StewardError(f"rollback_to is {wanted}, which {why}, allowed is one of: {', '.join(others) or 'none'}")
    return records[wanted]


def _last_good(records: Mapping[str, Record], current: Record) -> Record:
    """Going back twice goes back further, never forward to what was left."""
    start = current.get("rollback_of") or current["id"]
    identifier = records[start]["previous"]
    while identifier in records:
        record = records[identifier]
        if record["state"] == GOOD and not record.get("rollback_of"):
            return record
        identifier = record["previous"]
    raise StewardError(
        "the ledger has no good release before the one that serves", "See them all with rollback_list=true."
    )


def platform_of(model: Model, stored: Model) -> dict[str, Any]:
    """The platform as it was, at the places and in the number it has now.

    Ports and replicas belong to the director and to operations, so they stay as they are.
    """
    now = {service["name"]: service for service in model["services"]}
    here = ("slot_ports", "entry_port", "replicas")
    services = [
        {**service, **{key: now[service["name"]][key] for key in here}}
        for service in stored["services"]
        if service["name"] in now
    ]
    return {**model, "services": services, "builds": stored["builds"]}


def images_of(record: Record, stored: Model) -> dict[str, str]:
    """Of each build the image that the release ran."""
    return {
        service["build"]: record["services"][service["name"]]["image"]
        for service in stored["services"]
        if service["build"] and service["name"] in record["services"]
    }


def obstacles(world: World, model: Model) -> list[str]:
    """What stands against going back, one line each; nothing was touched to learn it."""
    if world.stored is None:
        return [f"release {world.target['id']} was made before releases kept their model, deploy its code instead"]
    return [*_lost_services(model, world.stored), *_lost_images(world), *_schema_conflicts(world, world.stored)]


def _lost_services(model: Model, stored: Model) -> Iterator[str]:
    now = {service["name"]: service for service in model["services"]}
    for service in stored["services"]:
        name = service["name"]
        if name not in now:
            yield f"service {name} is no longer in platform_services, put it back there"
            continue
        rendered = {file["name"] for file in now[name]["secret_files"]}
        for file in service["secret_files"]:
            if file["name"] not in rendered:
                yield f"service {name} needs the secret file {file['name']}, which is no longer rendered, put it back"


def _lost_images(world: World) -> Iterator[str]:
    for name, service in world.target["services"].items():
        if service["image_id"] not in world.images:
            yield f"the image {service['image']} of {name} is no longer on this host"


def _schema_conflicts(world: World, stored: Model) -> Iterator[str]:
    target = world.target["id"]
    for service in stored["services"]:
        name = service["name"]
        if not service["migration"] or name not in world.revisions:
            continue
        head = head_of(world.records, target, name)
        works_with = {*head, *service["accepts_revisions"]}
        present = list(world.revisions[name])
        if not present or not set(present) <= works_with:
            allowed = ", ".join(sorted(works_with)) or "nothing the ledger knows"
            yield (
                f"the database of {name} is at {', '.join(present) or 'nothing'}, release {target} works with "
                f"{allowed}; going back would need the database to go back too"
            )


def describe(world: World) -> str:
    """What a rollback will do, for people."""
    current, target = world.current, world.target
    lines = [f"Back from release {current['id']} to {target['id']} ({target['by']}, {target['started']}):"]
    for name, service in sorted(target["services"].items()):
        before = current["services"].get(name, {}).get("image", "nothing")
        lines.append(f"  {name}: {before} -> {service['image']}")
    lines += [
        f"  {name}: {s['image']} -> stopped"
        for name, s in sorted(current["services"].items())
        if name not in target["services"]
    ]
    known = ", ".join(f"{name} at {'+'.join(at)}" for name, at in sorted(world.revisions.items()))
    return "\n".join([*lines, f"  databases stay as they are: {known or 'none'}"])
