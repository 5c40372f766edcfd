# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import BusyError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.restic import parse
from ansible_collections.steward.platform.plugins.module_utils.restic.model import Repository

MAIN = Repository("main", "/srv/r", "/pw")
RECORDINGS = Path(__file__).parent / "recordings/restic-0.18"
FAILED_STREAM = """\
{"message_type":"error","error":{"message":"failed to save /m"}}
{"message_type":"error","message":"disk full"}
{"message_type":"exit_error","code":1,"message":"Fatal: unable to save snapshot: failed to save /m\\n"}
"""
VERSION = '{"message_type":"version","version":"%s","go_version":"go1.24.4","go_os":"linux","go_arch":"amd64"}\n'


def recording(name: str) -> str:
    return (RECORDINGS / name).read_text()


def test_version() -> None:
    assert parse.parse_version(VERSION % "0.18.0") == "0.18.0"
    assert parse.parse_version(VERSION % "1.2.0") == "1.2.0"


@pytest.mark.parametrize("text", [VERSION % "0.17.3", "restic 0.14.0 compiled with go", '{"message_type":"x"}'])
def test_old_versions_are_refused(text: str) -> None:
    with pytest.raises(StewardError, match=r"needed is 0\.18 or newer"):
        parse.parse_version(text)


def test_lines_that_are_no_objects_are_left_out() -> None:
    assert parse.parse_lines('text\n[1]\n{"a": 1}\n') == [{"a": 1}]


def test_progress() -> None:
    first, second, *rest = map(parse.parse_progress, recording("backup_unreadable.stdout").splitlines())
    assert first == parse.Progress(0.0, 0, 0)
    assert second == parse.Progress(0.8752631247368753, 2625792, 1, "/tree/big")
    assert rest == [None]
    restoring = '{"message_type":"status","percent_done":0.38,"files_restored":1,"bytes_restored":7}'
    assert parse.parse_progress(restoring) == parse.Progress(0.38, 7, 1)


def test_snapshots_are_listed_oldest_first() -> None:
    first, second = parse.parse_snapshots(recording("snapshots.stdout"))
    assert first.to_dict() == {
        "id": "f18f8e0359879868deb646b333e99bf58b85d5804fac4c8bc0f43887a627d256",
        "time": "2026-11-28T14:43:22.990582Z",
        "host": "web1",
        "paths": ["/root/t/tree"],
        "tags": ["set=20260101_000000", "part=config"],
        "size": 3000003,
        "added": 3001324,
        "files": 2,
    }
    assert first.labels == {"set": "20260101_000000", "part": "config"}
    assert (second.id[:8], second.labels) == ("b21e4f1c", {})
    assert parse.newest([second, first]) is second
    assert parse.newest([]) is None
    assert parse.parse_snapshots("null") == []


def test_time_with_a_zone() -> None:
    assert parse.parse_time("2026-11-28T15:43:22.990582725+01:00") == datetime(
        2026, 11, 28, 14, 43, 22, 990582, tzinfo=UTC
    )


def test_backup_with_a_file_that_could_not_be_read() -> None:
    said = [recording(f"backup_unreadable.{name}") for name in ("stdout", "stderr")]
    result = parse.parse_backup("data", MAIN, "0.18.0", *said)
    assert result.pop("details") == {
        "warnings": [
            "failed to save /proc/1/mem: read /proc/1/mem: input/output error",
            "nothere does not exist, skipping",
        ],
        "warnings_total": 2,
    }
    assert result == {
        "part": "data", "engine": "restic", "version": "0.18.0", "repository": "main", "kind": "snapshot",
        "id": "9b5ee78af0f1877f9cffec63e527747ceaa5037a68fcec741317e43e41eb789c",
        "started": "2026-11-28T14:54:42Z", "finished": "2026-11-28T14:54:42Z", "seconds": 0.43,
        "size": 3000003, "added": 749, "files": 2,
    }  # fmt: skip


def test_backup_of_nothing_is_a_warning() -> None:
    text = recording("backup_unreadable.stdout").replace('"total_files_processed":2', '"total_files_processed":0')
    assert parse.parse_backup("data", MAIN, "0.18.0", text, "")["details"]["warnings"] == ["there was no file to store"]


def test_end_without_summary_is_an_error() -> None:
    with pytest.raises(StewardError, match="ended without a summary; it said last: 'disk full'"):
        parse.parse_summary("", "disk full\n")


def test_check_of_a_damaged_repository() -> None:
    said = [recording(f"check_bits_flipped.{name}") for name in ("stdout", "stderr")]
    found = parse.parse_check(*said, 1)
    assert (found["sound"], found["errors_total"], len(found["errors"])) == (False, 1, 1)
    assert found["errors"][0].startswith("pack 76d4d3d7dbca")
    assert [pack[:8] for pack in found["damaged_packs"]] == ["76d4d3d7"]


@pytest.mark.parametrize(("code", "number", "sound"), [(0, 0, True), (1, 0, False), (0, 1, False)])
def test_check_is_sound_when_code_and_count_say_so(code: int, number: int, sound: bool) -> None:
    text = f'{{"message_type":"summary","num_errors":{number},"broken_packs":null}}'
    assert parse.parse_check(text, "", code)["sound"] is sound


def test_restore() -> None:
    text = recording("restore_dry_run.stdout")
    items = [parse.parse_item(line) for line in text.splitlines()]
    assert items == [("unchanged", "/a/x", 3), ("updated", "/big", 3000000), None]
    assert parse.parse_restore(text) == {"files": 3, "size": 3000000}
    assert parse.parse_restore('{"message_type":"summary"}') == {"files": 0, "size": 0}


@pytest.mark.parametrize(
    ("code", "stderr", "kind", "message"),
    [
        (10, "", parse.AbsentError, "there is no restic repository at /srv/r (main)"),
        (12, "", parse.PasswordError, "does not accept the password in /pw"),
        (11, recording("locked.stderr"), BusyError, "/srv/r (main) is in use: PID 660 on web1 by root"),
        (11, "busy", BusyError, "is in use: busy"),
        (1, "plain words\n", StewardError, "restic backup on /srv/r ended with 1: plain words"),
        (
            1,
            FAILED_STREAM,
            StewardError,
            "restic backup on /srv/r ended with 1: unable to save snapshot: failed to save /m; disk full",
        ),
    ],
    ids=["absent", "password", "locked", "locked in other words", "text", "documents"],
)
def test_failures_are_one_line(code: int, stderr: str, kind: type[StewardError], message: str) -> None:
    error = parse.failure(MAIN, "backup", code, stderr)
    assert error.__class__ is kind
    assert message in error.message
    assert "\n" not in str(error)
