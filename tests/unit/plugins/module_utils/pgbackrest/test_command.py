# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import command

BEGIN = ["runuser", "--user", "postgres", "--", "pgbackrest"]


def build(**changed):
    return command.build_target(**{"kind": "latest", "value": "", "action": "promote", "timeline": "", **changed})


def restore(**changed):
    argv = command.restore(**{"path": "/copy", "target": build(), **changed})
    assert len(argv) == len(set(argv)), "an option given twice is refused"
    return argv[len(BEGIN) :]


@pytest.mark.parametrize(
    ("kind", "value", "given"),
    [
        ("time", "2024-12-25T14:30:00Z", "2024-12-25 14:30:00+00"),
        ("time", "2024-12-25 14:30:00.123456+05:30", "2024-12-25 14:30:00.123456+05:30"),
        ("lsn", "0/3000088", "0/3000088"),
        ("xid", "4711", "4711"),
        ("name", "before_20241225_143000", "before_20241225_143000"),
    ],
    ids=str,
)
def test_targets_with_a_value(kind, value, given):
    words = restore(target=build(kind=kind, value=value))
    assert words[-3:] == [f"--type={kind}", f"--target={given}", "--target-action=promote"]


def test_targets_without_a_value():
    assert restore(target=build(kind="immediate", action="pause"))[-2:] == ["--type=immediate", "--target-action=pause"]
    assert not [word for word in restore() if word.startswith(("--type", "--target"))]
    assert restore(target=build(timeline="2"))[-1] == "--target-timeline=2"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"kind": "now"}, "target_type is 'now', allowed is one of: latest", id="another type"),
        pytest.param({"action": "wait"}, "target_action is 'wait'", id="another action"),
        pytest.param({"timeline": "latest"}, "target_timeline is 'latest'", id="no timeline"),
        pytest.param({"value": "x"}, "target is 'x', allowed is: nothing", id="a value for the end of all WAL"),
        pytest.param({"kind": "time", "value": "2024-12-25 14:30:00"}, "with its zone", id="no zone"),
        pytest.param({"kind": "lsn", "value": "x"}, "target is 'x', allowed is: a position", id="no position"),
        pytest.param({"kind": "xid", "value": "x1"}, "the number of a transaction", id="no transaction"),
        pytest.param({"kind": "name", "value": ""}, "1 to 63 letters", id="no name"),
        pytest.param({"kind": "name", "value": "a'b"}, "1 to 63 letters", id="a quote in a name"),
        pytest.param({"kind": "name", "value": "a" * 64}, "1 to 63 letters", id="a name that would be cut"),
    ],
)
def test_targets_that_are_none(changed, message):
    with pytest.raises(InputError, match=message):
        build(**changed)


def test_a_copy_never_meets_the_live_cluster():
    assert restore() == [
        "restore", "--stanza=main", "--archive-mode=off", "--log-level-console=info", "--pg1-path=/copy",
        "--tablespace-map-all=/copy.tablespaces", "--spool-path=/copy.spool", "--lock-path=/copy.spool",
    ]  # fmt: skip


def test_the_cluster_itself_keeps_its_tablespaces():
    words = restore(in_place=True, delta=True, archive_mode="preserve", label="20241225-143000F", repo=2, processes=4)
    assert words == [
        "restore", "--stanza=main", "--repo=2", "--archive-mode=preserve", "--log-level-console=info",
        "--pg1-path=/copy", "--set=20241225-143000F", "--delta", "--process-max=4",
    ]  # fmt: skip


def test_a_versioned_repository_as_it_was():
    moment = "2024-12-25T14:30:00Z"
    word = "--repo-target-time=2024-12-25 14:30:00+00"
    assert word in restore(at=moment, repo=1)
    assert word in command.info(at=moment, repo=1)
    assert word in command.list_archive(repo=1, archive_id="17-1", at=moment)
    assert word in command.read_history(repo=1, archive_id="17-1", timeline=2, at=moment)
    with pytest.raises(InputError, match="at is 'yesterday', allowed is: a moment with its zone"):
        command.info(at="yesterday", repo=1)


def test_another_archive_mode():
    with pytest.raises(InputError, match="archive_mode is 'on', allowed is one of: off, preserve"):
        restore(archive_mode="on")


def test_a_backup_with_annotations():
    argv = command.backup(kind="incr", repo=1, annotations={"steward-set": "20241225_143000"})
    assert argv == [
        *BEGIN, "backup", "--stanza=main", "--repo=1", "--type=incr", "--annotation=steward-set=20241225_143000",
        "--log-level-console=detail",
    ]  # fmt: skip
    assert not [word for word in command.backup(kind="full", repo=2) if "annotation" in word]


def test_a_kind_of_backup_that_is_none():
    with pytest.raises(InputError, match="kind is 'copy', allowed is one of: full, diff, incr"):
        command.backup(kind="copy", repo=1)


@pytest.mark.parametrize("notes", [{"a b": "x"}, {"a": ""}, {"a": "x=y\n"}], ids=str)
def test_annotations_that_could_not_be_given(notes):
    with pytest.raises(InputError, match="annotations has"):
        command.check_annotations(notes)


@pytest.mark.parametrize(
    "label", ["20241225-143000F", "20241225-143000F_20241226-143000D", "20241225-143000F_20241226-143000I"]
)
def test_labels(label):
    assert command.check_label(label) == label


def test_what_is_no_label():
    with pytest.raises(InputError, match="label is 'latest', allowed is: the label of a backup"):
        command.expire(repo=1, label="latest")


def test_a_stanza_that_is_none():
    with pytest.raises(InputError, match=r"stanza is '\.\./x', allowed is"):
        command.check(stanza="../x")


def test_the_other_commands():
    words = {
        "version": command.version(),
        "stanza-upgrade": command.stanza("upgrade"),
        "check": command.check(),
        "verify": command.verify(repo=1),
        "expire": command.expire_archive(repo=2, backups=3),
        "repo-get": command.read_history(repo=1, archive_id="17-1", timeline=10),
        "repo-ls": command.list_archive(repo=1, archive_id="17-1"),
    }
    assert all(argv[: len(BEGIN) + 1] == [*BEGIN, verb] for verb, argv in words.items())
    assert words["expire"][-2:] == ["--repo2-retention-archive-type=incr", "--repo2-retention-archive=3"]
    assert words["repo-get"][-1] == "archive/main/17-1/0000000A.history"
    assert words["repo-ls"][-1] == "archive/main/17-1"
    assert "--set=20241225-143000F" in command.verify(repo=1, label="20241225-143000F")
