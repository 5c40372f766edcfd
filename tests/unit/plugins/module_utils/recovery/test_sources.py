# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import Entry, Stored
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.model import Backup
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.report import Archiver
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.wal import Archive, Segment
from ansible_collections.steward.platform.plugins.module_utils.recovery import sources
from ansible_collections.steward.platform.plugins.module_utils.recovery.model import Source

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
EARLY = datetime(2026, 11, 28, 2, tzinfo=UTC)
BACKUP = Backup(
    "20261128-020000F", "full", EARLY, EARLY, "000000010000000000000003", "000000020000000000000004", "0/3000028",
    "0/4000138", 580, 60, 1,
)  # fmt: skip


def part(name, engine="restic", repository="main", **more):
    return {"part": name, "engine": engine, "repository": repository, "id": f"{name}-id", "finished": "x", "size": 5,
            "details": {}, **more}  # fmt: skip


MANIFEST = MappingProxyType({
    "type": "full", "label": "", "finished": "2026-11-28T02:01:00Z", "outcome": "complete",
    "parts": [part("postgresql", "pgbackrest", id=BACKUP.label, details={"databases": []}), part("configuration")],
})  # fmt: skip


def entry(repository="main", label=BACKUP.label, manifest=MANIFEST):
    rows = [
        Stored(repository, f"{name}-{repository}", "s", name, "t") for name in ("configuration", "manifest", "strange")
    ]
    rows.append(Stored(repository, label, "s", "postgresql", "t"))
    return Entry("20261128_020000", "published", manifest, tuple(rows))


def test_a_set_has_what_is_in_the_repository():
    (row,) = sources.set_rows([entry()], "main", {BACKUP.label: BACKUP})
    assert {name: row[name] for name in ("id", "type", "state")} == {
        "id": "20261128_020000", "type": "full", "state": "published",
    }  # fmt: skip
    configuration, database = row["parts"]
    assert configuration["id"] == "configuration-main"
    assert database["size"] == 580
    assert database["finished"] == "2026-11-28T02:00:00Z"
    assert database["details"] == {"databases": [], "lsn_start": "0/3000028", "lsn_stop": "0/4000138", "timeline": 2}


def test_a_copy_has_its_own_names():
    copy = replace(BACKUP, label="20261128-030000F")
    (row,) = sources.set_rows([entry("second", copy.label)], "second", {copy.label: copy})
    assert [(each["repository"], each["id"]) for each in row["parts"]] == [
        ("second", "configuration-second"), ("second", "20261128-030000F"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "backups",
    [pytest.param({}, id="a backup that is gone"),
     pytest.param({BACKUP.label: replace(BACKUP, error=True)}, id="a backup with damaged pages")],
)  # fmt: skip
def test_what_cannot_be_relied_on_is_left_out(backups):
    (row,) = sources.set_rows([entry()], "main", backups)
    assert [each["part"] for each in row["parts"]] == ["configuration"]


def test_a_set_without_manifest_or_elsewhere_is_none():
    assert sources.set_rows([entry(manifest=None), entry("second")], "main", {}) == []


ARCHIVE = Archive({Segment(1, 3): EARLY, Segment(1, 4): EARLY}, {})
GOOD = Archiver(last_archived="000000010000000000000004")


@pytest.mark.parametrize(
    ("archiver", "until"),
    [
        pytest.param(GOOD, "2026-11-28T12:00:00Z", id="the live server hands over the rest"),
        pytest.param(None, "2026-11-28T02:00:00Z", id="it does not answer"),
        pytest.param(replace(GOOD, defect="off"), "2026-11-28T02:00:00Z", id="it does not archive"),
        pytest.param(replace(GOOD, last_failed_at=NOW), "2026-11-28T02:00:00Z", id="its archiving fails"),
    ],
)
def test_how_far_the_archive_leads(archiver, until):
    points = [{"name": "noon", "lsn": "0/4", "moment": "x"}, {"name": None}, {}]
    state = sources.wal_facts(ARCHIVE, points, archiver, NOW)
    assert [run["until"] for run in state["runs"]] == [until]
    assert state["points"] == [{"name": "noon", "lsn": "0/4"}]


def test_an_empty_archive_stays_empty():
    assert sources.wal_facts(Archive(), [], GOOD, NOW) == {"runs": [], "forks": [], "points": []}


def test_people_see_the_sets():
    (row,) = sources.set_rows([entry()], "main", {BACKUP.label: BACKUP})
    shown = sources.render_sets([row, {**row, "outcome": "partial", "label": "by hand"}])
    assert shown.splitlines()[1].split() == [
        "20261128_020000", "full", "-", "published", "585", "B", "configuration,", "postgresql",
    ]  # fmt: skip
    assert "published, partial" in shown


PLACES = [
    {"name": "local", "type": "posix", "path": "/var/backups/steward"},
    {"name": "far", "type": "s3", "bucket": "backups", "path": "/shop"},
    {"name": "other", "type": "sftp", "path": "/shop"},
]


@pytest.mark.parametrize(
    ("source", "name"),
    [(Source("path", "/var/backups/steward"), "local"), (Source("s3", "s3://backups/shop"), "far")],
)
def test_a_place_leads_to_its_repository(source, name):
    assert sources.locate(source, PLACES) == name


def test_a_place_without_keys_is_refused():
    with pytest.raises(
        InputError, match=r"source is '/mnt/usb', .* known are: /var/backups/steward, s3://backups/shop"
    ):
        sources.locate(Source("path", "/mnt/usb"), PLACES)
    with pytest.raises(InputError, match="known are: none"):
        sources.locate(Source("path", "/mnt/usb"), PLACES[2:])
