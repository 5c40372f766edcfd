# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries objects from one place to another, each by way of a local file that has no name."""

from __future__ import annotations

import io
import json
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from ...core import clock
from ...core.errors import StewardError
from ...core.plan import Plan
from ...core.s3 import S3Error
from ..objects.client import Folder, SourceChangedError, Store, drain
from ..objects.model import Content, Item, Recorded
from . import plan as planning
from .model import (
    CHANGED,
    COPIED,
    FAILED,
    HELD_BACK,
    INCREMENTAL,
    MISSED,
    Outcome,
    Wish,
    Work,
    World,
    build_wish,
    describe_place,
    is_left_out,
)
from .report import Done, compare_world, refuse_failed, summarise

WORKERS = 4
SPOOL = "/var/tmp"
# A source at work changes while it is copied; what is still not quiet then is for the next run.
ROUNDS = 3


def replicate(options: Mapping[str, Any]) -> dict[str, Any]:
    """Observe, plan and copy; the report.

    :raises StewardError: not all could be copied; its data have the report.
    """
    plan = plan_for(options, observe(options))
    report: dict[str, Any] = (apply(options, plan) if plan.changed else plan.facts)["report"]
    return report


def observe(options: Mapping[str, Any]) -> World:
    """Both sides, with as many copies looked at and read as the wish asks for."""
    return _observe(build_wish(options), _source(options), _target(options))


def compare(options: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    """Both sides as they are listed now, and what was at the source at ``moment`` and is not at the target."""
    return compare_world(_observe(Wish(INCREMENTAL, 0, None), _source(options), _target(options)), moment)


def plan_for(options: Mapping[str, Any], seen: World) -> Plan:
    """The plan, with the report of a run that did nothing yet."""
    now = clock.now()
    plan = planning.plan_replication(build_wish(options), seen, now, describe_place(options["target"]))
    works = [work for change in plan.changes if change.action == planning.COPY for work in change.data["works"]]
    verified = sum(content is not None for content in seen.contents.values())
    waiting = [Outcome(work, HELD_BACK) for work in works]
    done = Done(waiting, len(seen.source), plan.facts["present"], verified, 0, plan.facts["warnings"])
    return Plan(plan.changes, {"report": summarise(done, now, now)})


def _source(options: Mapping[str, Any]) -> Store | Folder:
    source = options["source"]
    return Folder(source["path"]) if source["path"] else Store.open(source, WORKERS)


def _target(options: Mapping[str, Any]) -> Store:
    return Store.open(options["target"], WORKERS)


def _observe(wish: Wish, source: Store | Folder, target: Store) -> World:
    there = {item.key: item for item in source.list() if not is_left_out(item.key)}
    copies = {item.key: item for item in target.list()}
    doubtful = [key for key, item in there.items() if planning.needs_look(item, copies.get(key))]
    recorded = dict(zip(doubtful, _at_once(target.look, doubtful), strict=True))
    present = [
        key for key, item in there.items() if planning.is_present(item, copies.get(key), recorded.get(key, Recorded()))
    ]
    chosen = planning.choose_sample(present, wish.verify_percent, clock.to_text(clock.now()))
    # Of those that the listing decided, the recorded checksum is not yet known.
    unknown = [key for key in chosen if key not in recorded]
    recorded |= zip(unknown, _at_once(target.look, unknown), strict=True)
    contents = dict(zip(chosen, _at_once(lambda key: _read_again(target, copies[key]), chosen), strict=True))
    missed = {} if wish.delete_after_days is None else _read_missed(target, copies.get(MISSED))
    return World(there, copies, recorded, contents, missed)


def _read_missed(target: Store, item: Item | None) -> dict[str, datetime]:
    """What earlier runs have missed at the source, and since when."""
    if item is None:
        return {}
    with tempfile.TemporaryFile(dir=SPOOL) as file:
        target.read(item, file)
        file.seek(0)
        try:
            return {key: clock.parse(moment) for key, moment in json.load(file)["missed"].items()}
        except (ValueError, KeyError, AttributeError) as error:
            hint = "Delete it; what the source does not have is then missed from now on."
            raise StewardError(f"{MISSED} at the target is not what was written", hint) from error


def _write_missed(plan: Plan, target: Store) -> None:
    for change in plan.changes:
        if change.action != planning.MISS:
            continue
        missed = {key: clock.to_text(moment) for key, moment in sorted(change.data["missed"].items())}
        file = io.BytesIO(json.dumps({"schema": 1, "missed": missed}).encode())
        content = drain(file)
        target.write(MISSED, file, content, content.md5)


def _at_once(question: Callable[[str], Any], keys: Sequence[str]) -> list[Any]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(question, keys))


