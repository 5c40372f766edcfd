# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at HAProxy and move its traffic."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..core import clock, files, http, locks, process, unix_socket
from ..core.errors import StewardError
from ..core.findings import Finding
from ..core.plan import Change, Plan
from . import parse
from .model import CONFIGURATION, DIRECTORY, HEALTH, SOCKET, Wish, path_of
from .plan import World, settle_files
from .render import MARK, variable_of
from .status import build_services, failed_readiness, is_admissible, judge, judge_silence

LOCK = "/run/lock/steward-director.lock"
POLL_SECONDS = 0.2
PROBE_SECONDS = 4.0
RELOAD_SECONDS = 20.0


def observe(wish: Wish) -> World:
    """Our files, and what the running HAProxy has loaded.

    :raises StewardError: HAProxy does not run.
    """
    ours = _files()
    states = parse.parse_states(_ask("show servers state"))
    names = {*ours, *states, *(service.name for service in wish.services), HEALTH}
    return World(files=ours, fingerprints={name: _loaded(name) for name in sorted(names)}, states=states)


def read_services() -> dict[str, Any]:
    """Every service behind HAProxy with its servers, for ``director_info``.

    :raises StewardError: HAProxy does not run.
    """
    states = parse.parse_states(_ask("show servers state"))
    return build_services(_files(), states, _statistics())


def read_findings() -> list[Finding]:
    """What ``steward status`` says of the traffic; silence is a finding, not an error."""
    try:
        return judge(read_services())
    except StewardError as error:
        return judge_silence(error)


def settle(address: str, serving: Collection[str]) -> list[str]:
    """Let HAProxy's files name those servers of a host that serve, before HAProxy starts; returns the files.

    :param address: the host's private address.
    :param serving: endpoints.
    """
    different = settle_files(_files(), address, serving)
    for name, text in different.items():
        files.write(path_of(name), text, mode="0644")
    return sorted(different)


def apply(plan: Plan, *, ready_timeout: float, drain_timeout: float) -> dict[str, Any]:
    """Make the changes; what traffic needs is never taken away before its replacement has been seen ready.

    :raises StewardError: a configuration is refused, a server does not become ready, HAProxy does not reload.
    """
    with locks.lock(LOCK, "moving traffic"):
        _check(plan)
        _restructure(plan)
        _admit(_targets(plan, "admit"), ready_timeout)
        for change in _chosen(plan, "write"):
            _publish(change)
        remaining = _retire(_targets(plan, "retire"), drain_timeout)
    return {"remaining_sessions": remaining}


def _chosen(plan: Plan, *actions: str) -> list[Change]:
    return [change for change in plan.changes if change.action in actions]


def _targets(plan: Plan, action: str) -> list[Mapping[str, Any]]:
    return [target for change in _chosen(plan, action) for target in change.data["servers"]]


def _files() -> dict[str, str]:
    """The files that carry our mark, by name; others in the directory are left alone."""
    found = {}
    for name in sorted(os.listdir(DIRECTORY)) if os.path.isdir(DIRECTORY) else []:
        state = files.observe(f"{DIRECTORY}/{name}") if name.endswith(".cfg") else None
        if state is not None and state.content.startswith(MARK):
            found[name.removesuffix(".cfg")] = state.content
    return found


def _ask(command: str) -> str:
    try:
        return unix_socket.ask(SOCKET, command)
    except unix_socket.SocketError as error:
        raise StewardError(
            f"HAProxy does not answer: {error.message}",
            "Start it (systemctl start haproxy) or read why it stopped (journalctl -u haproxy).",
        ) from error


def _tell(command: str) -> None:
    """A command that says nothing when it worked."""
    answer = _ask(command).strip()
    if answer:
        raise StewardError(f"HAProxy refused {command!r}: {answer}")


def _set(target: Mapping[str, Any], state: str) -> None:
    _tell(f"set server {target['service']}/{target['server']} state {state}")


def _loaded(name: str) -> str:
    return parse.parse_variable(_ask(f"get var {variable_of(name)}"))


def _statistics() -> dict[tuple[str, str], parse.Statistics]:
    return parse.parse_statistics(_ask("show stat json"))


def _publish(change: Change) -> None:
    files.write(change.subject, change.after, mode="0644")


