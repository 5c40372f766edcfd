# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set import metrics, report
from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import Stored, build_catalogue

from .samples import FULL, INCREMENTAL, REPLICATION, WAL, catalogue, configuration, evidence, result, rows, sealed, seen

STRAY = Stored("main", "stray", "20241225_120000", "logs", "2024-12-25T12:00:00Z")
PARTIAL = sealed(
    "20241225_140000",
    [],
    outcome="partial",
    label="by hand",
    failures=[{"part": "postgresql", "engine": "pgbackrest", "error": "the disk is full"}],
    warnings=["the clock jumped"],
)


def listed(*manifests: dict[str, Any], stray: bool = False) -> dict[str, Any]:
    stored = [*rows(*manifests), *([STRAY] if stray else [])]
    entries = build_catalogue({each["id"]: each for each in manifests}, {}, stored, ["main"])
    return report.build_list(seen(), entries)


def test_a_list_tells_of_each_set_what_it_is_worth() -> None:
    said = listed(FULL, INCREMENTAL)
    assert (said["schema"], said["taken"], said["looked"]) == (
        1,
        "2024-12-25T14:30:00Z",
        {"main": "2024-12-25T04:00:00Z"},
    )
    full = said["sets"][1]
    assert (full["id"], full["size"], full["added"], full["complete_in"]) == (FULL["id"], 6000, 600, ["main"])
    assert full["proven"] == {"level": 3, "finished": "2024-12-25T05:10:00Z", "repository": "main"}
    assert said["sets"][0]["proven"] is None
    assert full["parts"][0] == {
        "part": "postgresql",
        "engine": "pgbackrest",
        "kind": "full",
        "repository": "main",
        "id": "20241225-020000F",
        "size": 1000,
        "added": 100,
    }
    assert json.loads(json.dumps(said)) == said


def test_the_table_says_what_is_wrong_under_each_set() -> None:
    lines = report.render_list(listed(FULL, PARTIAL, stray=True)).splitlines()
    assert [line.split() for line in lines] == [
        ["ID", "TYPE", "STATE", "OUTCOME", "TOOK", "SIZE", "ADDED", "WHERE", "PROVEN", "LABEL"],
        ["20241225_140000", "full", "published", "partial", "1m", "10s", "-", "-", "main", "-", "by", "hand"],
        ["postgresql:", "the", "disk", "is", "full"],
        ["the", "clock", "jumped"],
        ["20241225_120000", "-", "unpublished", "-", "-", "-", "-", "-", "-", "-"],
        ["it", "has", "no", "manifest"],
        [
            *("20241225_020000", "full", "published", "complete", "1m", "10s", "5.9", "kB", "600", "B"),
            *("main", "level", "3", "2024-12-25T05:10:00Z", "-"),
        ],
    ]


def test_without_sets_the_list_says_so() -> None:
    assert report.render_list(listed()) == "There is no set yet.\n"


def test_the_status_answers_the_three_questions() -> None:
    said = report.build_status(seen())
    assert (said["verdict"], said["rpo_seconds"]) == ("pass", 120)
    assert said["window"] == {"oldest": "2024-12-25T02:01:00Z", "newest": "2024-12-25T14:28:00Z", "by": "wal"}
    assert said["proven"]["3"]["set"] == FULL["id"]
    assert [job["name"] for job in said["jobs"] if job["overdue"]] == []
    assert said["last"]["incremental"]["id"] == INCREMENTAL["id"]
    assert said["repositories"] == [
        {
            "name": "main",
            "type": "posix",
            "encrypted": True,
            "replicates": None,
            "brought_up": None,
            "looked": "2024-12-25T04:00:00Z",
            "sets": 2,
            "newest": INCREMENTAL["id"],
        },
        {
            "name": "second",
            "type": "s3",
            "encrypted": True,
            "replicates": None,
            "brought_up": {
                "how": "copy",
                "success": "2024-12-25T12:45:00Z",
                "error": "",
                "objects": 120,
                "bytes": 73400320,
                "lag_seconds": 0,
            },
            "looked": None,
            "sets": 0,
            "newest": None,
        },
    ]
    assert json.loads(json.dumps(said)) == said


def test_of_each_type_the_newest_set_is_the_last() -> None:
    older = sealed("20241224_020000", FULL["parts"])
    assert report.build_status(seen(entries=catalogue(older, FULL)))["last"]["full"]["id"] == FULL["id"]


