# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import BusyError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.release import lease

NOW = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)
JANE = {"user": "jane", "host": "laptop", "pid": 4711}


def held(**options: Any) -> dict[str, Any]:
    return lease.acquire(None, JANE, "t1", NOW, 600, **options)


def test_a_free_lease_is_had_and_names_release_and_holder() -> None:
    got = held()
    assert (got["release"], got["by"], got["stage"], got["taken_from"]) == (
        "20241225_143000",
        "jane@laptop",
        "validate",
        "",
    )
    assert got["expires"] == "2024-12-25T14:40:00Z"


def test_a_held_lease_is_refused_naming_who_has_it() -> None:
    with pytest.raises(BusyError, match=r"held by jane@laptop \(process 4711\).*stage validate \(1/9\)") as refused:
        lease.acquire(held(), JANE, "t2", NOW + timedelta(seconds=599), 600)
    assert refused.value.data["held"]["token"] == "t1"


@pytest.mark.parametrize(
    ("later", "options"),
    [(600, {}), (1, {"takeover": True}), (1, {"orphan": "t1"})],
    ids=["expired", "taken over", "its process is dead"],
)
def test_a_lease_is_taken_when_its_holder_is_gone(later: int, options: dict[str, Any]) -> None:
    got = lease.acquire(held(), JANE, "t2", NOW + timedelta(seconds=later), 600, **options)
    assert got["token"] == "t2"
    assert "jane@laptop" in got["taken_from"]


def test_an_orphan_that_was_taken_by_another_meanwhile_is_not_taken_again() -> None:
    with pytest.raises(BusyError):
        lease.acquire(held(), JANE, "t3", NOW, 600, orphan="t0")


def test_the_next_stage_closes_the_one_before_and_prolongs() -> None:
    got = lease.renew(held(), "t1", "prepare", NOW + timedelta(seconds=60), 600)
    assert [(stage["stage"], stage["seconds"], stage["outcome"]) for stage in got["stages"]] == [
        ("validate", 60, "ok"),
        ("prepare", None, "running"),
    ]
    assert got["expires"] == "2024-12-25T14:41:00Z"


def test_a_procedure_that_is_no_deploy_has_no_number() -> None:
    updating = lease.renew(held(), "t1", "update", NOW, 60)
    assert "stage update, since" in lease.describe(updating)


def test_the_same_stage_again_only_prolongs() -> None:
    got = lease.renew(held(), "t1", "validate", NOW + timedelta(seconds=60), 600)
    assert len(got["stages"]) == 1
    assert got["expires"] == "2024-12-25T14:41:00Z"


def test_the_end_is_an_account() -> None:
    got = lease.finish(held(), "t1", NOW + timedelta(seconds=5), "failed")
    assert (got["outcome"], got["stages"][0]["outcome"], got["stages"][0]["seconds"]) == ("failed", "failed", 5)


@pytest.mark.parametrize(("other", "said"), [(None, "it is gone"), ({"token": "t9"}, "it is held by jane@laptop")])
def test_a_lost_lease_stops_the_deploy(other: dict[str, Any] | None, said: str) -> None:
    present = None if other is None else held() | other
    with pytest.raises(StewardError, match=said):
        lease.renew(present, "t1", "prepare", NOW, 600)
