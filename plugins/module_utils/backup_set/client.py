# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host keeps of backups, and the lock of its jobs. No engine and no repository is asked here."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..core import clock, files
from ..core.errors import StewardError
from ..core.locks import lock
from . import manifest, metrics, records
from .catalogue import Stored, build_catalogue
from .configuration import CONFIGURATION_FILE, parse_configuration
from .judge import Seen
from .model import Configuration
from .report import build_list, build_status
from .schedule import JOBS

KEY_FILE = "/etc/steward/backup/mac-key"
KEY_MODES = ("0400", "0600")
STATE = "/var/lib/steward/backup"
SETS = f"{STATE}/sets"
RESULTS = f"{STATE}/results"
# Written by the domain backup_validation.
EVIDENCE = "/var/log/steward/backup-evidence.jsonl"
LOOK = f"{STATE}/repositories.json"
WAL = f"{STATE}/wal.json"
REPLICATION = f"{STATE}/replication.json"
LOG = "/var/log/steward/backups.jsonl"
LOCK = "/run/lock/steward-backup.lock"
# Sets that a process uses, one file each.
HELD = "/run/steward/backup-sets"
# Sets that are used by what goes on after its process, or the host, was ended: one file for each who holds some.
LASTING = f"{STATE}/held"
HELD_LOCK = "/run/lock/steward-backup-sets.lock"

# Some thousands of records; older ones prove nothing of what is still there.
EVIDENCE_BYTES = 4 * 1024 * 1024


def read_configuration() -> Configuration:
    """What the role backup wrote.

    :raises StewardError: it cannot be used.
    """
    return parse_configuration(files.read_json(CONFIGURATION_FILE))


def read_key() -> bytes:
    """The key that seals manifests.

    :raises StewardError: there is none, or others than root could have it.
    """
    state = files.observe(KEY_FILE)
    if state is None:
        raise StewardError(
            f"there is no {KEY_FILE}, so no manifest can be trusted", "Run the role backup on this host."
        )
    if state.mode not in KEY_MODES or state.owner != "root":
        raise StewardError(
            f"{KEY_FILE} is of {state.owner} with mode {state.mode}, allowed is: of root with {' or '.join(KEY_MODES)}",
            "Who has read it can forge manifests: make a new key and seal the sets anew.",
        )
    return state.content.strip().encode()


def read_sets(key: bytes) -> tuple[dict[str, manifest.Manifest], dict[str, str]]:
    """The manifests this host knows, and why others were refused."""
    good: dict[str, manifest.Manifest] = {}
    refused: dict[str, str] = {}
    for name in sorted(os.listdir(SETS)) if os.path.isdir(SETS) else ():
        stem, ending = os.path.splitext(name)
        state = files.observe(f"{SETS}/{name}") if ending == ".json" and manifest.is_identifier(stem) else None
        if state is not None:
            try:
                good[stem] = manifest.parse(state.content, key, named=stem)
            except StewardError as error:
                refused[stem] = error.message
    return good, refused


def keep_set(sealed: manifest.Manifest) -> None:
    """Remember a published manifest, sealed as it lies in the repositories."""
    _make(SETS)
    files.write(f"{SETS}/{sealed['id']}.json", manifest.to_text(sealed), mode="0600")


def forget_set(name: str) -> None:
    """Forget the manifest of a set that was removed from all repositories."""
    files.remove(f"{SETS}/{name}.json")


def read_look() -> dict[str, Any] | None:
    """What the repositories listed when they were last asked."""
    return records.read(files.read_json(LOOK), "look", LOOK)


def keep_look(repository: str, rows: Iterable[Stored]) -> None:
    """Remember what a repository lists now."""
    _make(STATE)
    look = records.build_look(read_look(), repository, rows, looked=clock.to_text(clock.now()))
    files.write_json(LOOK, look, mode="0600")


def keep_wal(state: Mapping[str, Any]) -> None:
    """Remember how the archive was seen, see :func:`.window.window`."""
    _make(STATE)
    files.write_json(WAL, {"schema": records.SCHEMA, **state}, mode="0600")


def read_replication() -> dict[str, Any] | None:
    """How the further repositories were last brought up to the main one."""
    return records.read(files.read_json(REPLICATION), "replication", REPLICATION)


def keep_replication(report: Mapping[str, Any]) -> None:
    """Remember it, see :func:`.sync.plan.build_report`."""
    _make(STATE)
    files.write_json(REPLICATION, report, mode="0600")


def read_result(job: str) -> dict[str, Any] | None:
    """How a job last ended."""
    path = f"{RESULTS}/{job}.json"
    return records.read(files.read_json(path), "result", path)


