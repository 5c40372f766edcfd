# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who waits for whom, as trees whose roots hold up all below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# What the server gives as the process of a transaction that was prepared and belongs to none.
PREPARED = 0

Session = Mapping[str, Any]


def build_trees(sessions: Sequence[Session]) -> list[dict[str, Any]]:
    """Each root blocker with those that wait for it in ``blocks``, and so on below.

    A session that waits for several stands below each of them. Sessions that wait for each other in a circle, which
    the server ends within its deadlock_timeout, begin with the first of them and are not followed round again.

    :param sessions: rows with ``pid`` and ``waits_for``.
    """
    known = {session["pid"]: session for session in sessions}
    for pid in {blocker for session in sessions for blocker in session["waits_for"]} - known.keys():
        known[pid] = {"pid": pid, "waits_for": [], "state": "prepared transaction" if pid == PREPARED else "ended"}
    trees, seen = [], set()
    # Who waits for nobody comes first; who was reached by nobody is in a circle.
    for pid in sorted(known, key=lambda pid: (bool(known[pid]["waits_for"]), pid)):
        if pid not in seen:
            trees.append(_tree(pid, known, ()))
            seen |= _members(trees[-1])
    return trees


def _tree(pid: int, known: Mapping[int, Session], above: tuple[int, ...]) -> dict[str, Any]:
    waiters = [other for other, session in sorted(known.items()) if pid in session["waits_for"]]
    path = (*above, pid)
    return {**known[pid], "blocks": [_tree(other, known, path) for other in waiters if other not in path]}


def _members(tree: Mapping[str, Any]) -> set[int]:
    return {tree["pid"]}.union(*(_members(below) for below in tree["blocks"]))


def count_waiting(sessions: Sequence[Session]) -> int:
    """Sessions that wait for others."""
    return sum(bool(session["waits_for"]) for session in sessions)
