# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From both sides as they were seen to what is copied, stage by stage, and what is deleted after its own retention."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from ...core.plan import Change, Plan
from ..objects.model import Item, Recorded, is_md5
from .model import ABSENT, DAMAGED, DIFFERENT, Wish, Work, World, is_left_out, stage_of

COPY, DELETE, MISS = "copy", "delete", "miss"
# Lines of a difference that somebody may still read.
MOST_SHOWN = 100
# A retention lets go of old objects bit by bit; a source that lost so much has other troubles.
MOST_DELETED = 0.5


def plan_replication(wish: Wish, seen: World, now: datetime, target: str) -> Plan:
    """One change a stage; the facts are how many objects are ``present`` and ``warnings``."""
    works = [work for work in (_work(item, seen) for item in seen.source.values()) if work]
    missed = _missed(wish, seen, now)
    old, warnings = _deletions(wish, seen, missed, now)
    changes = [*_copies(works, target), *_marks(missed, seen, target), *_removals(old, target)]
    return Plan(tuple(changes), {"present": len(seen.source) - len(works), "warnings": warnings})


def needs_look(item: Item, copy: Item | None) -> bool:
    """Whether only the copy itself can say if it is one: same size, and no two MD5 to compare."""
    return copy is not None and copy.size == item.size and not _has_same_md5(item, copy)


def _has_same_md5(item: Item, copy: Item) -> bool:
    return is_md5(item.mark) and item.mark == copy.mark


def is_present(item: Item, copy: Item | None, recorded: Recorded) -> bool:
    """Whether a copy is one as far as can be told without reading it."""
    if copy is None or copy.size != item.size:
        return False
    return _has_same_md5(item, copy) or recorded.mark == item.mark


def _work(item: Item, seen: World) -> Work | None:
    copy, recorded = seen.target.get(item.key), seen.recorded.get(item.key, Recorded())
    if copy is None:
        return Work(item, ABSENT)
    if not is_present(item, copy, recorded):
        return Work(item, DIFFERENT)
    # A source that is damaged itself may not replace anything: it must be what it was when it was copied.
    known = recorded.sha256 if recorded.mark == item.mark else ""
    return Work(item, DAMAGED, known) if _is_damaged(item, recorded, seen) else None


def _is_damaged(item: Item, recorded: Recorded, seen: World) -> bool:
    if item.key not in seen.contents:
        return False
    content = seen.contents[item.key]
    if content is None or content.size != item.size:
        return True
    if recorded.sha256:
        return content.sha256 != recorded.sha256
    # Made by others and found by its MD5.
    return content.md5 != item.mark


def choose_sample(keys: Iterable[str], percent: int, seed: str) -> list[str]:
    """The keys to read this time; with another seed others, so that in the end each had its turn."""
    bound = percent * 2**32 // 100
    return [key for key in keys if int(hashlib.sha256(f"{seed} {key}".encode()).hexdigest()[:8], 16) < bound]


def _copies(works: Sequence[Work], target: str) -> Iterator[Change]:
    for stage in sorted({stage_of(work.item.key) for work in works}):
        chosen = [work for work in works if stage_of(work.item.key) == stage]
        # Oldest first: what an interrupted run has copied is what was waiting longest.
        chosen.sort(key=lambda work: (work.item.modified, work.item.key))
        before = [f"{work.item.key}: {work.reason}" for work in chosen if work.reason != ABSENT]
        after = [f"{work.item.key}: {work.item.size} bytes" for work in chosen]
        yield Change(COPY, target, _show(before), _show(after), {"works": chosen})


def _removals(old: Sequence[str], target: str) -> Iterator[Change]:
    if old:
        # What refers to others goes before them.
        yield Change(DELETE, target, _show(old), "", {"keys": sorted(old, key=lambda key: (-stage_of(key), key))})


def _missed(wish: Wish, seen: World, now: datetime) -> dict[str, datetime]:
    """When each copy was first missed that the source does not have; one that is there again is none of them.

    An object's own age says nothing: an old pack that is deleted at the source went just now, and what refers to it is
    younger.
    """
    if wish.delete_after_days is None:
        return {}
    return {key: seen.missed.get(key, now) for key in seen.target if key not in seen.source and not is_left_out(key)}


def _marks(missed: Mapping[str, datetime], seen: World, target: str) -> Iterator[Change]:
    if missed != seen.missed:
        yield Change(MISS, target, _show(sorted(seen.missed)), _show(sorted(missed)), {"missed": missed})


def _deletions(wish: Wish, seen: World, missed: Mapping[str, datetime], now: datetime) -> tuple[list[str], list[str]]:
    if wish.delete_after_days is None:
        return [], []
    bound = now - timedelta(days=wish.delete_after_days)
    there = [key for key in seen.target if not is_left_out(key)]
    old = sorted(key for key, since in missed.items() if since < bound)
    if len(old) > len(there) * MOST_DELETED:
        return [], [f"nothing was deleted, because the source has lost {len(old)} of the target's {len(there)} objects"]
    return old, []


def _show(lines: Sequence[str]) -> str:
    more = [f"and {len(lines) - MOST_SHOWN} more"] if len(lines) > MOST_SHOWN else []
    return "".join(f"{line}\n" for line in [*lines[:MOST_SHOWN], *more])
