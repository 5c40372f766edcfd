# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import build_catalogue
from ansible_collections.steward.platform.plugins.module_utils.backup_set.judge import expected_data, judge, rpo

from .samples import FULL, INCREMENTAL, JOBS, WAL, catalogue, configuration, evidence, part, result, rows, sealed, seen

GAP = {"first": "000000010000000000000005", "last": "000000010000000000000006", "verdict": "breaking", "healed_by": ""}
PARTIAL = sealed(
    "20241225_140000",
    FULL["parts"],
    outcome="partial",
    failures=[{"part": "openbao", "engine": "restic", "error": "OpenBao is sealed"}],
)


def results(**changes: Any) -> dict[str, Any]:
    return {**{job: result(job) for job in JOBS}, **changes}


def told(**changes: Any) -> list[tuple[str, str, str]]:
    return [(finding.status, finding.name, finding.message) for finding in judge(seen(**changes))]


def test_where_all_is_well_one_finding_says_so() -> None:
    assert told() == [("pass", "backups", "each set, each job and the archive are as they should be")]


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"entries": []}, ("fail", "data postgresql", "no good set holds it")),
        ({"entries": []}, ("fail", "data redis-queue", "no good set holds it")),
        (
            {"wal": {**WAL, "newest": "2024-12-25T13:29:00Z"}, "entries": catalogue(FULL)},
            ("fail", "recovery point", "1h 1m of work would be lost now, the objective is 1h 0m"),
        ),
        ({"wal": None}, ("warn", "archive", "nobody has looked at the WAL archive yet")),
        (
            {"wal": {**WAL, "gaps": [GAP]}},
            ("fail", "archive gap", "WAL is missing: 000000010000000000000005 to 000000010000000000000006"),
        ),
        (
            {"wal": {**WAL, "gaps": [{**GAP, "last": GAP["first"]}]}},
            ("fail", "archive gap", "WAL is missing: 000000010000000000000005"),
        ),
        ({"wal": {**WAL, "error": "exit 82"}}, ("fail", "archive", "WAL is not archived: exit 82")),
        (
            {"results": results(full=result("full", success="2024-12-24T02:00:00Z"))},
            ("fail", "job full", "is overdue since 2024-12-25T02:00:00Z, last began well 2024-12-24T02:00:00Z"),
        ),
        (
            {"results": results(drill=result("drill", success="2024-10-01T02:00:00Z"))},
            ("warn", "job drill", "is overdue since 2024-10-15T06:00:00Z, last began well 2024-10-01T02:00:00Z"),
        ),
        (
            {"results": {}, "entries": []},
            ("fail", "job full", "is overdue since 2024-12-25T02:00:00Z, has never run well"),
        ),
        (
            {"results": results(full=result("full", result="failed", error="no space"))},
            ("fail", "job full", "failed 2024-12-25T13:30:10Z: no space"),
        ),
        (
            {"results": results(full=result("full", result="busy", error="held by 12"))},
            ("fail", "job full", "busy 2024-12-25T13:30:10Z: held by 12"),
        ),
        (
            {"results": results(full=result("full", result="warnings", error="openbao: sealed"))},
            ("warn", "job full", "ended with warnings 2024-12-25T13:30:10Z: openbao: sealed"),
        ),
        (
            {"entries": build_catalogue({}, {FULL["id"]: "was changed"}, rows(FULL), ["main"])},
            ("fail", "set 20241225_020000", "refused: was changed"),
        ),
        (
            {"entries": build_catalogue({FULL["id"]: FULL}, {}, rows(FULL)[1:], ["main"])},
            (
                "fail",
                "set 20241225_020000",
                "damaged: postgresql is not in the repository main: 20241225-020000F is gone",
            ),
        ),
        (
            {"entries": build_catalogue({}, {}, rows(FULL), ["main"])},
            ("warn", "set 20241225_020000", "unread: its manifest was not fetched yet"),
        ),
        (
            {"entries": catalogue(FULL, INCREMENTAL, PARTIAL)},
            ("warn", "set 20241225_140000", "the newest full set is partial: openbao: OpenBao is sealed"),
        ),
        ({"evidence": []}, ("warn", "proof", "no set was restored yet, so none is known to be good")),
        ({"evidence": [evidence(1)]}, ("warn", "proof", "no set was restored yet, so none is known to be good")),
        (
            {"evidence": [evidence(2, finished="2024-12-17T14:29:00Z")]},
            ("warn", "proof", "the last set that was restored was so 2024-12-17T14:29:00Z, the objective is 8 days"),
        ),
        (
            {
                "evidence": [
                    evidence(2),
                    evidence(
                        3,
                        result="fail",
                        level=2,
                        finished="2024-12-25T06:00:00Z",
                        checks=[
                            {"status": "pass", "message": "restored"},
                            {"status": "fail", "message": "shop has 0 rows, it had 5000"},
                        ],
                    ),
                ]
            },
            (
                "fail",
                "proof 20241225_020000",
                "postgresql in main failed 2024-12-25T06:00:00Z: shop has 0 rows, it had 5000",
            ),
        ),
        ({"unreadable": 2}, ("warn", "evidence", "2 lines of the evidence are no record")),
    ],
)
def test_what_is_wrong_is_a_finding(changes: dict[str, Any], finding: tuple[str, str, str]) -> None:
    assert finding in told(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": [evidence(2, finished="2024-12-17T14:30:00Z")]},
        {"wal": {**WAL, "gaps": [{**GAP, "verdict": "unneeded"}]}},
        {"wal": {**WAL, "newest": "2024-12-25T13:30:30Z"}},
        {"entries": catalogue(sealed("20241224_020000", FULL["parts"], outcome="partial"), FULL, INCREMENTAL)},
    ],
    ids=["proven just in time", "a gap that nothing needs", "within the objective", "an old set was partial"],
)
def test_what_is_not_wrong_is_none(changes: dict[str, Any]) -> None:
    assert [status for status, _name, _message in told(**changes)] == ["pass"]


