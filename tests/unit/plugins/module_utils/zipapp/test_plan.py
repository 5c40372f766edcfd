# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.zipapp.client import build
from ansible_collections.steward.platform.plugins.module_utils.zipapp.plan import (
    INTERPRETER,
    Installed,
    build_archive,
    is_packed,
    plan_install,
)
from ansible_collections.steward.platform.tests.support.paths import ROOT

SOURCES = {"__init__.py": b"", "core/__init__.py": b"", "core/plan.py": b"x = 1\n"}


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_archive_is_a_program_with_its_sources_and_build() -> None:
    archive = build_archive(SOURCES, "1.2.3")
    files = entries(archive.data)
    assert archive.data.startswith(INTERPRETER)
    assert files["steward/core/plan.py"] == b"x = 1\n"
    assert json.loads(files["steward/build.json"]) == {"schema": 1, "version": "1.2.3", "content": archive.content}
    assert list(files) == sorted(files)


def test_order_of_the_sources_does_not_matter() -> None:
    assert build_archive(dict(reversed(SOURCES.items())), "1").data == build_archive(SOURCES, "1").data


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({**SOURCES, "core/plan.py": b"x = 2\n"}, id="content"),
        pytest.param({**SOURCES, "core/more.py": b""}, id="another file"),
        pytest.param({"__init__.py": b"", "core/__init__.py": b"", "core/plane.py": b"x = 1\n"}, id="name"),
    ],
)
def test_each_difference_is_another_content(other: dict[str, bytes]) -> None:
    first, second = build_archive(SOURCES, "1"), build_archive(other, "1")
    assert first.content != second.content
    assert first.digest != second.digest


def test_version_is_not_part_of_the_content_but_of_the_bytes() -> None:
    first, second = build_archive(SOURCES, "1"), build_archive(SOURCES, "2")
    assert first.content == second.content
    assert first.digest != second.digest


def test_entries_tell_nothing_of_the_clone_they_come_from() -> None:
    with zipfile.ZipFile(io.BytesIO(build_archive(SOURCES, "1").data)) as archive:
        seen = {(e.date_time, e.external_attr, e.create_system, e.compress_type) for e in archive.infolist()}
    assert seen == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3, zipfile.ZIP_STORED)}


@pytest.mark.parametrize(
    ("path", "packed"),
    [
        ("core/plan.py", True),
        ("core/module.py", False),
        ("zipapp/plan.py", False),
        ("core/plan.py~", False),
        ("core/module.pyc", False),
    ],
)
def test_only_what_runs_on_a_host_is_packed(path: str, packed: bool) -> None:
    assert is_packed(path) is packed


WANTED = Installed("aa", ("root", "root", "0755"), "steward 1 (aa)")


@pytest.mark.parametrize(
    ("seen", "before"),
    [
        pytest.param(None, "", id="missing"),
        pytest.param(Installed("bb", WANTED.access, "steward 0 (bb)"), "steward 0 (bb), root root 0755", id="older"),
        pytest.param(Installed("bb", WANTED.access, ""), "another file, root root 0755", id="not ours"),
        pytest.param(
            Installed("aa", ("root", "root", "0777"), WANTED.build), "steward 1 (aa), root root 0777", id="other mode"
        ),
    ],
)
def test_program_that_differs_is_installed(seen: Installed | None, before: str) -> None:
    (change,) = plan_install("/bin/steward", "aa", "steward 1 (aa)", seen).changes
    assert (change.subject, change.before, change.after) == ("/bin/steward", before, "steward 1 (aa), root root 0755")


def test_same_program_stays() -> None:
    assert not plan_install("/bin/steward", "aa", "steward 1 (aa)", WANTED).changed


@pytest.fixture(scope="module")
def real() -> bytes:
    return build(ROOT, "9.8.7").data


def imported(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_real_program_needs_nothing_of_ansible_and_every_folder_is_a_package(real: bytes) -> None:
    files = {name: data for name, data in entries(real).items() if name.endswith(".py")}
    roots = {name.partition(".")[0] for data in files.values() for name in imported(data)}
    assert "__future__" in roots
    assert not roots & {"ansible", "ansible_collections", "yaml"}
    assert {f"{name.rpartition('/')[0]}/__init__.py" for name in files if name != "__main__.py"} <= files.keys()


def test_real_program_is_the_same_from_another_place_with_other_modes_and_times(real: bytes, tmp_path: Path) -> None:
    source, copy = ROOT / "plugins/module_utils", tmp_path / "clone/plugins/module_utils"
    for file in sorted(source.rglob("*.py"), reverse=True):
        target = copy / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
        target.chmod(0o700)
    (copy / "core/plan.py~").write_text("an editor's backup")
    (copy / "core/__pycache__").mkdir()
    (copy / "core/__pycache__/plan.cpython-311.pyc").write_bytes(b"compiled")
    assert build(tmp_path / "clone", "9.8.7").data == real


def test_real_program_tells_its_version(real: bytes, tmp_path: Path) -> None:
    program = tmp_path / "steward"
    program.write_bytes(real)
    done = subprocess.run([sys.executable, "-I", program, "--version"], capture_output=True, text=True, check=False)
    content = json.loads(entries(real)["steward/build.json"])["content"]
    assert (done.returncode, done.stdout, done.stderr) == (0, f"steward 9.8.7 ({content[:12]})\n", "")
