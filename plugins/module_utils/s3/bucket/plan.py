# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a bucket as it is wanted and seen to what is told the server; what would weaken its protection is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...core.errors import InputError
from ...core.plan import Change, Plan
from .model import COMPLIANCE, ENABLED, SUSPENDED, Bucket, BucketState, Lock

CREATE, VERSION, LOCK, LIFECYCLE, POLICY = "create", "set versioning", "set lock", "set lifecycle", "set policy"
EMPTY = BucketState("", None, (), {})


def plan_bucket(wish: Bucket, seen: BucketState | None) -> Plan:
    """The changes in an order in which each finds what it needs.

    :raises InputError: the wish would weaken what protects the versions there are.
    """
    if seen:
        _refuse_weakening(wish, seen)
    return Plan(tuple(_changes(wish, seen)))


def _changes(wish: Bucket, seen: BucketState | None) -> Iterator[Change]:
    locked = wish.lock is not None
    if seen is None:
        yield Change(CREATE, wish.name, "", "a bucket with Object Lock" if locked else "a bucket", {"locked": locked})
        # With Object Lock a new bucket has versioning from the start.
        seen = BucketState(ENABLED, Lock(), (), {}) if locked else EMPTY
    versioning = ENABLED if wish.versioning else SUSPENDED
    # One that never had versioning has no old versions to suspend.
    if seen.versioning != versioning and (wish.versioning or seen.versioning):
        before = seen.versioning or "off"
        yield Change(VERSION, wish.name, f"versioning {before}", f"versioning {versioning}", {"status": versioning})
    if wish.lock and wish.lock != seen.lock:
        before = f"lock: {seen.lock or 'no Object Lock'}"
        yield Change(LOCK, wish.name, before, f"lock: {wish.lock}", {"mode": wish.lock.mode, "days": wish.lock.days})
    if wish.lifecycle is not None and wish.lifecycle != seen.lifecycle:
        rules = [dict(rule) for rule in wish.lifecycle]
        yield Change(LIFECYCLE, wish.name, _show(seen.lifecycle), _show(wish.lifecycle), {"rules": rules})
    if wish.policy is not None and wish.policy != seen.policy:
        yield Change(POLICY, wish.name, _show(seen.policy), _show(wish.policy), {"policy": wish.policy})


def _refuse_weakening(wish: Bucket, seen: BucketState) -> None:
    if seen.lock and not wish.versioning:
        raise InputError(f"versioning is false, allowed is: true, because the bucket {wish.name} has Object Lock")
    if not (wish.lock and seen.lock and seen.lock.mode == COMPLIANCE):
        return
    reason = f"because the bucket {wish.name} is locked for {seen.lock.days} days in mode {COMPLIANCE}"
    if wish.lock.mode != COMPLIANCE:
        raise InputError(f"lock.mode is {wish.lock.mode}, allowed is: {COMPLIANCE}, {reason}")
    if wish.lock.days < seen.lock.days:
        raise InputError(f"lock.days is {wish.lock.days}, allowed is: at least {seen.lock.days}, {reason}")


def _show(document: Any) -> str:
    return json.dumps(document, indent=2, sort_keys=True) + "\n" if document else ""