def test_a_server_that_is_dumped_has_no_archive() -> None:
    dumped = configuration(postgresql={"port": 5432, "method": "logical"})
    assert not any(name.startswith("archive") for _status, name, _message in told(configuration=dumped, wal=None))


APP = configuration(postgresql=None, redis=None, openbao=None)
UPLOADS = sealed("20241225_020000", [part("application_data", "a1"), part("configuration", "c1")])


def test_an_app_host_is_judged_by_its_files() -> None:
    here = seen(configuration=APP, entries=catalogue(UPLOADS), wal=None, evidence=[])
    assert expected_data(APP) == ["application_data"]
    assert rpo(here) == 12.5 * 3600
    assert [finding.name for finding in judge(here)] == ["recovery point"]


def test_files_that_services_have_not_made_yet_are_missed_by_nobody() -> None:
    empty = sealed("20241225_020000", [part("configuration", "c1")])
    here = seen(configuration=APP, entries=catalogue(empty), wal=None, evidence=[])
    assert rpo(here) is None
    assert judge(here)[0].status == "pass"
    lacking = sealed("20241225_020000", [part("configuration", "c1")], wanted=["configuration", "application_data"])
    here = seen(configuration=APP, entries=catalogue(lacking), wal=None, evidence=[])
    assert "data application_data" in [finding.name for finding in judge(here)]


def test_a_host_without_data_has_nothing_to_lose() -> None:
    nothing = configuration(postgresql=None, redis=None, openbao=None, application_data=None)
    here = seen(configuration=nothing, entries=[], wal=None, evidence=[])
    assert rpo(here) is None


def test_what_cannot_be_brought_back_is_not_told_in_seconds() -> None:
    assert rpo(seen(entries=[])) is None
    assert rpo(seen()) == 120


def test_a_host_makes_backups_since_its_first_set() -> None:
    assert seen().since == datetime(2024, 12, 25, 2, tzinfo=UTC)
    assert seen(entries=[]).since is None


def test_a_failed_proof_of_a_set_that_is_gone_is_no_news() -> None:
    records = [evidence(3, result="fail"), evidence(3, result="fail", set="20200101_000000")]
    assert [record["set"] for record in seen(evidence=records).disproven] == [FULL["id"]]
