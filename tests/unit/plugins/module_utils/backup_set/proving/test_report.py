# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set.proving import report

from ..samples import configuration, evidence


def record(**changes: Any) -> dict[str, Any]:
    return evidence(
        3, **{"started": "2024-12-25T05:00:00Z", "size": 2048, "previous": "x", "databases": [1], **changes}
    )


def build(*records: dict[str, Any]) -> dict[str, Any]:
    about = {"subject": "20241225_020000", "set_type": "full", "repository": "main"}
    return report.build(records, configuration(), **about)


def test_the_worst_part_decides() -> None:
    bad = {"level": 0, "name": "listed", "status": "fail", "message": "gone", "figures": {}}
    good = {**bad, "status": "pass"}
    logs = record(part="logs", result="fail", rto_seconds=None, rpo_seconds=None, checks=[good, bad], size=0)
    document = build(record(), logs)
    assert (document["result"], document["rto_seconds"], document["rpo_seconds"]) == ("fail", 31.5, 60)
    assert not report.is_good(document)
    assert report.problems(document) == ["logs: listed: gone"]
    assert "databases" not in document["parts"][0]
    shown = report.render(document).splitlines()
    assert shown[0] == "20241225_020000 on db1: fail"
    assert shown[3].split() == ["postgresql", "pass", "3", "3", "32s", "2.0", "kB"]
    assert shown[5] == "    fail: listed: gone"
    assert shown[-1] == "All that was restored took 32s; 1m 0s of work would have been lost."


def test_what_was_not_restored_has_no_time() -> None:
    document = build(record(result="warn", rto_seconds=None, rpo_seconds=None))
    assert report.is_good(document)
    assert report.render(document).endswith("Nothing was restored.\n")


def test_without_a_commit_nobody_knows_what_would_be_lost() -> None:
    assert report.render(build(record(rpo_seconds=None))).endswith("All that was restored took 32s.\n")
