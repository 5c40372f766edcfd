# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes snapshots of this host's Redis instances and brings them back, also into an append-only file.

A server whose append-only file is on reads nothing else, and with none of it starts empty. So another server loads the
snapshot first, beside the running one and unreachable for anybody, and writes the append-only file that the instance
then starts with. What is damaged is found there, the configuration of the role stays as it is, and the instance is away
only for the exchange of its files.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ...core import clock, locks, process
from ...core.errors import InputError, StewardError
from ..client import ANSWER_SECONDS, POLL_SECONDS, RedisError, find_instances, session
from ..model import unit_of
from . import command, parse, plan

# Of large instances; a child that takes longer hangs.
SECONDS = 3600
COMMAND_SECONDS = 300


def snapshot(*, instance: str, path: str) -> dict[str, Any]:
    """Write what an instance has at one moment into ``path``, a new file that appears when it was checked.

    :param path: its folder must exist; the file is root's and nobody else can read it.
    :returns: the result of a part; ``details`` has ``keys`` and ``expiring`` as they are in the file, and ``databases``
        as the instance counted them just before.
    :raises StewardError: it failed, the file is damaged, or has no keys where the instance has some.
    """
    port = plan.find_port(find_instances(), instance)
    _refuse_target(path)
    started, begun = clock.to_text(clock.now()), time.monotonic()
    with locks.lock(_lock_of(instance), f"snapshot of {instance}"), session(port) as connection:
        settings = connection.config_get("*")
        source = f"{settings['dir']}/{settings['dbfilename']}"
        passing = not os.path.exists(source) and not plan.keeps_file(settings)
        before = connection.info()
        try:
            _save(connection, instance)
            after = connection.info()
            checked = _copy_checked(
                source, path, lambda found: plan.refuse_hollow(instance, found, *_keys(before, after))
            )
        finally:
            # An instance that keeps nothing would read it at its next start.
            if passing:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(source)
    times = {"started": started, "finished": clock.to_text(clock.now()), "seconds": round(time.monotonic() - begun, 2)}
    return {**_describe(instance, path, before, checked), **times}


def _describe(instance: str, path: str, before: Mapping[str, Any], checked: parse.Checked) -> dict[str, Any]:
    size = os.path.getsize(path)
    return {
        "part": f"redis-{instance}",
        "engine": "redis",
        "version": before["redis_version"],
        "repository": None,
        "kind": "snapshot",
        "id": path,
        "size": size,
        "added": size,
        "files": 1,
        "details": {"keys": checked.keys, "expiring": checked.expiring, "databases": parse.parse_keys(before)},
    }


def count_keys(*, instance: str) -> dict[str, dict[str, int]]:
    """Keys of each database of an instance."""
    with session(plan.find_port(find_instances(), instance)) as connection:
        return parse.parse_keys(connection.info())


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[plan.Keys, plan.Keys]:
    return parse.parse_keys(before), parse.parse_keys(after)


def _lock_of(instance: str) -> str:
    return f"/run/steward-redis-{instance}.lock"


def _refuse_target(path: str) -> None:
    if os.path.lexists(path):
        raise InputError(f"{path} exists, allowed is: a path where nothing is")
    if not os.path.isdir(os.path.dirname(path)):
        raise InputError(f"{os.path.dirname(path)} is no folder, allowed is: one that exists")


def _save(connection: Any, instance: str) -> None:
    """Let the server write its file and wait until it has.

    :raises RedisError: it could not, or another child is in the way for too long.
    """
    refused = import_module("redis").ResponseError
    deadline = time.monotonic() + SECONDS
    while True:
        info = connection.info("persistence")
        # It says when in whole seconds: one more within the same second would look like the one before. After a clock
        # that was set back the last one lies ahead, and waiting for that would take as long as it was set back.
        if not plan.is_busy(info) and int(connection.time()[0]) != info["rdb_last_save_time"]:
            try:
                connection.bgsave()
                break
            except refused:
                # Another child was faster.
                if not plan.is_busy(connection.info("persistence")):
                    raise
        _wait(deadline, f"{instance} is busy with another file")
    state = plan.BUSY
    while state == plan.BUSY:
        _wait(deadline, f"{instance} did not end its snapshot")
        state = plan.judge_save(info["rdb_last_save_time"], connection.info("persistence"))
    if state == plan.FAILED:
        raise RedisError(f"{instance} could not write its snapshot", f"See journalctl -u {unit_of(instance)}.")


