# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook as a user does and tells task by task what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..gates.deprecations import deprecations_about_us
from .paths import ROOT, tool, tool_environment

CALLBACKS = Path(__file__).parent / "callbacks"


@dataclass(frozen=True)
class Task:
    """What one task did on one host; ``status`` is ok, changed, failed, ignored, skipped or unreachable.

    ``ended`` is a moment in seconds that only the other tasks of the run can be compared with.
    """

    host: str
    name: str
    action: str
    role: str
    status: str
    ended: float
    result: Mapping[str, Any]


@dataclass(frozen=True)
class PlayResult:
    """A run that ended."""

    returncode: int
    output: str
    seconds: float
    tasks: tuple[Task, ...]
    stats: Mapping[str, Mapping[str, int]]

    @property
    def changed(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.status == "changed")

    @property
    def failed(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.status in ("failed", "unreachable"))

    @property
    def executed(self) -> tuple[Task, ...]:
        """The tasks that really ran on a host, the only ones that cost."""
        return tuple(task for task in self.tasks if task.status != "skipped")

    def task(self, name: str) -> Task:
        """The one task with this name (without its role's prefix)."""
        found = [task for task in self.tasks if task.name == name]
        assert len(found) == 1, f"{len(found)} tasks are named {name!r}; there are {[t.name for t in self.tasks]}"
        return found[0]

    def result(self, name: str) -> Mapping[str, Any]:
        """The result of the one task with this name."""
        return self.task(name).result


class PlaybookRunner:
    """Calls ansible-playbook from this clone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def __call__(
        self,
        playbook: str | Sequence[Mapping[str, Any]],
        *,
        inventory: str | Path,
        variables: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
        check: bool = False,
        diff: bool = False,
        env: Mapping[str, str] | None = None,
        expect: int | None = 0,
        timeout: float = 1800,
    ) -> PlayResult:
        """Run a playbook: a path, a name such as ``steward.platform.deploy``, or a list of plays.

        :param variables: extra variables, handed over in a file that is removed afterwards.
        :param options: further arguments of ansible-playbook (``--tags``, ``--limit``, ``-vvv``).
        :param expect: the exit code the run must have; None takes any.
        """
        self._count += 1
        events = self._folder / f"events-{self._count}.jsonl"
        argv = [tool("ansible-playbook"), self._path(playbook), "-i", str(inventory), *options]
        argv += ["--check"] * check + ["--diff"] * diff
        handed = self._folder / f"variables-{self._count}.json"
        if variables:
            handed.touch(mode=0o600)
            handed.write_text(json.dumps(variables))
            argv += ["--extra-vars", f"@{handed}"]
        try:
            result = _run(argv, events, env or {}, timeout)
        finally:
            handed.unlink(missing_ok=True)
        if expect is not None and result.returncode != expect:
            raise AssertionError(f"{argv[1]} ended with {result.returncode}, not {expect}:\n{result.output[-6000:]}")
        deprecated = deprecations_about_us(result.output, str(ROOT), str(self._folder))
        if deprecated:
            raise AssertionError("\n".join(["our files use what is deprecated:", *deprecated]))
        return result

    def _path(self, playbook: str | Sequence[Mapping[str, Any]]) -> str:
        if isinstance(playbook, str):
            return playbook
        path = self._folder / f"playbook-{self._count}.yml"
        path.write_text(yaml.safe_dump([dict(play) for play in playbook], sort_keys=False))
        return str(path)


def kill_playbook(arguments: Sequence[str], begun: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Start a playbook and kill its controller, children included, as soon as ``begun``."""
    process = subprocess.Popen(
        [tool("ansible-playbook"), *arguments],
        cwd=ROOT,
        env=tool_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + seconds
        while not begun():
            assert process.poll() is None, f"it ended before {what}"
            assert time.monotonic() < deadline, f"{what} did not begin within {seconds:g} s"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _run(argv: list[str], events: Path, env: Mapping[str, str], timeout: float) -> PlayResult:
    environment = tool_environment(
        ANSIBLE_CALLBACK_PLUGINS=str(CALLBACKS),
        ANSIBLE_CALLBACKS_ENABLED="steward_events",
        STEWARD_EVENTS=str(events),
        **env,
    )
    started = time.monotonic()
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=ROOT,
        env=environment,
        timeout=timeout,
        check=False,
    )
    seconds = time.monotonic() - started
    sys.stdout.write(f"$ {' '.join(argv)}\n{done.stdout}\n")
    rows = [json.loads(line) for line in events.read_text().splitlines()] if events.exists() else []
    stats: Mapping[str, Mapping[str, int]] = next((row["stats"] for row in rows if "stats" in row), {})
    tasks = tuple(Task(**row) for row in rows if "stats" not in row)
    return PlayResult(done.returncode, done.stdout, seconds, tasks, stats)
