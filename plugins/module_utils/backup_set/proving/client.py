# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies a set level by level, each part by its own engine, and records what was found as evidence."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from glob import glob
from typing import Any

from ...backup_validation import client as validation
from ...backup_validation.inventory import Envelope
from ...backup_validation.model import CHECKSUMS, RESTORED, SERVED, Check
from ...backup_validation.scratch import client as scratches
from ...core import clock, locks, sql
from ...core.errors import StewardError
from ...core.sql import local_session
from ...openbao.snapshot import client as openbao
from ...pgbackrest import client as pgbackrest
from ...pgbackrest.model import RepositoryState, supports
from ...pgbackrest.parse import Verification
from ...pgbackrest.render import LOGS
from ...pgbackrest.wal import SEGMENT_BYTES, Continuity
from ...pgdump.foreign.client import UNPACKED
from ...redis.snapshot import client as redis
from ...restic import client as restic
from .. import client, records
from ..catalogue import Entry
from ..configuration import find_repository, number_of
from ..judge import Seen
from ..making.client import look as look_at_repositories
from ..making.client import repository_of
from ..model import PHYSICAL, Configuration
from . import checks, plan, report
from .application import client as application
from .dump import client as dumps
from .plan import Asked, Located

LOCK = "/run/lock/steward-backup-verify.lock"
Say = Callable[[str], object]


