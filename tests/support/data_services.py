# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of PostgreSQL and Redis share: a small model, plays, and Python run on the host."""

from __future__ import annotations

import base64
import copy
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .machines import Machine
from .paths import ROOT
from .playbooks import PlaybookRunner, PlayResult

MODULE_UTILS = ROOT / "plugins/module_utils"
PACKAGE = "/tmp/steward-package"
CA_FILE = "/etc/ssl/steward/ca/ca.pem"
Play = Callable[..., PlayResult]


def make_model(machine: Machine, **parts: Any) -> dict[str, Any]:
    """As much of the normalised model as the data services read, all groups on one host."""
    groups = ["app", "cache", "database", "secrets"]
    return {
        "name": "sample",
        "hosts": {machine.name: {"private_address": machine.private_ipv4, "groups": groups}},
        "groups": {group: [machine.name] for group in groups},
        "databases": [],
        "redis": [],
        "services": [],
        **parts,
    }


def prepare(machine: Machine) -> Machine:
    """What host_agent, the first role of every playbook, installs and these roles rely on."""
    packages = "python3-cryptography openssl"
    install = f"DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends {packages}"
    machine.run(f"dpkg -s {packages} >/dev/null 2>&1 || {{ apt-get update -q && {install}; }}")
    return machine


class Service:
    """Runs one role on the host with a model, and knows the variables of the last good state."""

    def __init__(self, role: str, runner: PlaybookRunner, inventory: Path, variables: Mapping[str, Any]) -> None:
        self._role, self._runner, self._inventory = role, runner, inventory
        self.variables = dict(variables)

    def play(
        self, roles: Sequence[str] = (), *, variables: Mapping[str, Any] | None = None, **given: Any
    ) -> PlayResult:
        """The role after the named others, with variables over the usual ones."""
        names = [f"steward.platform.{name}" for name in (*roles, self._role)]
        return self.tasks(roles=names, variables=variables, **given)

    def tasks(self, *, variables: Mapping[str, Any] | None = None, expect: int = 0, check: bool = False,
              diff: bool = False, options: Sequence[str] = (), **play: Any) -> PlayResult:  # fmt: skip
        """A play of any content."""
        return self._runner(
            [{"hosts": "all", "gather_facts": False, **play}],
            inventory=self._inventory,
            variables={**copy.deepcopy(self.variables), **(variables or {})},
            expect=expect, check=check, diff=diff, options=options,
        )  # fmt: skip

    def of_role(self, result: PlayResult) -> list[str]:
        """The names of this role's tasks that ran."""
        return [task.name for task in result.executed if task.role.endswith(self._role)]


def run_python(machine: Machine, program: str, **values: Any) -> Any:
    """Run a program on the host as root with ``values`` in the dictionary ``given``; what it puts in ``answer``.

    The values travel on standard input, so that passwords are in no argument list.
    """
    text = f"import json\ngiven = json.loads({json.dumps(json.dumps(values))})\n{program}\nprint(json.dumps(answer))\n"
    return json.loads(machine.run("python3 -", input=text).stdout)


def call_client(machine: Machine, domain: str, call: str) -> Any:
    """What a function of a domain's client returns on the host, where there is no Ansible."""
    prelude = bring_domains(machine, domain)
    return run_python(machine, f"{prelude}from steward.{domain} import client\nanswer = client.{call}")


def bring_domains(machine: Machine, *domains: str) -> str:
    """Put the code of domains on the host, and return the lines with which a program finds them as ``steward``."""
    return f"import sys\nsys.path.insert(0, {pack(machine, *domains)!r})\n"


def pack(machine: Machine, *domains: str) -> str:
    """Put domains and what they stand on to the host as the package ``steward``; returns the folder it is in."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("core", *domains):
            archive.add(MODULE_UTILS / name, f"steward/{name}", filter=_without_caches)
    machine.run(
        f"rm -rf {PACKAGE} && mkdir {PACKAGE} && base64 -d | tar -xz -C {PACKAGE}",
        input=base64.b64encode(packed.getvalue()).decode(),
    )
    return PACKAGE


def _without_caches(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in entry.name else entry
