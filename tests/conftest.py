# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for everything that runs on real hosts (tests/system, tests/drills, tests/bench), once a session.

``host(name, *options)``
    Brings the throw-away host up (``tests/hosts/hosts up``) and returns a ``Machine``: ``name``, ``container``,
    ``public_ipv4``, ``public_ipv6``, ``private_ipv4`` and ``run(command, sudo=True, input=None, check=True)``, which
    returns a ``CompletedProcess`` (text). A session begins with fresh hosts and takes them down at its end.
``inventory(groups, variables=None)``
    Writes an inventory file, ``inventory({"database": [db], "app": [web]})``, and returns its path.
``ansible_playbook(playbook, inventory=…, variables=None, options=(), check=False, diff=False, env=None, expect=0)``
    Runs a path, a name or a list of plays and returns a ``PlayResult``: ``returncode``, ``output`` (stdout and stderr),
    ``seconds``, ``tasks`` (``Task``: host, name, action, role, status, result), ``changed``, ``failed``, ``executed``,
    ``stats`` and ``result(task_name)``. Another exit code than ``expect`` is an AssertionError with the output's end.

Polling: ``from ansible_collections.steward.platform.tests.support.machines import poll``.
Environment: STEWARD_KEEP_HOSTS=1 uses the hosts that are up and leaves them, for a quick next run;
STEWARD_HOST_PREFIX=x- gives a second session its own hosts.

A skipped or expectedly failing test fails the session: what cannot be tested here is not written as a test.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine, Machines, poll
from ansible_collections.steward.platform.tests.support.platform import Platform
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    pool = Machines(tmp_path_factory.mktemp("machines"), keep=os.environ.get("STEWARD_KEEP_HOSTS") == "1")
    yield pool
    pool.down()


@pytest.fixture(scope="session")
def host(machines: Machines) -> Callable[..., Machine]:
    return machines.up


@pytest.fixture(scope="session")
def inventory(machines: Machines) -> Callable[..., Path]:
    return machines.inventory


@pytest.fixture(scope="session")
def ansible_playbook(tmp_path_factory: pytest.TempPathFactory) -> PlaybookRunner:
    return PlaybookRunner(tmp_path_factory.mktemp("playbooks"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Turn a skip (xfail is one too) into a failure with its reason."""
    report = yield
    if report.skipped or hasattr(report, "wasxfail"):
        # A report that still has it is counted as expected, whatever its outcome.
        vars(report).pop("wasxfail", None)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} did not run or may fail: skips count as failures here ({report.longrepr})"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """Likewise for a module that skips itself as a whole."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skips itself: skips count as failures here ({report.longrepr})"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Note for the last line of `make test` how many tests passed in this step."""
    step = os.environ.get("STEWARD_STEP")
    if step:
        passed = len(terminalreporter.stats.get("passed", []))
        with Path(terminalreporter.config.rootpath, ".steward/tests").open("a") as file:
            file.write(f"{step}: {passed} passed\n")


@pytest.fixture(scope="session")
def platform(
    host: Callable[..., Machine], ansible_playbook: PlaybookRunner, tmp_path_factory: pytest.TempPathFactory
) -> Platform:
    """The demo platform, deployed from nothing by ``site.yml`` on a host that all tests of the session share."""
    deployed = Platform(host("platform"), ansible_playbook, tmp_path_factory.mktemp("platform"))
    deployed.site()
    return deployed


@pytest.fixture(scope="session")
def with_backups(
    host: Callable[..., Machine], ansible_playbook: PlaybookRunner, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Platform]:
    """Deploy a platform that has backups on a host of this name; ``variables`` are further ones of its inventory."""

    def deploy(name: str, **variables: Any) -> Platform:
        backed = {"platform_backup": {"enabled": True}, **variables}
        deployed = Platform(host(name), ansible_playbook, tmp_path_factory.mktemp(name), variables=backed)
        deployed.site()
        return deployed

    return deploy


@pytest.fixture(scope="session")
def restart() -> Callable[[Machine], None]:
    """Restart a host as a power cut does, and wait until it can be reached."""

    def do(machine: Machine) -> None:
        subprocess.run(["docker", "restart", machine.container], check=True, stdout=subprocess.DEVNULL)
        poll(lambda: machine.run("true", check=False).returncode == 0, seconds=180, what=f"{machine.name} back")

    return do