def _wait(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise RedisError(f"{what} within {SECONDS} s")
    time.sleep(POLL_SECONDS)


def _copy_checked(source: str, target: str, judge: Any) -> parse.Checked:
    """Copy a file to where only root reads it, check it there, and only then give it its name."""
    staged = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.partial")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(staged)
    try:
        _copy(source, staged)
        checked = check(path=staged, name=target)
        judge(checked)
        os.rename(staged, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(staged)
        raise
    return checked


def _copy(source: str, target: str) -> None:
    try:
        with (
            open(source, "rb") as given,
            open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        ):
            shutil.copyfileobj(given, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StewardError(f"{source} cannot be copied to {target}: {error.strerror}") from error


def check(*, path: str, name: str = "") -> parse.Checked:
    """What is in a snapshot file.

    :param name: what the file is called in messages.
    :raises StewardError: it is damaged, or there is none.
    """
    if not os.path.isfile(path):
        raise InputError(f"{name or path} is no file, allowed is: a snapshot of Redis")
    done = process.run(command.check(path), check=False, timeout=SECONDS)
    return parse.parse_check(name or path, done.stdout, succeeded=done.returncode == 0)


# Restore


def observe_restore(*, instance: str, path: str = "") -> dict[str, Any]:
    """What there is now: ``keys``, the number in the ``file`` when one is named, and what former restores ``kept``."""
    port = plan.find_port(find_instances(), instance)
    file = check(path=path).keys if path else None
    with session(port) as connection:
        info = connection.info()
        plan.refuse_unrestorable(instance, info)
        folder = connection.config_get("dir")["dir"]
    return {"keys": parse.parse_keys(info), "file": file, "kept": find_kept(folder)}


def find_kept(folder: str) -> list[str]:
    """What restores put aside and nobody accepted yet, the newest last."""
    return sorted(glob.glob(f"{glob.escape(folder)}.before-*"))


def restore(*, instance: str, path: str) -> dict[str, Any]:
    """Bring an instance back to a snapshot, whether it has an append-only file or none.

    The former files stay in ``kept`` until :func:`accept` or :func:`undo`. When the instance does not come back with
    the snapshot's keys they are put back at once.

    :returns: ``keys`` of each database as they were loaded, ``kept``, ``away`` (seconds without the instance), times.
    :raises StewardError: the file is damaged (then nothing was stopped), or the instance has its former data again.
    """
    port = plan.find_port(find_instances(), instance)
    started, begun = clock.to_text(clock.now()), time.monotonic()
    with locks.lock(_lock_of(instance), f"restore of {instance}"):
        with session(port) as connection:
            plan.refuse_unrestorable(instance, connection.info())
            settings = connection.config_get("*")
        with _converted(instance, path, settings) as (made, name, loaded):
            kept = f"{settings['dir']}.before-{clock.to_identifier(clock.now())}"
            stopped = time.monotonic()
            _exchange(instance, settings["dir"], kept, made, name)
            try:
                _start(instance)
                with session(port) as connection:
                    plan.refuse_lost(instance, loaded, connection.info("persistence")["rdb_last_load_keys_loaded"])
            except StewardError as error:
                _put_back(instance, port, settings["dir"], kept)
                raise StewardError(f"{instance} did not come back and has its former data again: {error}") from error
            away = round(time.monotonic() - stopped, 2)
        if not plan.is_append_only(settings) and not plan.keeps_file(settings):
            # It keeps nothing itself, so this would come back at every start.
            os.unlink(f"{settings['dir']}/{name}")
    return {
        "instance": instance,
        "path": path,
        "keys": loaded,
        "kept": kept,
        "away": away,
        "started": started,
        "finished": clock.to_text(clock.now()),
        "seconds": round(time.monotonic() - begun, 2),
    }


@contextmanager
def _converted(
    instance: str, path: str, settings: Mapping[str, str]
) -> Iterator[tuple[str, str, dict[str, dict[str, int]]]]:
    """A snapshot as the instance's own file or folder, made by a server that loaded it: place, name and keys."""
    _settle(instance, settings["dir"])
    folder = f"{os.path.dirname(settings['dir'])}/.steward-restore-{instance}"
    process.run(command.stop(command.unit_of(instance)), check=False, timeout=COMMAND_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder, 0o700)
    try:
        file = f"{folder}/{command.FILE}"
        _copy(path, file)
        checked = check(path=file, name=path)
        for owned in (folder, file):
            shutil.chown(owned, command.ACCOUNT, command.ACCOUNT)
        process.run(command.start(instance, folder, settings, SECONDS), timeout=SECONDS)
        with _beside(folder) as connection:
            loaded = parse.parse_keys(connection.info())
            plan.refuse_different(checked, loaded)
            if plan.is_append_only(settings):
                _append(connection, instance)
        process.run(command.stop(command.unit_of(instance)), timeout=COMMAND_SECONDS)
        append_only = plan.is_append_only(settings)
        name = settings["appenddirname"] if append_only else settings["dbfilename"]
        yield f"{folder}/{name}" if append_only else file, name, loaded
    finally:
        process.run(command.stop(command.unit_of(instance)), check=False, timeout=COMMAND_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _beside(folder: str) -> Iterator[Any]:
    library = import_module("redis")
    connection = library.Redis(
        unix_socket_path=f"{folder}/{command.SOCKET}", socket_timeout=ANSWER_SECONDS, decode_responses=True
    )
    try:
        yield connection
    except (library.RedisError, OSError) as error:
        raise RedisError(f"the server that loads the snapshot says: {str(error).splitlines()[0]}") from error
    finally:
        connection.close()


def _append(connection: Any, instance: str) -> None:
    """Write everything into an append-only file."""
    connection.config_set("appendonly", "yes")
    deadline = time.monotonic() + SECONDS
    while True:
        info = connection.info("persistence")
        if not info["aof_rewrite_in_progress"] and not info["aof_rewrite_scheduled"]:
            break
        _wait(deadline, f"the append-only file of {instance} was not written")
    if not info["aof_enabled"] or info["aof_last_bgrewrite_status"] != "ok":
        raise RedisError(f"the append-only file of {instance} could not be written", "See whether the disk is full.")


def _exchange(instance: str, folder: str, kept: str, made: str, name: str) -> None:
    """Stop the instance, put its files aside and give it the others."""
    process.run(command.stop(unit_of(instance)), timeout=COMMAND_SECONDS)
    aside = _aside_of(folder)
    try:
        os.mkdir(aside, 0o700)
        _move_all(folder, aside)
        # Only what is whole is called kept: whoever undoes a killed restore takes all else for rubbish.
        os.rename(aside, kept)
        os.rename(made, f"{folder}/{name}")
    except OSError as error:
        # Nothing new is there yet.
        _give_back(folder, kept)
        _start(instance)
        raise StewardError(f"the files of {instance} cannot be exchanged: {error}") from error


def _aside_of(folder: str) -> str:
    """Where files of an instance are while they go one by one, there or back."""
    return f"{os.path.dirname(folder)}/.{os.path.basename(folder)}.aside"


def _give_back(folder: str, kept: str) -> None:
    """Move what was put aside back, also what a killed exchange had put aside in part."""
    aside = _aside_of(folder)
    if os.path.isdir(kept):
        os.rename(kept, aside)
    if os.path.isdir(aside):
        _move_all(aside, folder)
        os.rmdir(aside)


def _move_all(source: str, target: str) -> None:
    """What an instance without its files has made in their place goes."""
    for name in os.listdir(source):
        if os.path.isdir(f"{target}/{name}"):
            shutil.rmtree(f"{target}/{name}")
        os.rename(f"{source}/{name}", f"{target}/{name}")


def settle(*, instance: str) -> None:
    """Give an instance its files back that an exchange had put aside in part when it was killed."""
    port = plan.find_port(find_instances(), instance)
    with locks.lock(_lock_of(instance), f"settling of {instance}"):
        with session(port) as connection:
            folder = connection.config_get("dir")["dir"]
        _settle(instance, folder)


def _settle(instance: str, folder: str) -> None:
    if os.path.isdir(_aside_of(folder)):
        process.run(command.stop(unit_of(instance)), timeout=COMMAND_SECONDS)
        _give_back(folder, "")
        _start(instance)


def _start(instance: str) -> None:
    process.run(command.start_unit(unit_of(instance)), timeout=COMMAND_SECONDS)


def _put_back(instance: str, port: int, folder: str, kept: str) -> None:
    """Let the instance have what was put aside; what it has now goes.

    :raises StewardError: it does not serve with that either.
    """
    process.run(command.stop(unit_of(instance)), timeout=COMMAND_SECONDS)
    failed = f"{folder}.failed"
    shutil.rmtree(failed, ignore_errors=True)
    os.mkdir(failed, 0o700)
    _move_all(folder, failed)
    _give_back(folder, kept)
    shutil.rmtree(failed)
    _start(instance)
    with session(port) as connection:
        connection.ping()


def accept(*, kept: str) -> None:
    """Remove what a restore had put aside; there is no way back then."""
    shutil.rmtree(kept)


def undo(*, instance: str, kept: str) -> None:
    """Take a restore back: the instance has its former data again, and what it got or wrote since is gone."""
    port = plan.find_port(find_instances(), instance)
    with locks.lock(_lock_of(instance), f"undoing of a restore of {instance}"):
        with session(port) as connection:
            folder = connection.config_get("dir")["dir"]
        _settle(instance, folder)
        if os.path.isdir(kept):
            _put_back(instance, port, folder, kept)
