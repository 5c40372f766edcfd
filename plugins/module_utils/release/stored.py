# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release put to use again: where its code comes from, what it kept of its model, whether all of it is still here.

Every release but a deploy is made from an earlier one. Its record says so: ``origin`` is ``{"kind", "release"}``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]
Model = Mapping[str, Any]

# Operations move these without a deploy, so a release takes them as they are now.
OF_THE_PRESENT = ("slot_ports", "entry_port", "replicas")


def code_of(records: Mapping[str, Record], identifier: str) -> str:
    """The deploy that a release's code comes from; itself when it is one.

    >>> code_of({"r1": {"origin": {"kind": "deploy", "release": ""}},
    ...          "r2": {"origin": {"kind": "scale", "release": "r1"}}}, "r2")
    'r1'
    """
    while identifier in records and records[identifier]["origin"]["release"]:
        identifier = records[identifier]["origin"]["release"]
    return identifier


def at_scale(platform: Model, scaled: Mapping[str, Mapping[str, int]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model with the replicas that ``scale`` gave, and those that still count.

    :param scaled: of each scaled service its ``replicas``, and what the inventory said then. Once the inventory says
        something else, the inventory counts.
    """
    asked = {service["name"]: service["replicas"] for service in platform["services"]}
    valid = {name: dict(entry) for name, entry in scaled.items() if asked.get(name) == entry["inventory"]}
    services = [
        {**service, "replicas": valid[service["name"]]["replicas"]} if service["name"] in valid else service
        for service in platform["services"]
    ]
    return {**platform, "services": services}, valid


def again(
    model: Model,
    record: Record,
    stored: Model,
    kind: str,
    scaled: Mapping[str, Mapping[str, int]],
    renew: Collection[str] = (),
) -> dict[str, Any]:
    """A release once more, in the words of ``release_stage``: the platform as it was, at the places it has now.

    :param kind: why: ``rollback``, ``scale``, ``restart`` or ``rotation``.
    :param renew: services that get fresh containers.
    """
    now = {service["name"]: service for service in model["services"]}
    services = [
        {**service, **{key: now[service["name"]][key] for key in OF_THE_PRESENT}}
        for service in stored["services"]
        if service["name"] in now
    ]
    return {
        "platform": {**model, "services": services, "builds": stored["builds"]},
        "images": _images_of(record, stored),
        "origin": {"kind": kind, "release": record["id"]},
        "scaled": dict(scaled),
        "renew": list(renew),
    }


def _images_of(record: Record, stored: Model) -> dict[str, str]:
    """Of each build the image that the release ran."""
    return {
        service["build"]: record["services"][service["name"]]["image"]
        for service in stored["services"]
        if service["build"] and service["name"] in record["services"]
    }


def lost_parts(model: Model, record: Record, stored: Model | None, images: Collection[str]) -> Iterator[str]:
    """What a release needs and no longer has, one line each.

    :param images: ids of the images that are here.
    """
    if stored is None:
        yield f"release {record['id']} was made before releases kept their model, deploy its code instead"
        return
    yield from _lost_services(model, stored)
    for name, service in record["services"].items():
        if service["image_id"] not in images:
            yield f"the image {service['image']} of {name} is no longer on this host"


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
