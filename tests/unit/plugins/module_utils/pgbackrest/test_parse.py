# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import parse
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.wal import Segment

RECORDINGS = Path(__file__).parent / "recordings/pgbackrest-2.55"


def recorded(name):
    with (RECORDINGS / name).open(newline="") as file:
        return file.read()


def test_a_version():
    assert parse.parse_version("pgBackRest 2.45\n") == "2.45"
    with pytest.raises(StewardError, match="says that its version is 'none'"):
        parse.parse_version("none")


@pytest.mark.parametrize(("repo", "kind"), [(1, "posix"), (12, "s3"), (2, "unknown")], ids=str)
def test_the_type_of_a_repository(repo, kind):
    assert parse.parse_type("[global]\nrepo1-type=posix\nrepo12-type=s3\n", repo) == kind


@pytest.mark.parametrize(
    ("configuration", "keys"),
    [
        ("[global]\nrepo1-type=posix\nrepo2-type=s3\n\n[main]\n", [1, 2]),
        ("[global]\nrepo1-type=posix\n\n[global:info]\nrepo2-type=s3\n\n[global:restore]\nrepo2-type=s3\n", [1]),
        ("", [1, 2]),
    ],
    ids=["both are written", "one is a copy", "nothing is known"],
)
def test_copies_are_left_out(configuration, keys):
    state = parse.without_copies(parse.parse_info(recorded("info.json"), "main"), configuration)
    assert [row.key for row in state.repositories] == keys


@pytest.mark.parametrize(
    ("repo", "release", "message"),
    [
        (None, "2.55", "repo is missing, allowed is: a number"),
        (2, "2.53", r"needs pgBackRest 2\.54"),
        (1, "2.55", "allowed is: nothing, because repository 1 is of type posix"),
    ],
    ids=["which one", "an old release", "no versions"],
)
def test_not_every_repository_keeps_its_past(repo, release, message):
    configuration = "[global]\nrepo1-type=posix\nrepo2-type=s3\n"
    parse.require_past("2026-11-28 12:00:00+00", 2, "2.55", configuration)
    with pytest.raises(InputError, match=message):
        parse.require_past("2026-11-28 12:00:00+00", repo, release, configuration)


def test_backups_of_two_repositories():
    state = parse.parse_info(recorded("info.json"), "main")
    one, two = state.repositories
    assert [row.label for row in one.backups] == ["20261128-144409F", "20261128-144409F_20261128-144412I"]
    assert [row.label for row in two.present] == ["20261128-144413F"]
    assert (one.archive_id, one.systems, one.cipher) == ("17-1", {1: (7713233011707845332, "17")}, "aes-256-cbc")
    full, incr = one.backups
    assert (full.kind, full.annotations, full.references) == ("full", {"steward-set": "20251128_120000"}, ())
    assert (incr.kind, incr.references, incr.added) == ("incr", ("20261128-144409F",), 408)
    assert full.finished == datetime(2026, 11, 28, 14, 44, 11, tzinfo=UTC)
    assert (full.wal_stop, full.lsn_stop, full.size, full.version) == (
        "000000010000000000000003", "0/3000088", 23382430, "2.55.1"
    )  # fmt: skip
    assert not state.busy


def test_a_stanza_that_is_missing():
    state = parse.parse_info(recorded("info-missing.json"), "main")
    assert [(row.key, row.code, row.backups) for row in state.repositories] == [(1, 1, ()), (2, 1, ())]
    assert parse.parse_info("[]", "main").repositories == ()


def test_what_could_not_be_decrypted_is_told_in_printable_text():
    one, two = parse.parse_info(recorded("info-wrong-key.json"), "main").repositories
    assert (one.code, len(one.backups), two.code) == (0, 2, 99)
    assert parse.is_wrong_key(two.message)
    assert two.message.isprintable()
    assert two.message.isascii()


@pytest.mark.parametrize("text", ["", "[1]", '[{"name": "main", "repo": [{"key": 1}]}]'], ids=str)
def test_what_is_not_understood(text):
    with pytest.raises(StewardError, match="info printed what is not understood"):
        parse.parse_info(text, "main")


def test_the_files_of_an_archive():
    segments, timelines = parse.parse_archive(recorded("repo-ls.json"))
    assert sorted(segment.number for segment in segments) == [1, 2, 3, 4, 5, 6, 7]
    assert segments[Segment(1, 7)] == datetime(2026, 11, 28, 14, 44, 16, tzinfo=UTC)
    assert timelines == ()


def test_histories_and_what_is_no_segment():
    file = '{"type": "file", "size": 1, "time": 1795877048}'
    hash_of = "b12b5d17f3fa9a87c51a2fcecbf9407039555768"
    names = ["0000000A.history", "00000002.history", f"0000000100000000/000000010000000000000003-{hash_of}"]
    names += [f"0000000100000000/000000010000000000000004.partial-{hash_of}.zst"]
    text = "{" + ", ".join(f'"{name}": {file}' for name in names) + "}"
    assert parse.parse_archive(text) == ({Segment(1, 3): datetime.fromtimestamp(1795877048, UTC)}, (2, 10))
    with pytest.raises(StewardError, match="repo-ls printed what is not understood"):
        parse.parse_archive("[]")


def test_an_error_with_its_hint():
    said = parse.parse_error(recorded("restore-refused.txt"))
    assert said == (
        "unable to restore to path '/var/lib/postgresql/scratch' because it contains files "
        "HINT: try using --delta if this is what you intended."
    )
    assert parse.parse_error("killed\n") == "killed"
    assert len(parse.parse_error("x" * 10000)) == parse.MESSAGE_MAXIMUM


def test_a_backup_that_was_made():
    text = recorded("backup.txt")
    assert parse.parse_made(text) == ("20261128-144409F", 963)
    assert [parse.parse_percent(line) for line in text.splitlines()[:2]] == [99.99, None]
    assert parse.parse_made("new backup label = 20261128-144409F") == ("20261128-144409F", None)
    with pytest.raises(StewardError, match="named no new backup"):
        parse.parse_made("")


def test_what_was_restored():
    assert parse.parse_restore(recorded("restore.txt")) == {
        "repo": 1,
        "label": "20261128-144409F_20261128-144412I",
        "size": int(22.3 * 1024**2),
        "files": 963,
    }
    with pytest.raises(StewardError, match="did not say what it restored"):
        parse.parse_restore("")


def test_a_good_repository():
    assert parse.parse_verification(recorded("verify-good.txt")) == parse.Verification(True, (), 7, 1926)


def test_a_damaged_repository():
    found = parse.parse_verification(recorded("verify-bad.txt"))
    assert not found.good
    assert found.problems[0] == "archiveId: 17-1: other 1"
    assert found.problems[1].startswith("backup: 20261128-144449F_20261128-144546D, status: invalid")
    assert found.problems[2] == "backup: 20261128-144449F_20261128-144546D: checksum invalid 1"


def test_no_answer_is_not_a_good_one():
    assert parse.parse_verification("") == parse.Verification(False, ("verify said nothing",))


def test_a_repository_without_its_beginning():
    # Recorded from pgBackRest 2.45.
    text = "stanza: main\nstatus: error\n  No usable backup.info file\n  No usable archive.info file\n"
    found = parse.parse_verification(text)
    assert (found.good, found.problems[1]) == (False, "No usable backup.info file")
