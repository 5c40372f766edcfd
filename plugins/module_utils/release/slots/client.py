# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, asking, watching and stopping slots."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ...containers import client as engine
from ...containers.parse import Container
from ...core import http
from ...core.errors import StewardError
from .plan import Slot

POLL_SECONDS = 0.25
# To ask the engine costs as much as a container needs for a part of its start.
LOOK_SECONDS = 2.0
# Each look asks every replica and the engine, on a host that serves.
WATCH_SECONDS = 1.0
# One failed answer may be a hiccup of the network; as many in a row are an outage.
FAILURES_IN_A_ROW = 3


def start(slots: Sequence[Slot], address: str, timeout: int) -> None:
    """Start slots side by side and wait until each says that it is ready.

    :param timeout: seconds for each slot.
    :raises StewardError: one line for each slot that did not start or did not become ready.
    """
    _together(lambda slot: _start(slot, address, timeout), slots)


def _start(slot: Slot, address: str, timeout: int) -> None:
    engine.up(slot.file, slot.project, timeout)
    deadline = time.monotonic() + timeout
    for port in slot.ports:
        wait_ready(slot, f"http://{address}:{port}{slot.ready_path}", deadline)


def wait_ready(slot: Slot, url: str, deadline: float) -> None:
    """Ask until the answer is 200.

    :raises StewardError: the time is over, or a container died on the way; with what it said.
    """
    look = time.monotonic() + LOOK_SECONDS
    while (said := _ask(url)) is not None:
        now = time.monotonic()
        if now >= look:
            look = now + LOOK_SECONDS
            broken = [container for container in engine.containers(slot.project) if not container.is_starting]
            if broken:
                raise StewardError(f"{slot.service} does not start: {engine.describe(broken[0])}")
        if now >= deadline:
            logs = "\n".join(engine.describe(container) for container in engine.containers(slot.project))
            raise StewardError(f"{slot.service} does not become ready: GET {url} {said}\n{logs}")
        time.sleep(POLL_SECONDS)


def _ask(url: str) -> str | None:
    """None when the answer is 200, else what came instead."""
    try:
        answer = http.request("GET", url, timeout=5)
    except http.HttpError as error:
        return str(error)
    return None if answer.status == 200 else f"answered {answer.status} {' '.join(answer.text.split())[:300]}"


def watch(slots: Sequence[Slot], address: str, seconds: int) -> None:
    """See that slots stay well under traffic.

    :raises StewardError: a container died or was unhealthy, or several answers in a row were not 200.
    """
    failures = dict.fromkeys(slots, 0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for slot in slots:
            said = [text for port in slot.ports if (text := _ask(f"http://{address}:{port}{slot.ready_path}"))]
            failures[slot] = failures[slot] + 1 if said else 0
            if failures[slot] == FAILURES_IN_A_ROW:
                raise StewardError(f"{slot.service} is no longer ready: it {said[0]}")
            broken = [container for container in engine.containers(slot.project) if not _stays_up(container)]
            if broken:
                raise StewardError(f"{slot.service} does not stay up: {engine.describe(broken[0])}")
        time.sleep(WATCH_SECONDS)


def _stays_up(container: Container) -> bool:
    """Its health was asked when it was started; an engine may not have looked itself yet."""
    return container.state == "running" and container.is_starting


def stop(slots: Iterable[Slot]) -> None:
    """Stop slots side by side, each with its own grace; their containers and logs stay."""
    _together(lambda slot: engine.stop(slot.project, slot.stop_grace), list(slots))


def last_words(slots: Iterable[Slot]) -> dict[str, str]:
    """Of each container the end of what it said, for the record of a failed release."""
    return {
        container.name: engine.last_logs(container.name)
        for slot in slots
        for container in engine.containers(slot.project)
    }


def _together(work: Callable[[Slot], None], slots: Sequence[Slot]) -> None:
    """Do the same for each slot at once; all are finished before the first failure is told."""
    if not slots:
        return
    with ThreadPoolExecutor(max_workers=len(slots)) as pool:
        futures = [pool.submit(work, slot) for slot in slots]
    failures = [str(error) for future in futures if isinstance(error := future.exception(), StewardError)]
    for future in futures:
        unexpected = future.exception()
        if unexpected is not None and not isinstance(unexpected, StewardError):
            raise unexpected
    if failures:
        raise StewardError("\n".join(failures))
