# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks and tells an S3 server about a bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ...core.plan import Change, Plan
from ...core.s3 import Access, S3Error, answers, connect
from . import plan as planning
from .model import BucketState, Lock, parse_lifecycle, parse_policy

DEFAULT_REGION = "us-east-1"
# What a server answers for a part that was never set.
UNSET = ("ObjectLockConfigurationNotFoundError", "NoSuchLifecycleConfiguration", "NoSuchBucketPolicy")


def observe(options: Mapping[str, Any]) -> BucketState | None:
    """The bucket as it is, or None when there is none."""
    access, name = Access.read(options), options["name"]
    server = connect(access)
    try:
        # A GET: the answer to a HEAD would not say whether the keys are wrong or the right is missing.
        with answers(access.endpoint, f"bucket {name}"):
            versioning = server.get_bucket_versioning(Bucket=name).get("Status", "")
    except S3Error as error:
        if error.is_missing:
            return None
        raise

    def ask(question: Callable[..., Mapping[str, Any]]) -> Mapping[str, Any]:
        try:
            with answers(access.endpoint, f"bucket {name}"):
                return question(Bucket=name)
        except S3Error as error:
            if error.code in UNSET:
                return {}
            raise

    rules = ask(server.get_bucket_lifecycle_configuration).get("Rules", [])
    policy = json.loads(ask(server.get_bucket_policy).get("Policy", "{}"))
    lock = _lock_of(ask(server.get_object_lock_configuration).get("ObjectLockConfiguration", {}))
    return BucketState(versioning, lock, parse_lifecycle(rules), parse_policy(policy))


def _lock_of(answer: Mapping[str, Any]) -> Lock | None:
    if not answer:
        return None
    default = answer.get("Rule", {}).get("DefaultRetention", {})
    # Years are the other unit that S3 knows.
    days = default.get("Days") or default.get("Years", 0) * 365
    return Lock(default.get("Mode", ""), days)


def apply(options: Mapping[str, Any], plan: Plan) -> None:
    """Carry out the plan."""
    access = Access.read(options)
    server = connect(access)
    for change in plan.changes:
        with answers(access.endpoint, f"{change.action} of bucket {change.subject}"):
            _ACTIONS[change.action](server, change, access.region)


def _create(server: Any, change: Change, region: str) -> None:
    given: dict[str, Any] = {"ObjectLockEnabledForBucket": True} if change.data["locked"] else {}
    if region != DEFAULT_REGION:
        given["CreateBucketConfiguration"] = {"LocationConstraint": region}
    server.create_bucket(Bucket=change.subject, **given)


def _version(server: Any, change: Change, region: str) -> None:
    server.put_bucket_versioning(Bucket=change.subject, VersioningConfiguration={"Status": change.data["status"]})


def _lock(server: Any, change: Change, region: str) -> None:
    default = {"Mode": change.data["mode"], "Days": change.data["days"]}
    wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}}
    server.put_object_lock_configuration(Bucket=change.subject, ObjectLockConfiguration=wanted)


def _lifecycle(server: Any, change: Change, region: str) -> None:
    if change.data["rules"]:
        rules = {"Rules": change.data["rules"]}
        server.put_bucket_lifecycle_configuration(Bucket=change.subject, LifecycleConfiguration=rules)
    else:
        server.delete_bucket_lifecycle(Bucket=change.subject)


def _policy(server: Any, change: Change, region: str) -> None:
    if change.data["policy"]:
        server.put_bucket_policy(Bucket=change.subject, Policy=json.dumps(change.data["policy"]))
    else:
        server.delete_bucket_policy(Bucket=change.subject)


_ACTIONS: Mapping[str, Callable[[Any, Change, str], None]] = {
    planning.CREATE: _create,
    planning.VERSION: _version,
    planning.LOCK: _lock,
    planning.LIFECYCLE: _lifecycle,
    planning.POLICY: _policy,
}


def read_bucket(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the module ``s3_bucket_info`` returns."""
    seen = observe(options)
    if seen is None:
        return {"schema": 1, "name": options["name"], "exists": False}
    lock = {"mode": seen.lock.mode, "days": seen.lock.days} if seen.lock else None
    return {
        "schema": 1,
        "name": options["name"],
        "exists": True,
        "versioning": seen.versioning or "off",
        "lock": lock,
        "lifecycle": [dict(rule) for rule in seen.lifecycle],
        "policy": dict(seen.policy),
    }
