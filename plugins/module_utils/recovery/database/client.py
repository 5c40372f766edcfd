# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the database back: restored and replayed in an isolated instance beside the live one, then switched in."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...backup_validation import client as validation
from ...backup_validation import instance
from ...backup_validation.model import Scratch
from ...backup_validation.scratch import client as scratches
from ...core import files, process, sql
from ...core.errors import StewardError
from ...core.sql import DATABASE_NAMES, local_session
from ...pgbackrest import client as pgbackrest
from ...pgbackrest.model import supports
from ...pgbackrest.render import LOGS
from ..journal import UNDONE
from ..switch import client as switching
from . import plan

SECONDS = 3600
POLL_SECONDS = 0.2
_ROLES = """
SELECT rolname AS name, rolcanlogin AS login, rolpassword AS secret FROM pg_authid
WHERE rolname !~ '^pg_' AND NOT rolsuper
"""
Say = Callable[[str], object]
Place = Mapping[str, Any]


def check_integrity(place: Place, label: str, name: str) -> dict[str, Any]:
    """Let the live server hand over its WAL, then compare what the backup needs with its checksums.

    :param place: ``stanza``, ``number``, ``port``, ``remote`` and ``data`` of this recovery.
    :raises StewardError: something of it is damaged or missing.
    """
    marked = mark(place, f"asked_{name}")
    whole = label if supports(pgbackrest.version(), "verify_set") else ""
    found = pgbackrest.verify(repo=place["number"], stanza=place["stanza"], label=whole)
    if not found.good:
        raise StewardError(
            f"the backup {label} is damaged: {'; '.join(found.problems[:3])}",
            "Nothing was stopped. Choose another set or repository.",
        )
    return marked


def mark(place: Place, name: str) -> dict[str, Any]:
    """Name this moment in the WAL of the live server and see it archived; a warning when it cannot."""
    try:
        return {"point": pgbackrest.create_restore_point(name=name, stanza=place["stanza"], port=place["port"])}
    except StewardError as error:
        return {"warnings": [f"the live database did not hand over its last WAL: {error.message}"]}


def restore_beside(place: Place, wish: Mapping[str, Any], name: str, marked: Mapping[str, Any]) -> dict[str, Any]:
    """Restore, replay and look, all in an instance that reaches nobody; its data directory then waits beside.

    :param wish: ``label``, ``target_type``, ``target`` and ``timeline``.
    :param marked: what :func:`check_integrity` found, for a target that is the end of the WAL.
    :raises StewardError: it does not come to the target; nothing was stopped.
    """
    drop_replacement(place, name)
    scratch = plan.scratch_of(place, [cluster.port for cluster in scratches.observe_clusters()])
    with scratches.opened(scratch) as clusters:
        restored = pgbackrest.restore(
            path=scratch.data, stanza=place["stanza"], repo=place["number"], label=wish["label"],
            target_type=wish["target_type"], target=wish["target"], target_timeline=plan.timeline_of(wish),
        )  # fmt: skip
        source = scratches.Source(settings=_live_settings(place["port"]), writes=[LOGS], network=place["remote"])
        checks = scratches.start(scratch, clusters, source)
        state = scratches.read_replay(scratch)
        checks += instance.replay_checks(state, plan.expected_lsn(wish, marked))
        plan.refuse_failed(checks)
        found = validation.read_inventory(partial(scratches.session, scratch))
        scratches.hand_over(scratch, plan.replacement_of(place["data"], name))
    _remove_root(scratch)
    return {
        "seconds": restored["seconds"],
        "reached": state["commit"] or "",
        "lsn": state["lsn"] or "",
        "timeline": int(state["timeline"]),
        "databases": [plan.figures_of(row) for row in found],
    }


def _live_settings(port: int) -> dict[str, str]:
    """What replay needs of the live server's settings; nothing when it does not answer."""
    with contextlib.suppress(sql.SqlError), local_session(port) as opened:
        return scratches.read_settings(opened)
    return {}


