# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lease: one deploy at a time, by whom, since when, how far; decided here, kept by the client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..core import clock
from ..core.errors import BusyError, StewardError
from .model import SCHEMA, STAGES

Lease = Mapping[str, Any]


def describe(lease: Lease) -> str:
    """Who holds it, for people.

    >>> describe(lease)
    'jane@laptop (process 4711), release 20241225_143000, stage images (5/9), since …, until …'
    """
    holder, stage = lease["holder"], lease["stage"]
    number = f" ({STAGES.index(stage) + 1}/{len(STAGES)})" if stage in STAGES else ""
    return (
        f"{holder['user']}@{holder['host']} (process {holder['pid']}), release {lease['release']}, "
        f"stage {stage}{number}, since {lease['since']}, until {lease['expires']}"
    )


def acquire(
    held: Lease | None,
    holder: Mapping[str, Any],
    token: str,
    now: datetime,
    ttl: int,
    *,
    orphan: str = "",
    takeover: bool = False,
) -> dict[str, Any]:
    """The new lease.

    :param held: the present one, or None.
    :param token: what proves later that a lease is ours.
    :param orphan: token of the lease whose holder was found dead on its own machine.
    :raises BusyError: somebody else holds it, naming them.
    """
    if not takeover and not (held is not None and held["token"] == orphan):
        refuse_in_force(held, now)
    return {
        "schema": SCHEMA,
        "token": token,
        "holder": dict(holder),
        "by": f"{holder['user']}@{holder['host']}",
        "release": clock.to_identifier(now),
        "since": clock.to_text(now),
        "expires": clock.to_text(now + timedelta(seconds=ttl)),
        "stage": STAGES[0],
        "stages": [_begun(STAGES[0], now)],
        "taken_from": describe(held) if held is not None else "",
    }


def refuse_in_force(held: Lease | None, now: datetime) -> None:
    """:raises BusyError: the lease has not ended, naming who holds it."""
    if held is not None and clock.parse(held["expires"]) > now:
        raise BusyError(
            f"the lease of this platform is held by {describe(held)}",
            "Wait for that deploy to end, or set deploy_takeover=true when it is known to be dead.",
            {"held": dict(held)},
        )


def renew(held: Lease | None, token: str, stage: str, now: datetime, ttl: int) -> dict[str, Any]:
    """The lease at the beginning of the next stage.

    :raises StewardError: it is no longer ours.
    """
    lease = _ours(held, token)
    stages = lease["stages"]
    if lease["stage"] != stage:
        stages = [*_ended(stages, now, "ok"), _begun(stage, now)]
    return {**lease, "stage": stage, "stages": stages, "expires": clock.to_text(now + timedelta(seconds=ttl))}


def finish(held: Lease | None, token: str, now: datetime, outcome: str) -> dict[str, Any]:
    """The closed account of a lease: what goes into the deploy log and the release record."""
    lease = _ours(held, token)
    return {
        **lease,
        "stages": _ended(lease["stages"], now, outcome),
        "outcome": outcome,
        "finished": clock.to_text(now),
    }


def _ours(held: Lease | None, token: str) -> Lease:
    if held is None or held["token"] != token:
        now = f"is held by {describe(held)}" if held is not None else "is gone"
        raise StewardError(f"the lease of this deploy was lost: it {now}", "Look at who deploys, then start again.")
    return held


def _begun(stage: str, now: datetime) -> dict[str, Any]:
    return {"stage": stage, "started": clock.to_text(now), "seconds": None, "outcome": "running"}


def _ended(stages: list[Mapping[str, Any]], now: datetime, outcome: str) -> list[dict[str, Any]]:
    """The stages with the last one closed."""
    *before, last = stages
    seconds = int((now - clock.parse(last["started"])).total_seconds())
    return [*(dict(stage) for stage in before), {**last, "seconds": seconds, "outcome": outcome}]