def _check(plan: Plan) -> None:
    """Let HAProxy check all files as they will be, before any of them is published."""
    writes = {change.subject: change.after for change in _chosen(plan, "stage", "write")}
    if not writes:
        return
    gone = {change.subject for change in _chosen(plan, "remove")}
    with tempfile.TemporaryDirectory(prefix="steward-director-") as folder:
        present = sorted(os.listdir(DIRECTORY)) if os.path.isdir(DIRECTORY) else []
        kept = [f"{DIRECTORY}/{name}" for name in present if name.endswith(".cfg")]
        for path in kept:
            if path not in writes and path not in gone:
                os.symlink(path, f"{folder}/{os.path.basename(path)}")
        for path, text in writes.items():
            files.write(f"{folder}/{os.path.basename(path)}", text, mode="0600")
        checked = process.run(["haproxy", "-c", "-f", CONFIGURATION, "-f", folder], timeout=60, check=False)
    if checked.returncode != 0:
        said = checked.last_lines.replace(folder, DIRECTORY)
        raise StewardError(f"HAProxy refuses the new configuration: {said}", "Nothing was changed.")


def _restructure(plan: Plan) -> None:
    """Publish files of another structure and reload; when HAProxy does not take them, put the old ones back."""
    reloads = _chosen(plan, "reload")
    if not reloads:
        return
    for target in reloads[0].data["probes"]:
        answer = _probe(target)
        if answer:
            raise StewardError(
                f"{target['service']}: {target['server']} serves and shall move to {target['endpoint']}, but {answer}",
                "Nothing was changed. Start the replica there first.",
            )
    changes = _chosen(plan, "stage", "remove")
    try:
        for change in changes:
            files.remove(change.subject) if change.action == "remove" else _publish(change)
        _reload(reloads[0].data["fingerprints"])
    except StewardError:
        for change in changes:
            files.write(change.subject, change.before, mode="0644") if change.before else files.remove(change.subject)
        raise


def _reload(fingerprints: Mapping[str, str]) -> None:
    """Reload and wait until the new process answers; a reload that fails leaves the old one with exit code 0."""
    since = f"@{clock.now().timestamp():.0f}"
    process.run(["systemctl", "reload", "haproxy"], timeout=90)
    deadline = time.monotonic() + RELOAD_SECONDS
    while {name: _loaded(name) for name in fingerprints} != fingerprints:
        if time.monotonic() >= deadline:
            argv = ["journalctl", "-u", "haproxy", "--since", since, "-o", "cat", "--no-pager"]
            said = process.run(argv, check=False).stdout.splitlines()
            alerts = [line for line in said if "[ALERT]" in line] or said[-5:]
            raise StewardError(
                f"HAProxy did not load the new configuration within {RELOAD_SECONDS:g} s: {' '.join(alerts)}",
                f"The old files are back. Does its unit load {DIRECTORY}, and are the entry ports free?",
            )
        time.sleep(POLL_SECONDS)


def _admit(targets: Sequence[Mapping[str, Any]], timeout: float) -> None:
    """Make servers serve once HAProxy's own check and a direct request both found them ready; else none of them."""
    try:
        for target in targets:
            # Through drain: from maint to ready HAProxy would take a server for up before its first check.
            _set(target, "drain")
            _tell(f"enable health {target['service']}/{target['server']}")
        _wait_ready(targets, timeout)
    except StewardError:
        for target in targets:
            _set(target, "maint")
        raise
    for target in targets:
        _set(target, "ready")


def _wait_ready(targets: Iterable[Mapping[str, Any]], timeout: float) -> None:
    waiting = list(targets)
    deadline = time.monotonic() + timeout
    while waiting:
        seen = _statistics()
        answers = {(each["service"], each["server"]): _probe(each) for each in waiting}
        waiting = [
            each
            for each in waiting
            if answers[each["service"], each["server"]] or not is_admissible(seen[each["service"], each["server"]])
        ]
        if waiting and time.monotonic() >= deadline:
            raise failed_readiness(waiting, seen, answers, timeout)
        if waiting:
            time.sleep(POLL_SECONDS)


def _probe(target: Mapping[str, Any]) -> str:
    """What is wrong with a replica's own answer; empty when it is ready."""
    url = f"http://{target['endpoint']}{target['path']}"
    try:
        answer = http.request("GET", url, timeout=PROBE_SECONDS)
    except http.HttpError as error:
        return error.message
    return "" if answer.status == 200 else f"GET {url} answered {answer.status}: {answer.text.strip()[:200]}"


def _retire(targets: Sequence[Mapping[str, Any]], timeout: float) -> dict[str, int]:
    """Let servers finish what they have, at most for ``timeout``; the sessions that were left, by server."""
    for target in targets:
        _set(target, "drain")
    deadline = time.monotonic() + timeout
    while True:
        seen = _statistics()
        left = {f"{each['service']}/{each['server']}": seen[each["service"], each["server"]] for each in targets}
        remaining = {name: each.sessions + each.queue for name, each in left.items() if each.sessions + each.queue}
        if not remaining or time.monotonic() >= deadline:
            break
        time.sleep(POLL_SECONDS)
    for target in targets:
        _set(target, "maint")
    return remaining