@dataclass(frozen=True)
class Proof:
    """A verification under way."""

    asked: Asked
    seen: Seen
    entry: Entry
    row: Mapping[str, Any]
    say: Say
    # What is started at the highest level.
    serving: application.Application | None = None
    # Of the repository of files, which is read once for all parts.
    read: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The repository's number in pgBackRest's configuration."""
        return number_of(self.seen.configuration, self.row["name"])

    @cached_property
    def state(self) -> RepositoryState:
        """What pgBackRest has in the repository."""
        stanza = self.seen.configuration["postgresql"]["stanza"]
        return pgbackrest.info(stanza=stanza, repo=self.number).repository(self.number)

    @property
    def known(self) -> set[str]:
        """What was read not long ago."""
        begin = self.seen.now - timedelta(seconds=self.asked.remember)
        return plan.remembered(self.seen.evidence, self.row["name"], begin) if self.asked.remember else set()

    def subject(self, located: Located) -> dict[str, Any]:
        return {
            "set": self.entry.id,
            "host": self.seen.configuration["host"],
            "part": located.name,
            "repository": self.row["name"],
            "wanted": located.levels(self.asked.level)[-1],
        }


def verify(given: Mapping[str, Any], *, say: Say = lambda line: None) -> dict[str, Any]:
    """Verify what was asked for, see :func:`.plan.parse_asked`, and return the report.

    The evidence is written whatever comes out.

    :raises InputError: nothing was done.
    :raises BusyError: another verification did not end in time.
    :raises StewardError: there is nothing to verify, or no room for it.
    """
    configuration = client.read_configuration()
    asked = plan.parse_asked(given, configuration)
    found = application.find(configuration) if asked.level >= SERVED else None
    with locks.lock(LOCK, f"verifying {asked.name or 'the newest set'}", wait=configuration["lock_wait"]):
        _clean()
        if asked.kind != plan.SETS:
            return dumps.verify(asked, configuration, say=say)
        return _verify_set(asked, configuration, say, found)


def _clean() -> None:
    """Remove what a killed verification left: it may hold what is encrypted elsewhere."""
    scratches.make_root(dumps.ROOT)
    for left in os.scandir(dumps.ROOT):
        if left.name.startswith((dumps.WORK, UNPACKED)):
            shutil.rmtree(left.path)
    application.clear()


def _verify_set(
    asked: Asked, configuration: Configuration, say: Say, serving: application.Application | None
) -> dict[str, Any]:
    row = find_repository(configuration, asked.repository)
    look_at_repositories(configuration, [row])
    seen = client.look()
    entry = plan.choose(seen.entries, asked)
    with client.holding(entry.id, "it is being verified", configuration):
        proof = Proof(asked, seen, entry, row, say, serving)
        parts = plan.locate(entry, asked.repository)
        plan.refuse_unserved(asked, entry.id, parts)
        found = [_verify_part(proof, located) for located in parts]
    # What is known now is shown by the status and the metrics.
    client.publish_metrics(client.look())
    return report.build(found, configuration, subject=entry.id, set_type=entry.type, repository=asked.repository)


def _verify_part(proof: Proof, located: Located) -> dict[str, Any]:
    wanted = located.levels(proof.asked.level)[-1]
    proof.say(f"{located.name}: begun, to level {wanted}")
    begun = time.monotonic()
    stored = records.stored_rows(client.read_look())
    first = checks.listed_check(located, proof.row["name"], {(each.repository, each.id) for each in stored})
    made = WAYS.get((located.name, located.engine), _files)(proof, located, first)
    took = time.monotonic() - begun
    proof.say(f"{located.name}: {made['result']} at level {made['level']} in {took:.1f} s")
    return made


# PostgreSQL, by pgBackRest


def _physical(proof: Proof, located: Located, first: Check) -> dict[str, Any]:
    started, below, begun = clock.now(), [first], time.monotonic()
    wanted = proof.subject(located)["wanted"]
    continuity, size = Continuity(), SEGMENT_BYTES
    if wanted >= CHECKSUMS and first.status == "pass":
        below.append(_read_backups(proof, located))
        continuity, size = _read_archive(proof)
        below.append(checks.archive_check(continuity, located.id))
    seconds = {"checks": time.monotonic() - begun}
    if wanted < RESTORED or any(check.status == "fail" for check in below):
        return validation.record(proof.subject(located), below, started=started, seconds=seconds)
    _refuse_space(located.size)
    return validation.prove(
        dumps.scratch(_version(proof)),
        proof.subject(located),
        _expectation(proof, located, plan.expected_lsn(located, continuity, size)),
        _source(proof, located),
        partial(_restore, proof, located),
        serve=partial(application.serve, proof.serving, say=proof.say) if proof.serving else None,
        before=below,
    )


def _read_backups(proof: Proof, located: Located) -> Check:
    """The backup and those it needs; of an older pgBackRest the whole repository."""
    stanza = proof.seen.configuration["postgresql"]["stanza"]
    labels, known = [located.id, *located.needs], proof.known
    if not supports(pgbackrest.version(), "verify_set"):
        labels = [""]
    found: dict[str, Verification] = {}
    try:
        for label in labels:
            if label not in known:
                name = label or "the repository"
                found[name] = pgbackrest.verify(repo=proof.number, stanza=stanza, label=label)
    except StewardError as error:
        return Check(CHECKSUMS, "checksums", "fail", error.message, {"read": sorted(found)})
    return checks.backup_checks(found, [label for label in labels if label in known])


def _read_archive(proof: Proof) -> tuple[Continuity, int]:
    database = proof.seen.configuration["postgresql"]
    try:
        archiver, size = pgbackrest.read_archiver(stanza=database["stanza"], port=database["port"])
        pushed = archiver.last_archived
    except sql.SqlError:
        # What is lost most is verified too when the server is down.
        pushed, size = "", SEGMENT_BYTES
    seen = pgbackrest.read_continuity(proof.state, stanza=database["stanza"], size=size, pushed=pushed)
    return seen, size


def _version(proof: Proof) -> str:
    """The major version of the server that was backed up."""
    return proof.state.systems[proof.state.database][1]


def _expectation(proof: Proof, located: Located, lsn: str) -> validation.Expectation:
    entries = proof.seen.entries
    return validation.Expectation(
        databases=plan.expected_databases(entries, proof.entry),
        previous=plan.previous_databases(proof.seen.evidence, entries, proof.entry),
        accepted=proof.asked.accepted,
        lsn=lsn,
        canary="canary" in located.details,
        envelope=Envelope(growth=True),
    )


def _source(proof: Proof, located: Located) -> scratches.Source:
    settings: dict[str, str] = {}
    try:
        with local_session(proof.seen.configuration["postgresql"]["port"]) as opened:
            settings = scratches.read_settings(opened)
    except sql.SqlError as error:
        proof.say(f"{located.name}: the server does not tell its settings: {error.message}")
    return scratches.Source(
        settings=settings,
        databases=(proof.entry.manifest or {"envelope": ()})["envelope"],
        writes=[LOGS],
        network=proof.row["type"] != "posix",
    )


def _restore(proof: Proof, located: Located, data: str) -> None:
    proof.say(f"{located.name}: {located.id} is restored")
    stanza = proof.seen.configuration["postgresql"]["stanza"]
    pgbackrest.restore(path=data, stanza=stanza, repo=proof.number, label=located.id)


# Files, by restic


def _files(proof: Proof, located: Located, first: Check) -> dict[str, Any]:
    started, found, seconds = clock.now(), [first], {}
    wanted, size = proof.subject(located)["wanted"], 0
    if wanted >= CHECKSUMS and first.status == "pass":
        begun = time.monotonic()
        found.append(_read_repository(proof, located))
        seconds["checks"] = time.monotonic() - begun
    if wanted >= RESTORED and all(check.status != "fail" for check in found):
        _refuse_space(located.size)
        begun = time.monotonic()
        restored = _bring_back(proof, located)
        size = located.size
        found += restored
        seconds["restore"] = time.monotonic() - begun
    return validation.record(proof.subject(located), found, started=started, seconds=seconds, size=size)


def _read_repository(proof: Proof, located: Located) -> Check:
    """All parts of a set lie in one repository, which is read once."""
    if located.id in proof.known:
        return checks.repository_check(None, "", located.id)
    sizes = [
        part["added"]
        for entry in proof.seen.entries
        for part in (entry.manifest or {"parts": ()})["parts"]
        if part["repository"] == proof.row["name"] and part["engine"] != PHYSICAL
    ]
    subset = plan.choose_subset(sizes, clock.now())
    if not proof.read:
        repository = repository_of(proof.row, proof.seen.configuration)
        proof.say(f"{located.name}: {repository.name} is read, {subset}")
        wait = proof.seen.configuration["lock_wait"]
        proof.read.append(restic.check(repository, read_data_subset=subset, wait=wait))
    return checks.repository_check(proof.read[0], subset, located.id)


def _bring_back(proof: Proof, located: Located) -> list[Check]:
    """Restore a snapshot into a folder of its own, look into it, and remove that again."""
    with _folder() as folder:
        target = f"{folder}/files"
        try:
            done = restic.restore(
                repository_of(proof.row, proof.seen.configuration),
                snapshot=located.id,
                target=target,
                wait=proof.seen.configuration["lock_wait"],
            )
            found = [checks.files_check(located, done)]
            if located.part in OPENERS:
                found.append(OPENERS[located.part](located, target))
        except StewardError as error:
            return [Check(RESTORED, "restore", "fail", error.message, {})]
    return found


@contextmanager
def _folder() -> Iterator[str]:
    """A folder of root's that is gone in the end."""
    with tempfile.TemporaryDirectory(dir=dumps.ROOT, prefix=dumps.WORK) as folder:
        yield folder


