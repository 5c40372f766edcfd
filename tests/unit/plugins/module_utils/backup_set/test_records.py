# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set import records
from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery.estimate import measured_rate

from .samples import FULL, INCREMENTAL, WAL, evidence, result, rows

GOOD = json.dumps({**evidence(3), "databases": [], "previous": "0" * 64})
BAD = [
    "",
    "{",
    "[]",
    "{}",
    json.dumps({**evidence(3), "schema": 2}),
    json.dumps({**evidence(3), "result": "good"}),
    json.dumps({**evidence(3), "set": "../x"}),
    GOOD[: len(GOOD) // 2] + GOOD,
]


def test_records_are_read_and_what_is_none_is_counted() -> None:
    found, bad = records.parse_evidence([GOOD, *BAD, GOOD])
    assert found == [evidence(3), evidence(3)]
    assert bad == len(BAD)


@pytest.mark.parametrize(("kind", "document"), [("result", result("full")), ("wal", WAL)])
def test_a_document_is_read_as_it_was_written(kind: str, document: dict[str, Any]) -> None:
    assert records.read(document, kind, "x.json") == document
    assert records.read(None, kind, "x.json") is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({**WAL, "schema": 2}, "x.json.schema is 2, allowed is: at most 1. A newer steward wrote it"),
        ({**WAL, "gaps": [{"first": "a"}]}, r"x.json.gaps\[0\].last is missing"),
        ("text", "x.json is 'text', allowed is: object"),
    ],
)
def test_what_is_newer_or_broken_is_refused(document: Any, message: str) -> None:
    with pytest.raises(StewardError, match=message):
        records.read(document, "wal", "x.json")


def test_a_look_at_a_repository_replaces_the_one_before() -> None:
    first = records.build_look(None, "main", rows(FULL), looked="2024-12-25T04:00:00Z")
    other = records.build_look(first, "second", rows(INCREMENTAL)[:0], looked="2024-12-25T05:00:00Z")
    both = records.build_look(other, "main", rows(INCREMENTAL), looked="2024-12-25T06:00:00Z")
    read = records.read(json.loads(json.dumps(both)), "look", "x.json")
    assert records.stored_rows(read) == rows(INCREMENTAL)
    assert both["looked"] == {"main": "2024-12-25T06:00:00Z", "second": "2024-12-25T05:00:00Z"}


def test_before_any_look_nothing_is_stored() -> None:
    assert records.stored_rows(None) == []


def test_a_proof_tells_a_recovery_how_long_it_takes() -> None:
    found, _bad = records.parse_evidence([json.dumps(evidence(3))])
    assert measured_rate(found, "postgresql") == 2_000_000
