# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the questions, all at once and in bounded time.

Each probe runs in a process of its own: one that hangs can be killed with everything it started, and a domain may
change its user to speak to its engine.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..containers import client as containers
from ..core import clock, files, http, process
from ..core.errors import StewardError
from ..director import client as director
from ..pki.client import read_certificate
from ..pki.wishes import AUTHORITY_FILE
from ..postgresql import client as postgresql
from ..redis import client as redis
from ..release import client as releases
from . import parse
from .configuration import parse_configuration
from .model import CONFIGURATION_FILE, Answer, Configuration, Probe, Release

ANSWER_CHARACTERS = 300
PIPE_BYTES = 65536

Ask = Mapping[str, Callable[[Mapping[str, Any]], Any]]


@dataclass(frozen=True)
class Child:
    """A probe's process and the pipe it answers on."""

    pid: int
    pipe: int


def read_configuration(path: str = CONFIGURATION_FILE) -> Configuration:
    """What the role host_agent wrote.

    :raises StewardError: it cannot be used.
    """
    return parse_configuration(files.read_json(path))


def current_release(configuration: Configuration) -> Release | None:
    """The record of the release that serves on this host, or None before the first."""
    return releases.current_record(configuration["paths"]) if "app" in configuration["groups"] else None


def ask_all(probes: Sequence[Probe], seconds: float, ask: Ask | None = None) -> dict[str, Answer]:
    """The answers by name; a probe that has none when the time is over is killed and answers that.

    :param ask: the functions that ask, by kind; those of the status when not given.
    """
    deadline = time.monotonic() + seconds
    running = {_start(probe, ask or ASK): probe for probe in probes}
    answers = _collect({child.pipe: child for child in running}, deadline)
    for child in running.keys() - answers.keys():
        # With everything it started: a hanging program would outlive the question.
        os.killpg(child.pid, signal.SIGKILL)
    slow = Answer(error=f"gave no answer within {seconds:g} s", hint="It hangs, or the host is overloaded.")
    return {probe.name: answers.get(child, slow) for child, probe in running.items()}


def _start(probe: Probe, ask: Ask) -> Child:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _answer(probe, ask, writing)
    os.close(writing)
    # Here and in the child, because nobody knows who comes first; the second one may find it done and the child gone.
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    return Child(pid, reading)


def _answer(probe: Probe, ask: Ask, writing: int) -> NoReturn:
    """Run in the child: ask, measure, tell, and end without what the parent would do at its end."""
    try:
        os.setpgid(0, 0)
        started = time.monotonic()
        said: dict[str, Any]
        try:
            said = {"data": ask[probe.kind](probe.target)}
        except StewardError as error:
            said = {"error": error.message, "hint": error.hint}
        said["milliseconds"] = (time.monotonic() - started) * 1000
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            json.dump(said, pipe)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        os._exit(0)


def _collect(children: Mapping[int, Child], deadline: float) -> dict[Child, Answer]:
    """The answers of the children that ended before the deadline."""
    said, answers = dict.fromkeys(children, b""), {}
    with selectors.DefaultSelector() as selector:
        for pipe in children:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _events in selector.select(left):
                part = os.read(key.fd, PIPE_BYTES)
                said[key.fd] += part
                if not part:
                    selector.unregister(key.fd)
                    os.waitpid(children[key.fd].pid, 0)
                    answers[children[key.fd]] = _read(said[key.fd])
    for pipe in children:
        os.close(pipe)
    return answers


def _read(text: bytes) -> Answer:
    return Answer(**json.loads(text)) if text else Answer(error="the probe failed, its traceback is above")


def _ask_units(target: Mapping[str, Any]) -> dict[str, str]:
    show = ["systemctl", "show", "--property=Id,LoadState,ActiveState", *target["units"]]
    return parse.parse_units(process.run(show).stdout)


def _ask_containers(target: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = containers.platform_containers(target["platform"])
    return {each.name: {"state": each.state, "health": each.health, "restarts": each.restarts} for each in found}


def _ask_http(target: Mapping[str, Any]) -> dict[str, Any]:
    answer = http.request("GET", target["url"])
    return {"status": answer.status, "text": " ".join(answer.text.split())[:ANSWER_CHARACTERS]}


def _ask_director(target: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [finding.to_dict() for finding in director.read_findings()]


def _ask_postgresql(target: Mapping[str, Any]) -> dict[str, Any]:
    return postgresql.status(target["port"])


def _ask_redis(target: Mapping[str, Any]) -> dict[str, Any]:
    with redis.session(target["port"]) as connection:
        info = connection.info()
    return {
        "version": info["redis_version"],
        "role": info["role"],
        "clients": info["connected_clients"],
        "memory": {"used": info["used_memory"], "maximum": info["maxmemory"]},
        "eviction": info["maxmemory_policy"],
        "loading": bool(info["loading"]),
        "last_write": info.get("aof_last_write_status", "ok") if info["aof_enabled"] else "none",
    }


def _ask_openbao(target: Mapping[str, Any]) -> dict[str, Any]:
    """Any status is an answer here: 501 is not initialised, 503 sealed."""
    health = http.request("GET", f"{target['address']}/v1/sys/health", ca_file=AUTHORITY_FILE).json()
    return {name: health[name] for name in ("initialized", "sealed", "standby", "version")}


def _ask_certificates(target: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    return {row["name"]: _certificate(row["path"]) for row in target["certificates"]}


def _certificate(path: str) -> dict[str, Any] | None:
    seen = read_certificate(path)
    if seen is None:
        return None
    period = {"not_before": clock.to_text(seen.not_before), "not_after": clock.to_text(seen.not_after)}
    return {"names": list(seen.names), **period}


# One row for each kind of probe.
ASK: Ask = {
    "units": _ask_units,
    "containers": _ask_containers,
    "http": _ask_http,
    "director": _ask_director,
    "postgresql": _ask_postgresql,
    "redis": _ask_redis,
    "openbao": _ask_openbao,
    "certificates": _ask_certificates,
}
