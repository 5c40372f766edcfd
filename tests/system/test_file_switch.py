# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch of restored files: there and back, killed after any rename."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.steward.platform.tests.support.data_services import bring_domains
from ansible_collections.steward.platform.tests.support.machines import Machine

NAME = "20261128_120000"
# Of its own file system, as a host's folders are: a container's layers refuse some renames.
FOLDER = "/var/lib/steward-file-switch"
PATHS = [f"{FOLDER}/{name}" for name in ("etc", "spool")]

SWITCH = """
import os, signal
from steward.recovery.content import client

left, rename = given["die"], os.rename

def dying(*arguments):
    global left
    rename(*arguments)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

os.rename = dying
client.settle_files(given["paths"], given["name"])
if given["act"] != "settle":
    getattr(client, given["act"])(given["paths"], given["name"])
"""


@pytest.fixture(scope="module")
def files_host(host: Callable[..., Machine]) -> Machine:
    return host("files")


@pytest.fixture(scope="module")
def prelude(files_host: Machine) -> str:
    return bring_domains(files_host, "openbao", "pki", "recovery", "redis", "restic")


@pytest.fixture
def restored(files_host: Machine) -> Iterator[None]:
    """Two folders that live, and what was restored beside them."""
    files_host.run(f"mkdir -p {FOLDER}")
    for path in PATHS:
        staged = path.replace(f"{FOLDER}/", f"{FOLDER}/.") + f".restored-{NAME}"
        files_host.run(f"mkdir {path} {staged}; echo live > {path}/which; echo restored > {staged}/which")
    yield
    files_host.run(f"rm -r {FOLDER}")


def act(machine: Machine, prelude: str, verb: str, die: int = 0) -> bool:
    """Whether it was killed, after the rename of this number, before it came to its end."""
    given = json.dumps({"name": NAME, "paths": PATHS, "act": verb, "die": die})
    done = machine.run("python3 -", input=f"import json\ngiven = json.loads({given!r})\n{prelude}{SWITCH}", check=False)
    assert done.returncode in (0, 137), done.stderr
    return done.returncode == 137


def which(machine: Machine) -> list[str]:
    return machine.run(f"cat {' '.join(f'{path}/which' for path in PATHS)}", check=False).stdout.split()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("die", [1, 2, 3, 4])
def test_killed_anywhere_it_goes_on_and_comes_back(files_host: Machine, prelude: str, die: int) -> None:
    assert act(files_host, prelude, "switch_files", die)
    # Whatever is next reads what lives, such as our own configuration.
    act(files_host, prelude, "settle")
    assert len(which(files_host)) == len(PATHS)
    act(files_host, prelude, "switch_files")
    assert which(files_host) == ["restored", "restored"]

    assert act(files_host, prelude, "put_back_files", die)
    act(files_host, prelude, "settle")
    assert len(which(files_host)) == len(PATHS)
    act(files_host, prelude, "put_back_files")
    assert which(files_host) == ["live", "live"]


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("die", [1, 2, 3])
def test_killed_on_the_way_there_it_can_be_taken_back(files_host: Machine, prelude: str, die: int) -> None:
    assert act(files_host, prelude, "switch_files", die)
    act(files_host, prelude, "put_back_files")
    assert which(files_host) == ["live", "live"]


@pytest.mark.usefixtures("restored")
def test_what_was_removed_on_purpose_does_not_come_back_by_itself(files_host: Machine, prelude: str) -> None:
    act(files_host, prelude, "switch_files")
    files_host.run(f"rm -r {PATHS[0]}")
    act(files_host, prelude, "settle")
    assert which(files_host) == ["restored"]
