# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.restic import command
from ansible_collections.steward.platform.plugins.module_utils.restic.model import Repository

MAIN = Repository("main", "/srv/r", "/pw", ("-o", "x=y"), compression="max")
BASE = [
    "restic", "--repo", "/srv/r", "--password-file", "/pw", "--cache-dir", command.CACHE, "--json", "-o", "x=y",
]  # fmt: skip
ID = "f18f8e03"


def test_paths_and_options_cannot_be_mixed_up() -> None:
    argv = command.build_backup(MAIN, ["-rf", "/etc"], excludes=["*.tmp"], tags={"part": "logs"}, host="web1")
    assert argv == [
        *BASE, "backup", "--compression", "max", "--host", "web1", "--tag", "part=logs", "--exclude", "*.tmp",
        "--", "-rf", "/etc",
    ]  # fmt: skip


def test_streams_come_from_a_command_or_from_standard_input() -> None:
    slow = Repository("main", "/srv/r", "/pw", limit_upload=100)
    argv = command.build_stream(slow, "d.sql", ["pg_dump", "-Fc"], tags={}, host="web1")
    words = ["--limit-upload", "100", "--host", "web1", "--stdin-filename", "d.sql"]
    assert argv[9:] == ["--compression", "auto", *words, "--stdin-from-command", "--", "pg_dump", "-Fc"]
    assert command.build_stream(slow, "d.sql", [], tags={}, host="web1")[-2:] == ["d.sql", "--stdin"]


def test_snapshots_have_all_tags() -> None:
    assert command.build_snapshots(MAIN, {}) == [*BASE, "snapshots"]
    assert command.build_snapshots(MAIN, {"set": "1", "part": "a"}) == [*BASE, "snapshots", "--tag", "set=1,part=a"]


def test_restore() -> None:
    assert command.build_restore(MAIN, ID, "/t") == [*BASE, "restore", ID, "--target", "/t", "--verify"]
    assert command.build_restore(MAIN, ID, "/t", subfolder="/etc", include=["/a"], verify=False)[10:] == [
        "restore", f"{ID}:/etc", "--target", "/t", "--include", "/a",
    ]  # fmt: skip
    assert command.build_restore(MAIN, ID, "/t", dry_run=True)[-2:] == ["--dry-run", "-vv"]


def test_a_directory_s_name_is_no_pattern() -> None:
    assert command.below("/srv/[a]*?/", []) == [r"/srv/\[a]\*\?"]
    assert command.below("/srv/a", ["/x", "y*"]) == ["/srv/a/x", "/srv/a/y*"]


def test_other_verbs() -> None:
    assert command.build_version() == ["restic", "version", "--json"]
    assert command.build_dump(MAIN, ID, "/m.json") == [*BASE, "dump", ID, "/m.json"]
    assert command.build_check(MAIN, "") == [*BASE, "check"]
    assert command.build_check(MAIN, "1/7") == [*BASE, "check", "--read-data-subset", "1/7"]
    assert command.build_forget(MAIN, [ID, "a" * 64]) == [*BASE, "forget", ID, "a" * 64]


@pytest.mark.parametrize("snapshot", ["latest", "", "f18f", "--all", "F18F8E03"])
def test_only_an_id_names_a_snapshot(snapshot: str) -> None:
    with pytest.raises(InputError, match=r"allowed is: an id of 8 to 64 hexadecimal digits"):
        command.build_forget(MAIN, [snapshot])


@pytest.mark.parametrize("tags", [{"a": "b,c"}, {"a b": "c"}, {"a": ""}, {"a=b": "c d"}])
def test_tags_are_one_word_each(tags: dict[str, str]) -> None:
    with pytest.raises(InputError, match="is not allowed"):
        command.tag_words(tags)
