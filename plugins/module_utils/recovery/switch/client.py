# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches a cluster's data directory, step by step with a journal: a killed run is resumed or undone."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from ...backup_validation.instance import is_starting, parse_control
from ...backup_validation.scratch.client import observe_links
from ...core import clock, files, locks, process, sql
from ...core.errors import InputError, StewardError
from ...core.sql import local_session
from .. import journal as journals
from ..database.plan import unit_of
from ..model import STATE
from . import plan
from .plan import Directory, Switch

COMMAND_SECONDS = 3600
ANSWER_SECONDS = 600.0
POLL_SECONDS = 0.2
END_SECONDS = 60.0
_ASKED = "SELECT system_identifier::text AS system, pg_is_in_recovery() AS in_recovery FROM pg_control_system()"


def begin(name: str, cluster: Mapping[str, Any], replacement: str, *, restore_command: str = "") -> dict[str, Any]:
    """Switch to a replacement; returns the journal of what was done.

    :param cluster: ``version``, ``name``, ``port`` and ``data`` (its directory).
    :param restore_command: gets WAL from the archive, where there is one; see :func:`undo`.
    :raises InputError: it cannot be done, and nothing was changed.
    :raises StewardError: a step failed; the journal says which, and it can be resumed or undone.
    """
    with _locked():
        _refuse_open()
        live, version = cluster["data"], str(cluster["version"])
        places = {"live": live, "aside": plan.aside_of(live, name), "replacement": replacement}
        seen = {place: observe(path, version) for place, path in places.items()}
        unit = unit_of(cluster)
        switch = plan.build_switch(name, unit, int(cluster["port"]), live, replacement, seen, restore_command)
        os.makedirs(STATE, mode=0o750, exist_ok=True)
        _store(journals.new(name, plan.STEPS, switch.to_facts(), clock.now()))
        return _forward(name)


def resume(name: str) -> dict[str, Any]:
    """Go on with a switch whose process died or whose step failed.

    :raises StewardError: there is none, or a step fails again.
    """
    with _locked():
        return _forward(name)


def undo(name: str) -> dict[str, Any]:
    """Bring the directory back that was live before; possible until it is accepted.

    Where there is an archive and the replacement has served, the archive knows the replacement's timeline as the
    newest, and whoever restores the latest moment would follow that. So the former directory goes on in a timeline that
    is newer still.

    :raises StewardError: there is none, or it cannot be taken back.
    """
    with _locked():
        journal = journals.undo(load(name))
        _store(journal)
        switch = plan.from_facts(journal["facts"])
        while step := journals.next_undo(journal):
            _take_back(switch, step, journal)
            journal = journals.undone(journal, step, clock.now())
            _store(journal)
        return journal


def is_begun(name: str) -> bool:
    """Whether there is a switch of this name."""
    return os.path.exists(_path(name))


def accept(name: str) -> dict[str, Any]:
    """Remove the directory that was live before.

    :raises StewardError: the switch is not finished, or another directory is there.
    """
    with _locked():
        journal = journals.accept(load(name))
        switch = plan.from_facts(journal["facts"])
        found = _identity(switch.aside)
        if found not in ("", switch.live_id):
            raise StewardError(f"{switch.aside} is not the directory that was put aside", "Look at it.")
        _store(journal)
        if found:
            shutil.rmtree(switch.aside)
        return journal


def load(name: str) -> dict[str, Any]:
    """The journal of a switch.

    :raises StewardError: there is none.
    """
    return journals.read(files.read_json(_path(name)), _path(name))


def _path(name: str) -> str:
    return f"{STATE}/switch-{name}.json"


def _store(journal: Mapping[str, Any]) -> None:
    files.write_json(_path(journal["name"]), journal, mode="0600")
    _sync(STATE)


