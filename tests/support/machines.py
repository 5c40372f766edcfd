# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throw-away hosts as the tests see them; tests/hosts makes them."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .paths import ROOT

HOSTS = str(ROOT / "tests/hosts/hosts")


@dataclass(frozen=True)
class Machine:
    """One running test host."""

    name: str
    container: str
    public_ipv4: str
    public_ipv6: str
    private_ipv4: str
    user: str
    key: str
    known_hosts: str

    @property
    def ssh_options(self) -> list[str]:
        return ["-i", self.key, "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "BatchMode=yes"]

    def run(
        self,
        command: str | Sequence[str],
        *,
        sudo: bool = True,
        input: str | None = None,
        check: bool = True,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell line, or an argument list, over SSH; with ``check`` a failure raises with what it said."""
        line = command if isinstance(command, str) else shlex.join(command)
        remote = f"sudo -n sh -c {shlex.quote(line)}" if sudo else line
        argv = ["ssh", *self.ssh_options, f"{self.user}@{self.public_ipv4}", remote]
        stdin = subprocess.DEVNULL if input is None else None
        done = subprocess.run(
            argv, input=input, stdin=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{self.name}: {line!r} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def our_address(self) -> str:
        """The address under which the host sees this machine."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
            unsent.connect((self.public_ipv4, 443))
            return str(unsent.getsockname()[0])

    def variables(self) -> dict[str, Any]:
        """The host's entry in an Ansible inventory."""
        return {
            "ansible_host": self.public_ipv4,
            "ansible_user": self.user,
            "ansible_ssh_private_key_file": self.key,
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.known_hosts}",
            "ansible_become": True,
        }


class Machines:
    """Brings hosts up fresh, once a session, and takes them down at its end; ``keep`` uses what is up and leaves it."""

    def __init__(self, folder: Path, *, keep: bool) -> None:
        self._folder = folder
        self._keep = keep
        self._prefix = os.environ.get("STEWARD_HOST_PREFIX", "")
        self._known: dict[str, Machine] = {}
        self._ours: list[str] = []

    def up(self, name: str, *options: str) -> Machine:
        """The named host, brought up when this session has not done so; ``options`` go to ``hosts up``."""
        full = f"{self._prefix}{name}"
        if full not in self._known:
            if not self._keep:
                # What an earlier session left there, killed in the middle of a test, is no ground to build on.
                if full in {row["name"] for row in list_hosts()}:
                    _hosts("down", full)
                self._ours.append(full)
            _hosts("up", *options, full)
            self._known[full] = next(_machine(row) for row in list_hosts() if row["name"] == full)
        return self._known[full]

    def renew(self, name: str, *options: str) -> Machine:
        """Lose the named host with all that it held, and bring a bare one up under its name."""
        full = f"{self._prefix}{name}"
        _hosts("down", full)
        self._known.pop(full, None)
        if full in self._ours:
            self._ours.remove(full)
        return self.up(name, *options)

    def inventory(self, groups: Mapping[str, Sequence[Machine]], variables: Mapping[str, Any] | None = None) -> Path:
        """A new inventory file: groups of hosts, and variables for all of them."""
        members = {group: dict.fromkeys(machine.name for machine in machines) for group, machines in groups.items()}
        every = {machine.name: machine.variables() for machines in groups.values() for machine in machines}
        tree: dict[str, Any] = {"all": {"hosts": every, "vars": dict(variables or {}), "children": {}}}
        tree["all"]["children"] = {group: {"hosts": hosts} for group, hosts in members.items() if group != "all"}
        path = self._folder / f"inventory-{len(list(self._folder.glob('inventory-*')))}.yml"
        path.write_text(yaml.safe_dump(tree, sort_keys=False))
        return path

    def down(self) -> None:
        """Take down what :meth:`up` brought up, unless they are kept."""
        if self._ours:
            _hosts("down", *self._ours)


def poll(probe: Callable[[], Any], *, seconds: float, every: float = 0.2, what: str = "the awaited state") -> Any:
    """Ask until the probe returns something true, and return that; fail with ``what`` when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds:g} s; last answer: {answer!r}")
        time.sleep(every)


@contextmanager
def without_power(machine: Machine) -> Iterator[None]:
    """End everything on a host at once, without a chance to say or write anything; it starts again afterwards."""
    subprocess.run(["docker", "kill", machine.container], check=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run(["docker", "start", machine.container], check=True, stdout=subprocess.DEVNULL)
        poll(lambda: machine.run("true", check=False).returncode == 0, seconds=60, what=f"{machine.name} back")


def make_base_images() -> None:
    """Make what the sample platform's images are built on, where it is missing."""
    _hosts("base-image")


def _hosts(*arguments: str) -> str:
    done = subprocess.run([HOSTS, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(
            f"tests/hosts/hosts {' '.join(arguments)} ended with {done.returncode}; see its lines above"
        )
    return done.stdout


def list_hosts() -> list[dict[str, Any]]:
    """The hosts there are, as ``hosts list --json`` says."""
    rows: list[dict[str, Any]] = json.loads(_hosts("list", "--json"))["hosts"]
    return rows


def _machine(row: Mapping[str, Any]) -> Machine:
    said = {**row, "user": row["ssh_user"], "key": row["ssh_key"]}
    return Machine(**{name: said[name] for name in Machine.__dataclass_fields__})
