# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import getpass
import grp
import os
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core import files
from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError

ME = getpass.getuser()
MINE = grp.getgrgid(os.getgid())[0]


def write(path: Path, content: str, mode: str = "0640") -> None:
    files.write(str(path), content, mode=mode, owner=ME, group=MINE)


def test_written_file_is_observed_as_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "x", "text é\n")
    assert files.observe(str(tmp_path / "x")) == files.FileState("text é\n", "0640", ME, MINE)


def test_missing_file_is_none(tmp_path: Path) -> None:
    assert files.observe(str(tmp_path / "x")) is None
    assert files.read_json(str(tmp_path / "x")) is None


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_bytes(b"\xff\xfe")], ids=["directory", "binary"])
def test_what_is_no_text_file_is_refused(tmp_path: Path, make: object) -> None:
    path = tmp_path / "x"
    make(path)  # type: ignore[operator]
    with pytest.raises(StewardError, match=f"{path} is not a regular text file"):
        files.observe(str(path))


def test_account_without_a_name_is_its_number(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    os.chown(tmp_path / "x", 54321, 54322)
    state = files.observe(str(tmp_path / "x"))
    assert state is not None
    assert (state.owner, state.group) == ("54321", "54322")


def test_replacing_keeps_no_trace_of_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write(path, "old\n", "0644")
    before = path.stat().st_ino
    with path.open() as reader:
        write(path, "new\n", "0600")
        assert reader.read() == "old\n"
    assert path.read_text() == "new\n"
    assert path.stat().st_ino != before
    assert f"{path.stat().st_mode & 0o7777:04o}" == "0600"
    assert os.listdir(tmp_path) == ["x"]


def test_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    previous = os.umask(0o077)
    try:
        write(tmp_path / "x", "", "0664")
    finally:
        os.umask(previous)
    assert f"{(tmp_path / 'x').stat().st_mode & 0o7777:04o}" == "0664"


@pytest.mark.parametrize(("owner", "group", "kind"), [("nobody-here", MINE, "user"), (ME, "nobody-here", "group")])
def test_unknown_account_is_named_and_nothing_written(tmp_path: Path, owner: str, group: str, kind: str) -> None:
    with pytest.raises(StewardError, match=f"the {kind} nobody-here does not exist"):
        files.write(str(tmp_path / "x"), "", mode="0600", owner=owner, group=group)
    assert os.listdir(tmp_path) == []


def test_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "x", "text")
    assert os.listdir(tmp_path) == ["x"]


def test_accounts_by_name_and_number() -> None:
    assert files.number_of_user("root") == files.number_of_group("root") == 0
    assert files.number_of_user("54321") == files.number_of_group("54321") == 54321


def test_removing_twice_is_fine(tmp_path: Path) -> None:
    write(tmp_path / "x", "")
    files.remove(str(tmp_path / "x"))
    files.remove(str(tmp_path / "x"))
    assert os.listdir(tmp_path) == []


def test_equal_documents_are_equal_files(tmp_path: Path) -> None:
    for name, document in (("a", {"x": 1, "y": [2]}), ("b", {"y": [2], "x": 1})):
        files.write_json(str(tmp_path / name), document, owner=ME, group=MINE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert files.read_json(str(tmp_path / "a")) == {"x": 1, "y": [2]}
    assert f"{(tmp_path / 'a').stat().st_mode & 0o7777:04o}" == "0640"


def test_broken_document_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{")
    with pytest.raises(StewardError, match=f"{tmp_path}/x is not JSON: "):
        files.read_json(str(tmp_path / "x"))


def test_documents_are_appended_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "log/acts.jsonl"
    for number in (1, 2):
        with files.appending(str(path)) as append:
            append({"b": number, "a": "é"})
            assert len(path.read_text().splitlines()) == number
    assert path.read_text() == '{"a": "\\u00e9", "b": 1}\n{"a": "\\u00e9", "b": 2}\n'
    assert oct(path.stat().st_mode & 0o777) == "0o640"


def test_a_log_that_cannot_be_opened_is_told_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with pytest.raises(StewardError, match="cannot be written: Is a directory"), files.appending(str(tmp_path / "log")):
        pytest.fail("this is not reached")


@pytest.mark.parametrize(
    ("content", "most", "lines", "end"),
    [
        pytest.param(b"one\ntwo\n", 100, ["one\n", "two\n"], 8, id="all"),
        pytest.param(b"one\ntwo\nhal", 100, ["one\n", "two\n"], 8, id="a line that is being written"),
        pytest.param(b"one\ntwo\n", 6, ["two\n"], 8, id="cut in the middle of a line"),
        pytest.param(b"", 100, [], 0, id="empty"),
    ],
)
def test_lines_at_the_end_of_a_log(tmp_path: Path, content: bytes, most: int, lines: list[str], end: int) -> None:
    (tmp_path / "log").write_bytes(content)
    assert files.read_lines(str(tmp_path / "log"), most) == (lines, end)


def test_a_missing_log_has_no_lines(tmp_path: Path) -> None:
    assert files.read_lines(str(tmp_path / "log"), 100) == ([], 0)
