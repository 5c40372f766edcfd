# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates written here find what they are there for; those of others have their own tests."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from ansible_collections.steward.platform.tests.contracts.rules.documents import (
    document_problems,
    forbidden_texts,
    naming_problems,
    role_document_problems,
)
from ansible_collections.steward.platform.tests.gates.deprecations import deprecations_about_us, warnings_about_us
from ansible_collections.steward.platform.tests.gates.size import size_problems
from ansible_collections.steward.platform.tests.support.paths import ROOT

FUNCTION = "def work():\n" + "    pass\n" * 40
DOCUMENTED = 'DOCUMENTATION = """\n' + "text\n" * 100 + '"""\n# why\n' + "x = 1\n" * 80
# As ansible-core 2.19 and 2.21 print them, without colour.
OURS = """\
[DEPRECATION WARNING]: INJECT_FACTS_AS_VARS default to `True` is deprecated, top-level facts will not be auto injected
after the change. This feature will be removed from ansible-core version 2.24.
Origin: /clone/roles/web/tasks/main.yml:3:9

3   msg: "{{ ansible_distribution }}"
          ^ column 9
"""
NOT_OURS = """\
[WARNING]: Could not match supplied host pattern, ignoring: database
[WARNING]: Collection at '/clone/.venv-next/lib/python3.13/site-packages/x' does not have a MANIFEST.json file.
[DEPRECATION WARNING]: community.general.yaml has been deprecated. Use result_format=yaml instead.
"""


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("plugins/x.py", "x = 1\n" * 401, "401 lines, allowed are 400"),
        ("roles/x/templates/x.j2", "x\n" * 401, "401 lines, allowed are 400"),
        ("plugins/x.py", FUNCTION, "work has 41 lines, allowed are 40"),
        ("plugins/x.py", f"class X:\n{FUNCTION.replace('def', ' async def').replace('    pass', '     pass')}", "work"),
        ("plugins/modules/x.py", f"{DOCUMENTED}y = 2\n", "81 lines of code"),
        ("roles/x/tasks/main.yml", "- x\n" * 61, "61 lines, a table of contents"),
    ],
)
def test_size_finds_what_is_too_long(path: str, text: str, problem: str) -> None:
    found = size_problems(PurePosixPath(path), text)
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("plugins/x.py", "x = 1\n" * 400),
        ("plugins/x.py", FUNCTION.removesuffix("    pass\n")),
        ("plugins/modules/x.py", DOCUMENTED),
        ("roles/x/tasks/part.yml", "- x\n" * 61),
    ],
)
def test_size_lets_pass_what_is_short_enough(path: str, text: str) -> None:
    assert size_problems(PurePosixPath(path), text) == []


def test_deprecation_in_our_file_is_found_and_others_are_not() -> None:
    found = warnings_about_us(NOT_OURS + OURS, "/clone")
    assert len(found) == 1
    assert found[0].startswith("[DEPRECATION WARNING]: INJECT_FACTS_AS_VARS")
    assert "Origin: /clone/roles/web/tasks/main.yml:3:9" in found[0]


def test_deprecation_naming_our_plugin_is_found() -> None:
    text = "[DEPRECATION WARNING]: The 'steward.platform.x' module has been deprecated.\n"
    assert warnings_about_us(text, "/clone") == deprecations_about_us(text, "/clone") == [text.strip()]


def test_other_warning_about_us_is_no_deprecation() -> None:
    text = "[WARNING]: steward.platform.x is not understood\n"
    assert warnings_about_us(text, "/clone") == [text.strip()]
    assert deprecations_about_us(text, "/clone") == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("See [the guide](docs/guide.md).\n", "links to docs/guide.md"),
        ("Run `make tset`.\n", "names make tset"),
        ("Run `ansible-playbook playbooks/deply.yml`.\n", "names playbooks/deply.yml"),
        ("Run `ansible-playbook steward.platform.deply`.\n", "names steward.platform.deply"),
    ],
)
def test_document_that_promises_too_much_is_found(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "Makefile").write_text("test:\n\ttrue\n")
    (tmp_path / "README.md").write_text(
        f"Run `make test`; read [this](README.md#top) and [that](https://example.org).\n{text}"
    )
    found = document_problems(tmp_path)
    assert len(found) == 1
    assert problem in found[0]


def test_role_without_readme_is_found(tmp_path: Path) -> None:
    (tmp_path / "roles/web").mkdir(parents=True)
    assert role_document_problems(tmp_path) == ["roles/web: has no README.md"]


def test_names_of_this_place_are_found() -> None:
    configuration = ["index-url = https://user:word@mirror.example/simple\nURIs: http://deb.debian.org/debian\n"]
    forbidden = forbidden_texts(Path("/workshop/clone"), configuration)
    assert forbidden == ["/workshop/", "mirror.example"]
    files = [("a", "in /workshop/other"), ("b", "from mirror.example"), ("c", "from deb.debian.org")]
    assert naming_problems(files, forbidden) == ["a: holds /workshop/", "b: holds mirror.example"]


def test_clone_in_a_common_folder_forbids_only_itself() -> None:
    assert forbidden_texts(Path("/tmp/clone"), []) == ["/tmp/clone/"]


def test_find_python_names_what_it_looked_at_when_there_is_none() -> None:
    done = _find_python("3.99")
    assert done.returncode == 1
    assert "no working Python 3.99" in done.stderr
    assert "/usr/bin/python3.99" in done.stderr
    assert "STEWARD_PYTHON_3_99=/path/to/python" in done.stderr


def test_find_python_does_not_trust_a_shim(tmp_path: Path) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'version 3.99 is not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    done = _find_python("3.99", STEWARD_PATH=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 1
    assert str(shim) in done.stderr


def test_step_keeps_the_exit_code_and_says_that_it_failed(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "tests/gates/step", "Some gate", "sh", "-c", "exit 3"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "!!! Some gate FAILED (exit code 3)" in done.stdout
    assert not (tmp_path / ".steward/steps").exists()


def _find_python(version: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "tests/gates/find-python"), version],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **env},
        capture_output=True,
        text=True,
        check=False,
    )