def keep_result(result: Mapping[str, Any]) -> None:
    """Remember how a job ended, and write it into the log, one JSON object a line."""
    _make(RESULTS)
    with files.appending(LOG) as append:
        files.write_json(f"{RESULTS}/{result['job']}.json", result, mode="0600")
        append({"time": clock.to_text(clock.now()), **result})


def _make(folder: str) -> None:
    os.makedirs(STATE, mode=0o700, exist_ok=True)
    os.makedirs(folder, mode=0o700, exist_ok=True)


@contextlib.contextmanager
def job_lock(purpose: str, configuration: Configuration) -> Iterator[None]:
    """Hold what all jobs of this host wait for, up to the bound of the configuration.

    :raises BusyError: another job still holds it; the message names it.
    """
    with lock(LOCK, purpose, wait=configuration["lock_wait"]):
        yield


@contextlib.contextmanager
def holding(name: str, reason: str, configuration: Configuration) -> Iterator[None]:
    """Keep a set from being removed while the block runs; waits for a cleanup that is under way.

    :raises BusyError: the cleanup did not end in time.
    """
    os.makedirs(HELD, mode=0o700, exist_ok=True)
    path = f"{HELD}/{name}.{os.getpid()}"
    with lock(HELD_LOCK, f"holding the set {name}", wait=configuration["lock_wait"]):
        files.write_json(path, {"set": name, "reason": reason, "pid": os.getpid()}, mode="0600")
    try:
        yield
    finally:
        files.remove(path)


def hold_on(names: Iterable[str], owner: str, reason: str, configuration: Configuration) -> None:
    """Keep sets from being removed until ``owner`` lets them go, though its process or the host end before.

    :raises BusyError: the cleanup that is under way did not end in time.
    """
    os.makedirs(LASTING, mode=0o700, exist_ok=True)
    with lock(HELD_LOCK, f"holding sets for {owner}", wait=configuration["lock_wait"]):
        files.write_json(f"{LASTING}/{owner}", {"sets": sorted(names), "reason": reason}, mode="0600")


def let_go(owner: str) -> None:
    """What :func:`hold_on` held may be removed."""
    files.remove(f"{LASTING}/{owner}")


@contextlib.contextmanager
def removing(configuration: Configuration) -> Iterator[dict[str, str]]:
    """Let nobody begin to use a set while the block runs; yields the sets that are in use, each with the reason."""
    with lock(HELD_LOCK, "removing sets", wait=configuration["lock_wait"]):
        found: dict[str, str] = {}
        for name in sorted(os.listdir(HELD)) if os.path.isdir(HELD) else ():
            row = files.read_json(f"{HELD}/{name}") or {}
            if "set" in row and os.path.isdir(f"/proc/{row['pid']}"):
                found[row["set"]] = row["reason"]
            else:
                # Who was killed holds nothing any more.
                files.remove(f"{HELD}/{name}")
        for owner in os.listdir(LASTING) if os.path.isdir(LASTING) else ():
            row = files.read_json(f"{LASTING}/{owner}") or {"sets": (), "reason": ""}
            found |= dict.fromkeys(row["sets"], row["reason"])
        yield found


def read_evidence() -> tuple[list[dict[str, Any]], int]:
    """The records of verifications, and how many lines are none."""
    lines, _end = files.read_lines(EVIDENCE, EVIDENCE_BYTES)
    return records.parse_evidence(lines)


def look() -> Seen:
    """All that this host knows of its backups."""
    configuration = read_configuration()
    seen = read_look()
    known = [each["name"] for each in configuration["repositories"]]
    looked = {name: moment for name, moment in (seen["looked"] if seen else {}).items() if name in known}
    evidence, unreadable = read_evidence()
    results = {name: result for name in JOBS if (result := read_result(name)) is not None}
    return Seen(
        configuration=configuration,
        entries=build_catalogue(*read_sets(read_key()), records.stored_rows(seen), looked),
        now=clock.now(),
        zone=clock.local_zone(),
        evidence=evidence,
        results=results,
        wal=records.read(files.read_json(WAL), "wal", WAL),
        looked=looked,
        unreadable=unreadable,
        replication=read_replication(),
    )


def publish_metrics(seen: Seen) -> None:
    """Write the metrics where node_exporter reads them, when the configuration says where that is.

    :raises StewardError: they cannot be written there.
    """
    folder = seen.configuration["metrics"]
    if folder is None:
        return
    text = metrics.render(build_status(seen), build_list(seen, seen.entries))
    try:
        files.write(f"{folder}/{metrics.FILE}", text, mode="0644")
    except OSError as error:
        raise StewardError(f"{folder} cannot be written: {error.strerror}", "Is node_exporter installed?") from error
