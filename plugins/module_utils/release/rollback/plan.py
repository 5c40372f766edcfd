# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger as a table, and whether the platform can go back to a release, decided before anything stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import StewardError
from ...core.table import align
from ..stored import code_of, lost_parts
from .model import World
from .schema import conflicts, head_of, no_way_back, offer, schema_steps

Record = Mapping[str, Any]
Model = Mapping[str, Any]

# A release in another state has never served, so there is nothing to go back to.
SERVED = ("serving", "retired", "rolled_back")
# Chosen only by name: somebody went back from it for a reason.
GOOD = "retired"


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
        "origin": record["origin"],
        "images": images,
        "schema": {name: head for name in images if (head := head_of(records, record["id"], name))},
        "restore_point": record["restore_point"].get("name"),
        "bytes": sum(sizes.get(image, 0) for image in set(images.values())),
        "complete": all(image in sizes for image in images.values()),
    }


def render_ledger(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a table for people."""
    head = ("id", "state", "since", "by", "schema", "restore point", "MB")
    return "\n".join(align([head, *(_cells(row) for row in rows)]))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    state = row["state"] if row["complete"] else f"{row['state']}, images gone"
    if row["origin"]["release"]:
        state += f" ({row['origin']['kind']} of {row['origin']['release']})"
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
    identifier = records[code_of(records, current["id"])]["previous"]
    while identifier in records:
        record = records[identifier]
        if record["state"] == GOOD and not record["origin"]["release"]:
            return record
        identifier = record["previous"]
    raise StewardError(
        "the ledger has no good release before the one that serves", "See them all with rollback_list=true."
    )


def find_point(world: World) -> dict[str, Any]:
    """Where the data of the target's last moment is: the restore point of the release that took its place.

    :raises StewardError: that release made none, or no release took its place.
    """
    records, target = world.records, world.target
    code = code_of(records, target["id"])
    identifier = code_of(records, world.current["id"])
    while identifier in records:
        record = records[identifier]
        if record["previous"] in records and code_of(records, record["previous"]) == code:
            point = record["restore_point"]
            if point.get("name"):
                return {name: point[name] for name in ("name", "set", "host", "moment")}
            raise StewardError(
                f"restore_database is true, release {identifier} has no restore point ({point.get('reason', 'none')})",
                "Go back without it, or restore the database to a time with playbooks/restore.yml.",
            )
        identifier = record["previous"]
    raise StewardError(
        f"restore_database is true, release {target['id']} was not replaced on the way to what serves, so no restore "
        "point leads to it",
        "Go back without it, or restore the database to a time with playbooks/restore.yml.",
    )


def obstacles(world: World, model: Model, *, downgrade: bool = False, restored: bool = False) -> list[str]:
    """What stands against going back, one line each; nothing was touched to learn it.

    :param downgrade: schemas that the older code does not accept may be migrated back.
    :param restored: the databases go back too, to what the older code left.
    """
    lines = list(lost_parts(model, world.target, world.stored, world.images))
    if world.stored is None or restored:
        return lines
    for conflict in conflicts(world, world.stored):
        if not downgrade:
            lines.append(f"{conflict.told}; rollback_schema=downgrade {offer(world, conflict)}")
        elif why := no_way_back(world, conflict):
            lines.append(f"{conflict.told}; {why}")
    return lines


def describe(world: World, *, downgrade: bool = False, restore: Mapping[str, Any] | None = None) -> str:
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
    back = {step["service"]: step["to"] for step in schema_steps(world, downgrade=downgrade)["schema_back"]}
    if restore:
        lines += [
            f"  all databases: back to {restore['moment']} (the restore point {restore['name']})",
            "  What was written since is lost; steward restore undo on the database host brings it back.",
            "  Requests fail from the moment the databases are exchanged until the older release serves.",
        ]
        return "\n".join(lines)
    for name, revisions in sorted(world.revisions.items()):
        at = "+".join(revisions) or "nothing"
        lines.append(
            f"  database of {name}: {at} -> {back[name][0]}" if name in back else f"  database of {name}: stays at {at}"
        )
    if back:
        lines += [
            "  What the newer schema holds beyond the older one is lost; there is no restore point to bring it back.",
            "  Requests may fail from the moment the schema goes back until the older release serves.",
        ]
    return "\n".join(lines)
