# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests on real hosts rely on tells the truth, and no test passes by not running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine, Machines, poll
from ansible_collections.steward.platform.tests.support.paths import ROOT
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner

MACHINE = Machine("a", "steward-a", "10.0.0.1", "fd00::1", "10.0.1.1", "me", "/key", "/known_hosts")


def play(*tasks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": list(tasks)}]


def test_playbook_run_tells_what_each_task_did(ansible_playbook: PlaybookRunner, tmp_path: Path) -> None:
    path = tmp_path / "file"
    run = ansible_playbook(
        play(
            {"name": "Say", "ansible.builtin.debug": {"msg": "{{ word }}"}},
            {"name": "Write", "ansible.builtin.copy": {"content": "x\n", "dest": str(path), "mode": "0600"}},
            {"name": "Never", "ansible.builtin.debug": {}, "when": False},
        ),
        inventory="localhost,",
        variables={"word": "hello"},
        diff=True,
    )
    assert [(task.name, task.status) for task in run.tasks] == [
        ("Say", "ok"),
        ("Write", "changed"),
        ("Never", "skipped"),
    ]
    assert [task.name for task in run.changed] == ["Write"]
    assert [task.name for task in run.executed] == ["Say", "Write"]
    assert run.result("Say")["msg"] == "hello"
    assert run.stats["localhost"]["changed"] == 1
    assert "+x" in run.output
    assert path.read_text() == "x\n"


def test_failed_run_is_an_error_unless_it_is_expected(ansible_playbook: PlaybookRunner) -> None:
    failing = play({"name": "Fail", "ansible.builtin.fail": {"msg": "no way"}})
    with pytest.raises(AssertionError, match="no way"):
        ansible_playbook(failing, inventory="localhost,")
    run = ansible_playbook(failing, inventory="localhost,", expect=2)
    assert [task.name for task in run.failed] == ["Fail"]


def test_run_that_uses_what_is_deprecated_is_an_error(ansible_playbook: PlaybookRunner) -> None:
    deprecated = play({"name": "Say", "ansible.builtin.debug": {"msg": "{{ play_hosts }}"}})
    with pytest.raises(AssertionError, match="our files use what is deprecated"):
        ansible_playbook(deprecated, inventory="localhost,")


def test_inventory_names_hosts_groups_and_variables(tmp_path: Path) -> None:
    path = Machines(tmp_path, keep=False).inventory({"all": [MACHINE], "app": [MACHINE]}, {"color": "blue"})
    listing = PlaybookRunner(tmp_path)(
        [
            {
                "hosts": "app",
                "gather_facts": False,
                "tasks": [{"name": "Say", "ansible.builtin.debug": {"msg": "{{ ansible_host }} {{ color }}"}}],
            }
        ],
        inventory=path,
    )
    assert listing.result("Say")["msg"] == "10.0.0.1 blue"


def test_polling_ends_with_the_answer_or_with_the_time() -> None:
    answers = iter([None, 0, "ready"])
    assert poll(lambda: next(answers), seconds=10, every=0.01) == "ready"
    with pytest.raises(AssertionError, match="the port did not come within"):
        poll(lambda: False, seconds=0.05, every=0.01, what="the port")


@pytest.mark.parametrize(
    "test",
    [
        "import pytest\ndef test_x(): pytest.skip('not here')\n",
        "import pytest\n@pytest.mark.skip(reason='not here')\ndef test_x(): pass\n",
        "import pytest\npytest.skip('not here', allow_module_level=True)\ndef test_x(): pass\n",
        "import pytest\n@pytest.mark.xfail\ndef test_x(): assert False\n",
        "import pytest\n@pytest.mark.xfail\ndef test_x(): pass\n",
        "import warnings\ndef test_x(): warnings.warn('old', DeprecationWarning)\n",
        "def x(): pass\n",
    ],
    ids=[
        "skipped inside",
        "skipped by mark",
        "module skipped",
        "fails as expected",
        "passes unexpectedly",
        "warns",
        "no test",
    ],
)
def test_what_does_not_run_or_warns_fails(tmp_path: Path, test: str) -> None:
    assert _pytest(tmp_path, test).returncode != 0


def test_what_runs_passes(tmp_path: Path) -> None:
    done = _pytest(tmp_path, "def test_x(): pass\n")
    assert done.returncode == 0, done.stdout


def _pytest(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(test)
    plugin = "ansible_collections.steward.platform.tests.conftest"
    argv = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", plugin, str(folder)]
    return subprocess.run(argv, cwd=ROOT, env={"PYTHONPATH": str(ROOT / ".collections"), "PATH": "/usr/bin:/bin"},
                          capture_output=True, text=True, check=False)  # fmt: skip
