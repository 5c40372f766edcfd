# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.s3.replication.model import (
    build_wish,
    describe_place,
    is_left_out,
    stage_of,
)

HASH = "0f" * 32
PLACE = {"path": None, "endpoint": "https://s3.example.com", "profile": "one", "bucket": "backups", "prefix": ""}
NOWHERE = dict.fromkeys(PLACE)
OPTIONS: dict[str, Any] = {"mode": "incremental", "verify_percent": 5, "delete_after_days": None, "source": PLACE}


@pytest.mark.parametrize(
    ("key", "stage"),
    [
        pytest.param(f"restic/web/data/0f/{HASH}", 0, id="a pack of restic"),
        pytest.param("restic/web/config", 0, id="its configuration"),
        pytest.param(f"restic/web/keys/{HASH}", 0, id="its keys"),
        pytest.param(f"restic/web/index/{HASH}", 1, id="an index of it"),
        pytest.param(f"snapshots/{HASH}", 2, id="a snapshot of it"),
        pytest.param("pgbackrest/archive/main/17-1/0000000100000000/000000010000000000000002-0f.zst", 0, id="WAL"),
        pytest.param("pgbackrest/backup/main/20261128-020000F/bundle/1", 0, id="a bundle of pgBackRest"),
        pytest.param("pgbackrest/backup/main/20261128-020000F/backup.manifest", 1, id="its manifest"),
        pytest.param("pgbackrest/backup/main/backup.info", 2, id="the list of backups"),
        pytest.param("backup/main/backup.info.copy", 2, id="its copy"),
        pytest.param("archive/main/archive.info", 2, id="the archive's description"),
        pytest.param("data/backup.info.txt", 0, id="a name that only looks like it"),
    ],
)
def test_what_refers_to_others_comes_after_them(key: str, stage: int) -> None:
    assert stage_of(key) == stage


@pytest.mark.parametrize(
    ("key", "left_out"),
    [
        pytest.param(f"restic/web/locks/{HASH}", True, id="a lock of restic"),
        pytest.param("backup/main/backup.info.pgbackrest.tmp", True, id="half written by pgBackRest"),
        pytest.param(f"data/0f/{HASH}-tmp-1234", True, id="half written by restic"),
        pytest.param("locks/door", False, id="a file of a user"),
        pytest.param(f"data/0f/{HASH}", False, id="a pack of restic"),
    ],
)
def test_what_belongs_to_a_process_stays(key: str, left_out: bool) -> None:
    assert is_left_out(key) is left_out


def test_full_verifies_everything() -> None:
    assert build_wish(OPTIONS).verify_percent == 5
    assert build_wish({**OPTIONS, "mode": "full"}).verify_percent == 100
    assert build_wish({**OPTIONS, "source": {**NOWHERE, "path": "/srv"}}).delete_after_days is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"verify_percent": 101}, "verify_percent is 101", id="too much"),
        pytest.param({"delete_after_days": 0}, "delete_after_days is 0", id="at once"),
        pytest.param({"source": {**PLACE, "path": "/srv"}}, "source needs either", id="two sources"),
        pytest.param(
            {"source": {**NOWHERE, "path": "/srv", "bucket": "b"}}, "source needs either", id="one and a half"
        ),
        pytest.param({"source": {**PLACE, "bucket": None}}, "source needs either", id="half a source"),
        pytest.param({"source": NOWHERE}, "source needs either path or endpoint, profile, bucket", id="no source"),
    ],
)
def test_bad_wishes_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_wish({**OPTIONS, **given})


def test_places_are_shown() -> None:
    assert describe_place({"path": "/srv"}) == "/srv"
    assert describe_place({**PLACE, "prefix": "web"}) == "https://s3.example.com/backups/web"