def _refuse_space(needed: int) -> None:
    plan.refuse_space(needed, shutil.disk_usage(dumps.ROOT).free, dumps.ROOT)


def _only_file(folder: str) -> str:
    found = [f"{place}/{name}" for place, _folders, names in os.walk(folder) for name in names]
    if len(found) != 1:
        raise StewardError(f"the snapshot has {len(found)} files instead of one")
    return found[0]


def _open_redis(located: Located, folder: str) -> Check:
    checked = redis.check(path=_only_file(folder), name=located.name)
    found = {"keys": checked.keys, "expiring": checked.expiring}
    return checks.keys_check(found, {name: located.details[name] for name in found if name in located.details})


def _open_openbao(located: Located, folder: str) -> Check:
    found = openbao.inspect(_only_file(folder)).to_dict()
    return checks.keys_check(found, {name: located.details[name] for name in found if name in located.details})


def _open_schema(located: Located, folder: str) -> Check:
    """Each database's schema, against the checksums that were written with it."""
    dumped = glob(f"{folder}/**/*.sql", recursive=True)
    wanted = [path for path in sorted(dumped) if os.path.basename(path) != "globals.sql"]
    return checks.schema_check([dumps.inspect(path) for path in wanted])


# Logical copies of PostgreSQL


def _logical(proof: Proof, located: Located, first: Check) -> dict[str, Any]:
    """Dumps that lie in a snapshot: they are brought back and loaded into an empty scratch instance."""
    if proof.subject(located)["wanted"] < RESTORED:
        return _files(proof, located, first)
    started, below = clock.now(), [first]
    if first.status == "pass":
        below.append(_read_repository(proof, located))
    if any(check.status == "fail" for check in below):
        return validation.record(proof.subject(located), below, started=started, seconds={})
    _refuse_space(2 * located.size)
    with _folder() as folder:
        restore = partial(_bring_dumps, proof, located, f"{folder}/files")
        expectation = validation.Expectation(
            databases=(proof.entry.manifest or {"envelope": ()})["envelope"], canary=False, envelope=dumps.ENVELOPE
        )
        return dumps.prove(
            proof.subject(located), expectation, restore, lambda: dumps.find(f"{folder}/files"), before=below
        )


def _bring_dumps(proof: Proof, located: Located, target: str) -> None:
    repository = repository_of(proof.row, proof.seen.configuration)
    restic.restore(repository, snapshot=located.id, target=target, wait=proof.seen.configuration["lock_wait"])


WAYS: Mapping[tuple[str, str], Callable[[Proof, Located, Check], dict[str, Any]]] = {
    ("postgresql", PHYSICAL): _physical,
    ("postgresql", "pgdump"): _logical,
}
OPENERS: Mapping[str, Callable[[Located, str], Check]] = {
    "redis": _open_redis,
    "openbao": _open_openbao,
    "schema": _open_schema,
}