def _sync(folder: str) -> None:
    """A rename survives a power cut once its folder is on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked() -> Iterator[None]:
    with locks.lock("/run/lock/steward-switch", "switch of a data directory"):
        yield


def _refuse_open() -> None:
    """:raises InputError: an earlier switch was left in the middle."""
    with suppress(FileNotFoundError):
        for entry in sorted(os.listdir(STATE)):
            name = entry.removeprefix("switch-").removesuffix(".json")
            if entry == f"switch-{name}.json" and load(name)["state"] not in ("finished", "accepted", "undone"):
                raise InputError(f"the switch {name} was begun and not ended", "Resume it, or undo it.")


def observe(path: str, version: str) -> Directory:
    """What is at a place."""
    if not os.path.lexists(path):
        return Directory()
    if os.path.islink(path) or not os.path.isdir(path):
        raise InputError(f"{path} is no directory", "A link to one cannot be switched.")
    status = os.lstat(path)
    held = files.observe(f"{path}/PG_VERSION")
    program = f"/usr/lib/postgresql/{version}/bin/pg_controldata"
    said = process.run([program, "-D", path], check=False, env={"LC_ALL": "C"}).stdout if held else ""
    return Directory(
        id=_identity(path),
        version=held.content.strip() if held else "",
        system=parse_control(said).get("Database system identifier", ""),
        owner=files.name_of_user(status.st_uid),
        mode=f"{stat.S_IMODE(status.st_mode):04o}",
        mounted=os.path.ismount(path),
        running=os.path.exists(f"{path}/postmaster.pid"),
        links=tuple(sorted(observe_links(path).values())),
    )


def _identity(path: str) -> str:
    with suppress(FileNotFoundError):
        status = os.lstat(path)
        return f"{status.st_dev}:{status.st_ino}"
    return ""


def _forward(name: str) -> dict[str, Any]:
    journal = load(name)
    switch = plan.from_facts(journal["facts"])
    while step := journals.next_step(journal):
        journal = journals.begin(journal, step, clock.now())
        _store(journal)
        try:
            _do(switch, step)
        except StewardError as error:
            _store(journals.failed(journal, step, error.message, clock.now()))
            raise
        journal = journals.done(journal, step, clock.now())
        _store(journal)
    return journal


def _do(switch: Switch, step: str) -> None:
    if step in (plan.ASIDE, plan.IN):
        _move(switch, step, back=False)
    elif step == plan.STOP:
        _stop(switch)
    elif step == plan.START:
        _start(switch)
    else:
        _verify(switch, switch.system)


def _take_back(switch: Switch, step: str, journal: Mapping[str, Any]) -> None:
    if step in (plan.ASIDE, plan.IN):
        _move(switch, step, back=True)
    elif step == plan.START:
        _end(switch)
    elif step == plan.STOP and switch.live_id:
        _go_on(switch, newer=plan.needs_timeline(switch, journal))


def _go_on(switch: Switch, *, newer: bool) -> None:
    """Start the former directory again, in a timeline newer than any that the archive knows."""
    if newer:
        _stop(switch)
        handle = os.open(f"{switch.live}/{plan.AUTOMATIC}", os.O_WRONLY | os.O_APPEND)
        try:
            os.write(handle, plan.render_recovery(switch).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        files.write(f"{switch.live}/{plan.SIGNAL}", "", mode="0600", owner=sql.ACCOUNT, group=sql.ACCOUNT)
    _start(switch)
    _verify(switch, "")
    if newer:
        with local_session(switch.port) as asked:
            for statement in plan.FORGET_RECOVERY:
                asked.execute(statement)


def _move(switch: Switch, step: str, *, back: bool) -> None:
    # A host that was restarted in between has started it again.
    _stop(switch)
    ids = {place: _identity(getattr(switch, place)) for place in ("live", "aside", "replacement")}
    move = plan.move_of(switch, step, ids, back=back)
    if move is not None:
        os.rename(move.source, move.target)
        for folder in sorted({os.path.dirname(move.source), os.path.dirname(move.target)}):
            _sync(folder)


def _stop(switch: Switch) -> None:
    process.run(["systemctl", "stop", switch.unit], timeout=COMMAND_SECONDS)
    if os.path.exists(f"{switch.live}/postmaster.pid") and _is_running(switch.live):
        raise StewardError(f"a server that {switch.unit} does not know of uses {switch.live}", "Stop it by hand.")


def _end(switch: Switch) -> None:
    """Stop a replacement that is given up; one that restarts after crash upon crash obeys nothing gentler.

    systemd itself would wait for it for an hour.
    """
    process.run(["systemctl", "stop", "--no-block", switch.unit])
    deadline = time.monotonic() + END_SECONDS
    while process.run(["systemctl", "is-active", switch.unit], check=False).stdout.strip() in (
        "active",
        "deactivating",
    ):
        if time.monotonic() > deadline:
            process.run(["systemctl", "kill", "--signal=SIGQUIT", "--kill-whom=main", switch.unit], check=False)
            break
        time.sleep(POLL_SECONDS)
    _stop(switch)


def _is_running(data: str) -> bool:
    """Whether the process that a data directory's lock file names lives in it."""
    state = files.observe(f"{data}/postmaster.pid")
    pid = state.content.split("\n", 1)[0] if state else ""
    with suppress(OSError):
        return pid.isdigit() and os.path.samefile(f"/proc/{pid}/cwd", data)
    return False


def _start(switch: Switch) -> None:
    process.run(["systemctl", "reset-failed", switch.unit], check=False)
    process.run(["systemctl", "start", switch.unit], timeout=COMMAND_SECONDS)


def _is_active(unit: str) -> bool:
    return process.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode == 0


def _verify(switch: Switch, system: str) -> None:
    """Wait until the server answers, and see that it is the right one, out of recovery."""
    deadline, said = time.monotonic() + ANSWER_SECONDS, "nothing"
    while time.monotonic() < deadline:
        try:
            with local_session(switch.port) as asked:
                row = asked.query(_ASKED)[0]
        except sql.SqlError as error:
            said = error.message
            # A server that lacks a file may well run and refuse everybody.
            if not is_starting(said) or not _is_active(switch.unit):
                hint = f"See journalctl -u {switch.unit}."
                raise StewardError(f"{switch.unit} does not serve: {said}", hint) from error
        else:
            if system and row["system"] != system:
                raise StewardError(f"port {switch.port} is served by the system {row['system']}, not by {system}")
            if not row["in_recovery"]:
                return
            said = "it is in recovery"
        time.sleep(POLL_SECONDS)
    raise StewardError(f"{switch.unit} does not answer as wanted: {said}", f"See journalctl -u {switch.unit}.")


def went_on(journal: Mapping[str, Any]) -> bool:
    """Whether a switch that was undone left the live directory in a newer timeline."""
    return plan.needs_timeline(plan.from_facts(journal["facts"]), journal)
