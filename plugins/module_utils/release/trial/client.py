# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new image is tried before it may serve: it starts, migrates and answers against a scratch database."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from ...containers import client as engine
from ...containers.parse import Container, parse_revisions
from ...containers.plan import Document, build_compose, project
from ...core import files, http
from ...core.errors import StewardError
from ..plan import plan_migration
from .plan import scratch_url, trials

Model = Mapping[str, Any]
Service = Mapping[str, Any]

SLOT = "trial"
COMMAND_SECONDS = 300
POLL_SECONDS = 0.25


def try_services(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Try what the release adds or replaces, one after the other."""
    chosen = trials(parameters["platform"]["services"], parameters["services"])
    for service, image in chosen:
        try_service(parameters["platform"], service, image, parameters["scratch"], parameters["timeout"])
    return {"tried": [service["name"] for service, dummy in chosen]}


def try_service(platform: Model, service: Service, image: str, scratch: Mapping[str, str], timeout: int) -> None:
    """Try the image of one service in a container of its own, and leave nothing behind.

    :param scratch: of each database the name of its empty copy.
    :param timeout: seconds it has to answer.
    :raises StewardError: what it failed at, with the end of what it said.
    """
    with aside(platform, service, image, partial(scratch_url, scratch=scratch)) as (file, name):
        _try(service, file, name, timeout)


@contextmanager
def aside(
    platform: Model,
    service: Service,
    image: str,
    change: Callable[[str], str],
    *,
    slot: str = SLOT,
    amend: Callable[[Document], Document] = dict,
) -> Iterator[tuple[str, str]]:
    """Compose file and project of one replica that sees other data than what serves; nothing of it is left afterwards.

    :param change: gives a secret's content there, see :func:`.plan.scratch_url`.
    :param amend: gives the Compose document.
    """
    folder = f"{folder_of(platform, slot)}/{service['name']}"
    elsewhere = {**platform, "paths": {**platform["paths"], "secrets": os.path.dirname(folder)}}
    try:
        _copy_secrets(f"{platform['paths']['secrets']}/{service['name']}", folder, change, service["uid"])
        with beside(elsewhere, service, image, slot, amend=amend) as place:
            yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _leave(os.path.dirname(folder))


@contextmanager
def beside(
    platform: Model, service: Service, image: str, slot: str, *, amend: Callable[[Document], Document] = dict
) -> Iterator[tuple[str, str]]:
    """Compose file and project of one replica beside what serves; nothing of it is left afterwards.

    It publishes no port, has a network of its own, and sees the secrets that ``platform`` names.
    """
    folder, name = folder_of(platform, slot), project(platform["name"], service["name"], slot)
    file = f"{folder}/{service['name']}.compose.json"
    alone = {**service, "replicas": 1, "slot_ports": {}}
    os.makedirs(folder, mode=0o700, exist_ok=True)
    try:
        files.write_json(file, amend(build_compose(platform, alone, slot, image, "")))
        yield file, name
    finally:
        engine.down(name)
        files.remove(file)
        _leave(folder)


def folder_of(platform: Model, slot: str) -> str:
    """Where a slot's files lie: beside the secrets folder, also on tmpfs, and never mounted by what serves."""
    return f"{os.path.dirname(platform['paths']['secrets'])}/{slot}"


def _leave(folder: str) -> None:
    # Where others use the folder too it is not empty and stays.
    with suppress(OSError):
        os.rmdir(folder)


def _copy_secrets(source: str, target: str, change: Callable[[str], str], uid: int) -> None:
    os.makedirs(target, mode=0o700, exist_ok=True)
    os.chown(target, uid, uid)
    for name in os.listdir(source):
        state = files.observe(f"{source}/{name}")
        if state is not None:
            files.write(f"{target}/{name}", change(state.content), mode="0400", owner=str(uid), group=str(uid))


def _try(service: Service, file: str, name: str, timeout: int) -> None:
    what = f"the new image of {service['name']}"
    for command in service["checks"]:
        _run(what, file, command)
    if service["migration"]:
        heads = parse_revisions(_run(what, file, service["migration"]["heads"]))
        plan_migration(service["name"], [], heads)
        _run(what, file, service["migration"]["upgrade"])
    if service["kind"] == "web":
        engine.up(file, name, timeout)
        said = wait_answer(service, service["health"]["startup"], name, timeout)
        if said:
            raise StewardError(f"{what} failed its trial: {said}")


def _run(what: str, file: str, command: list[str]) -> str:
    try:
        return engine.run_once(file, command, timeout=COMMAND_SECONDS)
    except StewardError as error:
        raise StewardError(f"{what} failed its trial: {error.message}") from error


def wait_answer(service: Service, path: str, name: str, timeout: float) -> str:
    """What is wrong when a path of a project's one replica does not come to answer 200; empty when it does.

    It is asked on the container's own network: a published port could be in somebody's way.
    """
    deadline = time.monotonic() + timeout
    container = _only(name)
    url = f"http://{engine.address(container.name)}:{service['port']}{path}"
    said = ""
    while time.monotonic() < deadline:
        try:
            answer = http.request("GET", url, timeout=5)
        except http.HttpError as error:
            said = str(error)
        else:
            if answer.status == 200:
                return ""
            said = f"it answered {answer.status}"
        container = _only(name)
        if not container.is_starting:
            break
        time.sleep(POLL_SECONDS)
    return f"{path}: {said}; {engine.describe(container)}"


def _only(name: str) -> Container:
    """:raises StewardError: somebody removed it."""
    found = engine.containers(name)
    if not found:
        raise StewardError(f"the container of {name} is gone")
    return found[0]