def first_lines(**changes: Any) -> list[str]:
    return report.render_status(report.build_status(seen(**changes))).splitlines()[:2]


@pytest.mark.parametrize(
    ("changes", "lost", "reached"),
    [
        (
            {},
            "2m 0s of work would be lost now (objective 1h 0m).",
            "any moment from 2024-12-25T02:01:00Z to 2024-12-25T14:28:00Z",
        ),
        (
            {"wal": None},
            "59m 55s of work would be lost now (objective 1h 0m).",
            "the moments of its sets from 2024-12-25T02:01:00Z to 2024-12-25T13:30:05Z",
        ),
        ({"entries": []}, "There is data that no good set holds.", ""),
        (
            {
                "configuration": configuration(postgresql=None, redis=None, openbao=None),
                "entries": catalogue(sealed(FULL["id"], FULL["parts"][4:])),
            },
            "12h 30m of work would be lost now (objective 1h 0m).",
            "",
        ),
    ],
    ids=["any moment", "moments of sets", "nothing to go back to", "no database"],
)
def test_the_status_begins_with_what_matters(changes: dict[str, Any], lost: str, reached: str) -> None:
    said = f" PostgreSQL goes back to {reached}." if reached else ""
    assert first_lines(**changes)[1] == f"{lost}{said}"


def test_the_status_shows_findings_moments_proofs_and_jobs() -> None:
    text = report.render_status(
        report.build_status(seen(results={"full": result("full", success="2024-12-23T02:00:00Z")}))
    )
    sections = [section.splitlines() for section in text.split("\n\n")]
    assert sections[0][0] == "dotmac on db1: fail"
    assert [section[0].split()[0] for section in sections[1:]] == ["STATUS", "DATA", "LEVEL", "JOB"]
    assert sections[1][1].split()[:3] == ["fail", "job", "full"]
    assert sections[1][2] == "    It is started by its timer, steward-backup-full.timer."
    assert sections[2][1].split() == ["postgresql", "2024-12-25T14:28:00Z", "2m", "0s"]
    assert sections[3][4].endswith("2024-12-25T05:10:00Z  20241225_020000  main")
    assert sections[3][5].split()[-3:] == ["-", "-", "-"]
    assert re.match(
        r"full +2024-12-23T02:00:00Z +done +10s +since 2024-12-25T02:00:00Z +\*-\*-\* 02:00:00", sections[4][1]
    )
    assert re.match(r"incremental +never +- +- +(-|since)", sections[4][2])


def test_a_status_of_nothing_is_shown_too() -> None:
    text = report.render_status(report.build_status(seen(entries=[], evidence=[], results={}, wal=None, looked={})))
    assert "\n-     -              -\n" in text
    # A finding without a hint has no line for it.
    assert "    \n" not in text


