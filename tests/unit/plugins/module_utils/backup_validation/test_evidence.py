# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import UTC, datetime

from ansible_collections.steward.platform.plugins.module_utils.backup_validation import evidence
from ansible_collections.steward.platform.plugins.module_utils.backup_validation.model import Check

STARTED = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
SUBJECT = {"set": "20261128_020000", "host": "db1", "part": "postgresql", "repository": "main", "wanted": 3}


def record(**changed):
    given = {
        "started": STARTED, "finished": STARTED, "seconds": {"restore": 6.704, "replay": 2.5}, "size": 778_000_000,
        "replayed": "2026-11-28T02:59:30Z", **changed,
    }  # fmt: skip
    checks = [Check(level, "x", "pass", "good") for level in range(3)]
    return evidence.build_record(SUBJECT, checks, **given)


def test_a_record():
    made = record(databases=[{"name": "shop"}])
    assert made["level"] == 2
    assert made["result"] == "pass"
    assert made["seconds"] == {"restore": 6.7, "replay": 2.5}
    assert (made["rto_seconds"], made["rpo_seconds"]) == (9.2, 30)
    assert made["databases"] == [{"name": "shop"}]
    assert {**made, **SUBJECT} == made


def test_what_was_not_measured_is_not_invented():
    made = record(replayed="", seconds={})
    assert (made["rto_seconds"], made["rpo_seconds"]) == (None, None)


def lines():
    first = json.dumps(evidence.chain(record(), ""))
    second = json.dumps(evidence.chain(record(), f"{first}\n"))
    return [f"{first}\n", f"{second}\n", json.dumps(evidence.chain(record(), second))]


def test_each_line_follows_on_the_one_before():
    assert evidence.chain_problems(lines()) == []


def test_a_line_that_was_taken_out_or_changed_is_seen():
    first, second, third = lines()
    assert evidence.chain_problems([first, third]) == ["line 2 does not follow on the one before it"]
    assert evidence.chain_problems([first.replace("pass", "fail"), second]) == [
        "line 2 does not follow on the one before it"
    ]
    assert evidence.chain_problems(["{", "[]"]) == ["line 1 is not a record", "line 2 is not a record"]


def test_the_last_good_proof():
    rows = [
        {"part": "postgresql", "level": 3, "result": "pass", "finished": "1", "id": "old"},
        {"part": "postgresql", "level": 3, "result": "warn", "finished": "2", "id": "new"},
        {"part": "postgresql", "level": 3, "result": "fail", "finished": "3"},
        {"part": "postgresql", "level": 1, "result": "pass", "finished": "4"},
        {"part": "redis-queue", "level": 3, "result": "pass", "finished": "5"},
    ]
    found = evidence.newest(rows, "postgresql", 2)
    assert found is not None
    assert found["id"] == "new"
    assert evidence.newest(rows, "openbao", 0) is None
