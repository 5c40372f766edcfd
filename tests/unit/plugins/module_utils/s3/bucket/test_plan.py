# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket.model import Bucket, BucketState, Lock
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket.plan import plan_bucket

RULES = ({"ID": "old"},)
POLICY = {"Statement": []}
LOCK = Lock("COMPLIANCE", 30)
WISH = Bucket("backups", True, LOCK, RULES, POLICY)
SEEN = BucketState("Enabled", LOCK, RULES, POLICY)


def actions(wish: Bucket, seen: BucketState | None) -> list[str]:
    return [change.action for change in plan_bucket(wish, seen).changes]


@pytest.mark.parametrize(
    ("wish", "seen", "expected"),
    [
        pytest.param({}, SEEN, [], id="all as wanted"),
        pytest.param({}, None, ["create", "set lock", "set lifecycle", "set policy"], id="a new bucket with a lock"),
        pytest.param(
            {"lock": None, "lifecycle": None, "policy": None}, None, ["create", "set versioning"], id="a new bucket"
        ),
        pytest.param(
            {"lock": None, "lifecycle": (), "policy": {}, "versioning": False}, None, ["create"], id="a plain bucket"
        ),
        pytest.param({"lock": None, "lifecycle": None, "policy": None}, SEEN, [], id="the rest is left"),
        pytest.param({}, replace(SEEN, versioning="Suspended"), ["set versioning"], id="versioning was suspended"),
        pytest.param(
            {"versioning": False, "lock": None}, replace(SEEN, lock=None), ["set versioning"], id="versioning suspended"
        ),
        pytest.param({}, replace(SEEN, lock=None), ["set lock"], id="no Object Lock yet"),
        pytest.param({}, replace(SEEN, lock=Lock()), ["set lock"], id="no default retention yet"),
        pytest.param({"lock": Lock("COMPLIANCE", 31)}, SEEN, ["set lock"], id="a longer retention"),
        pytest.param(
            {"lock": Lock("GOVERNANCE", 1)}, replace(SEEN, lock=Lock("GOVERNANCE", 9)), ["set lock"], id="governance"
        ),
        pytest.param({"lifecycle": ()}, SEEN, ["set lifecycle"], id="no rules any more"),
        pytest.param({"policy": {}}, SEEN, ["set policy"], id="no policy any more"),
    ],
)
def test_only_what_differs_is_told(wish: dict[str, Any], seen: BucketState | None, expected: list[str]) -> None:
    assert actions(replace(WISH, **wish), seen) == expected


def test_a_difference_is_readable() -> None:
    changes = plan_bucket(replace(WISH, policy={}), replace(SEEN, versioning="", lock=Lock())).changes
    assert [(change.before, change.after) for change in changes] == [
        ("versioning off", "versioning Enabled"),
        ("lock: no default retention", "lock: COMPLIANCE, 30 days"),
        ('{\n  "Statement": []\n}\n', ""),
    ]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        pytest.param(
            {"lock": Lock("COMPLIANCE", 29)},
            "lock.days is 29, allowed is: at least 30, because the bucket backups is locked for 30 days",
            id="shorter",
        ),
        pytest.param({"lock": Lock("GOVERNANCE", 90)}, "lock.mode is GOVERNANCE, allowed is: COMPLIANCE", id="softer"),
        pytest.param({"versioning": False, "lock": None}, "versioning is false, allowed is: true", id="no versions"),
    ],
)
def test_protection_is_never_weakened(wish: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan_bucket(replace(WISH, **wish), SEEN)