def drop_replacement(place: Place, name: str) -> None:
    """Remove what waits beside, and what a killed restore left."""
    shutil.rmtree(plan.replacement_of(place["data"], name), ignore_errors=True)
    clusters = scratches.observe_clusters()
    scratch: Scratch = plan.scratch_of(place, [cluster.port for cluster in clusters])
    scratches.clean(scratch)
    _remove_root(scratch)


def _remove_root(scratch: Scratch) -> None:
    """The folder of a recovery's instances, once none is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(scratch.root)


def safety_copy(place: Place, name: str, roles_file: str) -> dict[str, Any]:
    """Archive the last WAL of the live server, and remember with which roles and passwords its clients come now."""
    result = mark(place, f"before_{name}")
    if os.path.exists(roles_file):
        return result
    try:
        with local_session(place["port"]) as opened:
            roles = opened.query(_ROLES)
    except sql.SqlError:
        return result
    files.write_json(roles_file, roles, mode="0600")
    return result


def switch(place: Place, name: str) -> dict[str, Any]:
    """Put the replacement in the place of the live directory, or go on with that."""
    if switching.is_begun(name):
        switching.resume(name)
    else:
        switching.begin(
            name, place, plan.replacement_of(place["data"], name), restore_command=plan.restore_command(place)
        )
    return {}


def switch_back(name: str) -> bool:
    """The former directory is live again; returns whether it went on in a new timeline."""
    if not switching.is_begun(name):
        return False
    journal = switching.load(name)
    # It was, when what comes after it was killed or did not work.
    return switching.went_on(journal if journal["state"] == UNDONE else switching.undo(name))


def accept(name: str) -> None:
    """Remove the former directory."""
    if switching.is_begun(name):
        switching.accept(name)


def verify(place: Place, expected: list[Mapping[str, Any]], roles_file: str) -> dict[str, Any]:
    """Let the roles in as their clients know them now, and see that the databases are there.

    :raises StewardError: the server is still in recovery, or a database is missing.
    """
    roles = files.read_json(roles_file) or []
    with local_session(place["port"]) as opened:
        # A password's verifier is no use in a log.
        opened.execute("SET log_statement = 'none'")
        there = [row["name"] for row in opened.query("SELECT rolname AS name FROM pg_authid")]
        for statement in plan.role_statements(roles, there):
            opened.execute(statement)
        databases = [row["name"] for row in opened.query(DATABASE_NAMES)]
    plan.refuse_missing(expected, databases)
    files.remove(roles_file)
    return {"databases": databases, "warnings": plan.role_warnings(roles, there)}


def stop(place: Place) -> dict[str, Any]:
    """Stop the cluster."""
    process.run(["systemctl", "stop", plan.unit_of(place)], timeout=SECONDS)
    return {}


def restore_into(place: Place, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Restore into the live directory, where only what differs is written."""
    done = pgbackrest.restore(
        path=place["data"], stanza=place["stanza"], repo=place["number"], label=wish["label"],
        target_type=wish["target_type"], target=wish["target"], target_timeline=plan.timeline_of(wish), delta=True,
        confirm=place["data"], archive_mode="preserve",
    )  # fmt: skip
    return {"seconds": done["seconds"]}


def start(place: Place) -> dict[str, Any]:
    """Start the cluster and wait until it is out of recovery."""
    unit = plan.unit_of(place)
    process.run(["systemctl", "reset-failed", unit], check=False)
    process.run(["systemctl", "start", unit], timeout=SECONDS)
    deadline, said = time.monotonic() + SECONDS, "nothing"
    while time.monotonic() < deadline:
        try:
            with local_session(place["port"]) as opened:
                row = opened.query(scratches.REPLAYED)[0]
            if not row["in_recovery"]:
                return {"reached": row["commit"] or "", "lsn": row["lsn"] or "", "timeline": int(row["timeline"])}
        except sql.SqlError as error:
            said = error.message
            if not instance.is_starting(said):
                raise
        time.sleep(POLL_SECONDS)
    raise StewardError(f"{unit} did not come out of recovery: {said}", f"See journalctl -u {unit}.")