def _read_again(target: Store, copy: Item) -> Content | None:
    """What a copy really holds; None when its server cannot give it, an error when the server itself is away."""
    try:
        return target.read(copy)
    except SourceChangedError:
        return None
    except S3Error as error:
        # A disk that gives something else than was written is answered with an error, too.
        if error.code:
            return None
        raise


def apply(options: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Copy stage by stage, again what changed meanwhile, then delete; the report.

    :raises StewardError: not all could be copied; its data have the report.
    """
    wish, source, target = build_wish(options), _source(options), _target(options)
    before = plan.facts["report"]
    _write_missed(plan, target)
    known, started = before["objects"], clock.parse(before["started"])
    results: dict[str, Outcome] = {}
    verified, current = known["verified"], plan
    for attempt in range(ROUNDS):
        if attempt:
            seen = _observe(Wish(wish.mode, 0, None), source, target)
            current = planning.plan_replication(wish, seen, clock.now(), "")
        outcomes, read = _copy_stages(current, source, target, wish.verify_percent)
        verified += read
        # Of one that vanished meanwhile nothing is waiting any more.
        results = {key: outcome for key, outcome in results.items() if outcome.status == COPIED}
        results |= {outcome.work.item.key: outcome for outcome in outcomes}
        statuses = {outcome.status for outcome in outcomes}
        if CHANGED not in statuses or FAILED in statuses:
            break
    whole = all(outcome.status == COPIED for outcome in results.values())
    deleted = _delete(plan, target) if whole else 0
    done = Done(list(results.values()), known["source"], known["present"], verified, deleted, before["warnings"])
    report = summarise(done, started, clock.now())
    refuse_failed(report)
    return {"report": report}


def _copy_stages(plan: Plan, source: Store | Folder, target: Store, verify_percent: int) -> tuple[list[Outcome], int]:
    """The outcomes of all works, and how many copies were read again; after a defect later stages are held back."""
    outcomes: list[Outcome] = []
    verified = 0
    for change in plan.changes:
        if change.action != planning.COPY:
            continue
        if any(outcome.status != COPIED for outcome in outcomes):
            outcomes += [Outcome(work, HELD_BACK) for work in change.data["works"]]
            continue
        keys = (work.item.key for work in change.data["works"])
        sample = set(planning.choose_sample(keys, verify_percent, clock.to_text(clock.now())))
        stage = _copy_all(change.data["works"], source, target, sample)
        verified += sum(outcome.status == COPIED and outcome.work.item.key in sample for outcome in stage)
        outcomes += stage
    return outcomes, verified


def _copy_all(works: Iterable[Work], source: Store | Folder, target: Store, sample: set[str]) -> list[Outcome]:
    away = threading.Event()

    def copy(work: Work) -> Outcome:
        if away.is_set():
            return Outcome(work, HELD_BACK)
        try:
            _copy(work, source, target, verify=work.item.key in sample)
        except SourceChangedError as error:
            return Outcome(work, CHANGED, error.message)
        except StewardError as error:
            # Without an answer it is the server that is away, and all others would wait for the same.
            if isinstance(error, S3Error) and not error.code:
                away.set()
            return Outcome(work, FAILED, error.message)
        return Outcome(work, COPIED)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(copy, works))


def _copy(work: Work, source: Store | Folder, target: Store, *, verify: bool) -> None:
    item = work.item
    with tempfile.TemporaryFile(dir=SPOOL) as file:
        content = source.read(item, file)
        if work.sha256 and content.sha256 != work.sha256:
            raise StewardError(f"{item.key} is damaged at the source")
        etag = target.write(item.key, file, content, item.mark)
    if verify and target.read(Item(item.key, item.size, item.modified, etag)) != content:
        raise StewardError(f"{item.key} is not what was written")


def _delete(plan: Plan, target: Store) -> int:
    keys = [key for change in plan.changes if change.action == planning.DELETE for key in change.data["keys"]]
    for key in keys:
        target.delete(key)
    return len(keys)
