# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker daemon: use what is there, bring it up when it is missing, end only what was started here."""

from __future__ import annotations

import functools
import json
import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import packages, process
from .paths import lock, state_dir, write
from .say import HostsError, progress

_SYSTEMD = Path("/run/systemd/system")
_START_SECONDS = 60


class DeniedError(HostsError):
    """A daemon is there, but not for this user: starting another one would be wrong."""


@functools.cache
def client() -> tuple[str, ...]:
    """The first docker client that can talk to the daemon (a newer client may refuse an older daemon)."""
    words = []
    for candidate in _candidates():
        answer = process.run([*candidate, "version", "--format", "{{.Server.Version}}"], check=False, timeout=30)
        if answer.returncode == 0:
            return candidate
        words.append((answer.stderr.strip().splitlines() or ["no answer"])[-1])
    if any("permission denied" in each for each in words):
        raise DeniedError(f"the Docker daemon refuses this user: {words[0]}", "join the group docker, or allow sudo")
    raise HostsError(f"no Docker daemon answers: {'; '.join(words) or 'no docker client'}", "run 'hosts engine'")


def docker(*args: str, data: bytes | None = None, check: bool = True, timeout: float = 900) -> str:
    """Run docker and return its output without the last line end."""
    return process.run([*client(), *args], data=data, check=check, timeout=timeout).stdout.rstrip("\n")


def ensure() -> None:
    """Bring the daemon up when it is missing; says in one line what was done."""
    with lock("engine"):
        if answers():
            note = "started earlier by this tool" if _record() else "not ours, left alone"
            progress("engine", f"Docker {_version()} answers ({note})")
            return
        packages.ensure({"dockerd": "docker.io"}, "engine")
        how = _start_unit() if _SYSTEMD.is_dir() else _start_by_hand()
        if not process.poll(answers, seconds=_START_SECONDS):
            raise HostsError(f"the Docker daemon does not answer after {_START_SECONDS} s", f"read {_log()}")
        progress("engine", f"Docker {_version()} answers ({how})")


def end() -> None:
    """End the daemon if this tool started it and no container is left on it."""
    with lock("engine"):
        record = _record()
        if not record or not answers():
            return
        left = docker("ps", "--all", "--format", "{{.Names}}").split()
        if left:
            progress("engine", f"the daemon stays: it still has {len(left)} containers ({', '.join(left[:5])})")
            return
        if record["how"] == "systemd":
            process.run(process.as_root(["systemctl", "stop", "docker.socket", "docker.service"]))
        else:
            _end_process(int(record["pid"]))
        _record_file().unlink()
        client.cache_clear()
        progress("engine", "ended the Docker daemon this tool had started")


def _candidates() -> Sequence[tuple[str, ...]]:
    found = [path for path in (process.find("docker"), "/usr/bin/docker") if path and os.access(path, os.X_OK)]
    plain = [(path,) for path in dict.fromkeys(found)]
    return plain if os.geteuid() == 0 else [*plain, *(("sudo", "-n", *candidate) for candidate in plain)]


def answers() -> bool:
    """Whether a daemon answers."""
    try:
        client()
    except DeniedError:
        raise
    except HostsError:
        return False
    return True


def _version() -> str:
    return docker("version", "--format", "{{.Server.Version}}")


def _start_unit() -> str:
    process.run(process.as_root(["systemctl", "start", "docker.service"]))
    write(_record_file(), json.dumps({"how": "systemd", "boot": _boot()}))
    return "started docker.service"


def _start_by_hand() -> str:
    if os.geteuid() != 0:
        raise HostsError("no Docker daemon answers and this machine has no systemd", "run the tool as root once")
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    pidfile = state_dir() / "dockerd.pid"
    with _log().open("ab") as log:
        # Its own session: the daemon outlives this command and the terminal it was given in.
        daemon = subprocess.Popen(
            [process.find("dockerd") or "dockerd", "--pidfile", str(pidfile)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            env={"PATH": process.SYSTEM_PATH, "HOME": str(Path.home())},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard)),
        )
    write(_record_file(), json.dumps({"how": "process", "pid": daemon.pid, "boot": _boot()}))
    return f"started dockerd as process {daemon.pid}, log {_log()}"


def _end_process(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    if not process.poll(lambda: not _is_dockerd(pid), seconds=_START_SECONDS):
        raise HostsError(f"dockerd (process {pid}) did not end within {_START_SECONDS} s", f"read {_log()}")


def _is_dockerd(pid: int) -> bool:
    """Whether the process is a living dockerd; one that ended may stay as a zombie where process 1 does not care."""
    try:
        name, state = (Path("/proc") / str(pid) / "stat").read_text().split(" (", 1)[1].rsplit(") ", 1)
    except OSError:
        return False
    return name == "dockerd" and not state.startswith("Z")


def _record() -> dict[str, str] | None:
    """Who started the daemon; a record of one that is gone (a reboot, a crash) counts for nothing."""
    try:
        record: dict[str, str] = json.loads(_record_file().read_text())
    except FileNotFoundError:
        return None
    if record["boot"] != _boot():
        return None
    return record if record["how"] == "systemd" or _is_dockerd(int(record["pid"])) else None


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _record_file() -> Path:
    return state_dir() / "engine.json"


def _log() -> Path:
    return state_dir() / "dockerd.log"