def sample(text: str) -> dict[str, float]:
    """The samples as Prometheus' text format has them."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _blank, value = line.rpartition(" ")
            assert re.fullmatch(r'[a-z_]+\{([a-z_]+="[^"]*",?)+\}', name), line
            found[name] = float(value)
    return found


def rendered(**changes: Any) -> dict[str, float]:
    here = seen(**changes)
    return sample(metrics.render(report.build_status(here), report.build_list(here, here.entries)))


ALL = 'platform="dotmac"'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ('last_success_timestamp_seconds{%s,type="full"}', 1735092070),
        ('last_set_timestamp_seconds{%s,type="incremental"}', 1735133400),
        ('last_set_complete{%s,type="full"}', 1),
        ('duration_seconds{%s,type="full"}', 70),
        ('size_bytes{%s,type="full",part="postgresql",repository="main"}', 1000),
        ('added_bytes{%s,type="full",part="openbao",repository="main"}', 100),
        ('last_verified_timestamp_seconds{%s,level="3"}', 1735103400),
        ("disproven{%s}", 0),
        ('measured_rto_seconds{%s,level="2"}', 31.5),
        ("rpo_seconds{%s}", 120),
        ('newest_restorable_timestamp_seconds{%s,part="postgresql"}', 1735136880),
        ('objective_seconds{%s,objective="rto"}', 14400),
        ("wal_gap{%s}", 0),
        ("wal_archive_failing{%s}", 0),
        ('job_overdue{%s,backup_job="full"}', 0),
        ('last_result{%s,backup_job="full"}', 0),
        ('job_last_success_timestamp_seconds{%s,backup_job="full"}', 1735133400),
        ('repository_sets{%s,repository="main"}', 2),
        ('replication_failed{%s,repository="second"}', 0),
        ('replication_last_success_timestamp_seconds{%s,repository="second"}', 1735130700),
        ('replication_objects{%s,repository="second"}', 120),
        ('replication_bytes{%s,repository="second"}', 73400320),
        ('replication_lag_seconds{%s,repository="second"}', 0),
        ('sets{%s,state="published"}', 2),
        ("written_timestamp_seconds{%s}", 1735137000),
    ],
)
def test_each_metric_has_its_value(name: str, value: float) -> None:
    assert rendered()[f"steward_backup_{name % ALL}"] == value


def test_each_family_is_tested_and_described_once() -> None:
    here = seen()
    text = metrics.render(report.build_status(here), report.build_list(here, here.entries))
    described = re.findall(r"^# HELP steward_backup_(\S+) \S.*\n# TYPE steward_backup_\1 gauge$", text, re.MULTILINE)
    assert described == [family.name for family in metrics.FAMILIES]
    assert text.endswith("\n")


def test_a_copy_that_never_was_made_has_no_figures() -> None:
    broken = {**REPLICATION["repositories"][0], "error": "no answer", "success": None, "objects": None,
              "bytes": None, "lag_seconds": None}  # fmt: skip
    found = rendered(replication={"schema": 1, "repositories": [broken]})
    names = [name for name in found if "replication" in name and "backup_job" not in name]
    assert names == ['steward_backup_replication_failed{platform="dotmac",repository="second"}']
    assert found[names[0]] == 1
    assert not any("replication_failed" in name for name in rendered(replication=None))


def test_what_is_wrong_is_in_the_metrics() -> None:
    gap = {"first": "a", "last": "b", "verdict": "breaking", "healed_by": ""}
    found = rendered(
        wal={**WAL, "gaps": [gap], "error": "exit 82"},
        results={"full": result("full", result="failed", success=None, error="x")},
        entries=catalogue(FULL, sealed("20241225_140000", FULL["parts"], outcome="partial")),
        evidence=[evidence(2, rto_seconds=None), evidence(3, part="logs", result="fail")],
    )
    assert found['steward_backup_disproven{platform="dotmac"}'] == 1
    assert found['steward_backup_last_set_complete{platform="dotmac",type="full"}'] == 0
    assert found['steward_backup_last_success_timestamp_seconds{platform="dotmac",type="full"}'] == 1735092070
    assert found['steward_backup_wal_gap{platform="dotmac"}'] == 1
    assert found['steward_backup_wal_archive_failing{platform="dotmac"}'] == 1
    assert found['steward_backup_last_result{platform="dotmac",backup_job="full"}'] == 2
    assert found['steward_backup_job_overdue{platform="dotmac",backup_job="incremental"}'] == 1
    assert not any(name.startswith("steward_backup_measured_rto") for name in found)


def test_what_is_not_known_has_no_sample() -> None:
    names = {
        name.partition("{")[0] for name in rendered(entries=[], evidence=[], results={}, wal=None, replication=None)
    }
    assert names == {
        f"steward_backup_{name}"
        for name in ("disproven", "objective_seconds", "job_overdue", "repository_sets", "written_timestamp_seconds")
    }


def test_a_label_is_escaped() -> None:
    named = report.build_status(seen()) | {"platform": 'a"b\\c\nd'}
    text = metrics.render(named, {"sets": []})
    assert 'steward_backup_rpo_seconds{platform="a\\"b\\\\c\\nd"} 120\n' in text


def test_a_fraction_stays_one() -> None:
    here = report.build_status(seen())
    text = metrics.render(here | {"rpo_seconds": 0.25}, {"sets": []})
    assert 'steward_backup_rpo_seconds{platform="dotmac"} 0.25\n' in text


def test_how_the_sets_of_several_hosts_ended() -> None:
    made = {"id": "20241225_143000", "outcome": "partial", "parts": [{"size": 2048, "added": 10}]}
    assert report.render_results(
        {
            "one": {"set": made, "problems": ["openbao: it is sealed"]},
            "web": {"set": None, "problems": ["this host has nothing of it"]},
            "db": {"msg": "postgresql: no"},
        }
    ) == [
        "HOST  SET              OUTCOME        PARTS  SIZE    ADDED",
        "one   20241225_143000  partial        1      2.0 kB  10 B",
        "  openbao: it is sealed",
        "web   -                nothing to do  -      -       -",
        "  this host has nothing of it",
        "db    -                failed         -      -       -",
        "  postgresql: no",
    ]
