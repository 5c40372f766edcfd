# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a set: runs the engines part by part, seals the manifest and publishes it last."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ...backup_validation import canary
from ...backup_validation import client as validation
from ...core import clock
from ...core.errors import InputError, StewardError
from ...core.plan import Plan
from ...core.sql import local_session
from ...openbao.snapshot import client as openbao
from ...pgbackrest import client as pgbackrest
from ...pgdump import client as pgdump
from ...pgdump.model import build_server
from ...pki.wishes import AUTHORITY_FILE
from ...redis.snapshot import client as redis
from ...restic import client as restic
from ...restic.model import MANIFEST, Repository, build_repository
from ...restic.plan import NothingError
from ...s3.objects import client as store
from .. import client, manifest
from ..configuration import find_repository, own_repositories
from ..manifest import Head, Manifest
from ..model import FAILED, PHYSICAL, Configuration, Wanted, choose_kind, compression, parse_options, wanted_parts
from . import plan

STAGING = f"{client.STATE}/staging"
MANIFEST_FILE = "/manifest.json"
OPENBAO_LOGIN = "/etc/steward/backup/openbao-login.json"
# Where the next record would go, and where its segment begins to have any: nothing was written when both are one.
_IDLE = """
SELECT mod((pg_current_wal_insert_lsn() - '0/0'::pg_lsn), size) <= 40 AS idle
FROM (SELECT setting::numeric AS size FROM pg_settings WHERE name = 'wal_segment_size') AS segment
"""

Say = Callable[[str], object]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Making:
    """A set under way: what is known of it, where it goes, and a folder that is its own."""

    head: Head
    configuration: Configuration
    options: Mapping[str, Any]
    rows: list[Row]
    folder: str
    say: Say
    told: dict[str, int] = field(default_factory=dict)
    inventory: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    # Repositories that went away meanwhile.
    lost: dict[str, StewardError] = field(default_factory=dict)

    @property
    def answering(self) -> list[Row]:
        """The repositories that are still there."""
        return [row for row in self.rows if row["name"] not in self.lost]

    def fail(self, wanted: Wanted, error: StewardError, repository: str = "") -> None:
        """Record that a part could not be made, or not for one of several repositories."""
        place = repository if len(self.head.repositories) > 1 else ""
        self.failures.append(manifest.failure(wanted, error, place))
        self.say(f"{wanted.name}: failed, {self.failures[-1]['error']}")

    def note(self, part: str, done: float) -> None:
        """Tell how many percent of a part are done, in tens: it goes into the journal too."""
        tens = int(done) // 10 * 10
        if tens > self.told.get(part, 0):
            self.told[part] = tens
            self.say(f"{part}: {tens} %")


def make(
    set_type: str, asked: Mapping[str, Any], *, steward: str, name: str = "", say: Say = lambda line: None
) -> Manifest:
    """Make a set of this host, and return its manifest, which is published with the set.

    :param asked: options of the set, see :data:`..model.OPTIONS`.
    :param steward: the version that makes it.
    :param name: the set's id, so that several hosts have one; by default this moment.
    :param say: is told what is done.
    :raises InputError: nothing was done.
    :raises BusyError: another job of this host did not end in time.
    :raises StewardError: an essential part could not be made; nothing of the set is visible.
    """
    configuration = client.read_configuration()
    options = parse_options({**asked, "type": set_type}, configuration)
    wanted = wanted_parts(set_type, configuration)
    key = client.read_key()
    with client.job_lock(f"a set of type {set_type}", configuration):
        started = clock.now()
        head = Head(
            id=name or clock.to_identifier(started),
            type=set_type,
            platform=configuration["platform"],
            host=configuration["host"],
            steward=steward,
            started=started,
            repositories=tuple(options["repositories"]),
            wanted=tuple(wanted),
            label=options["label"],
            retention=options["retention"],
        )
        known, _refused = client.read_sets(key)
        if head.id in known:
            raise InputError(f"the set {head.id} exists already", "Try again in a second, or give another id.")
        with _folder(head.id) as folder:
            making = _begin(head, configuration, options, folder, say)
            made = _make_parts(making, known)
        return _publish(making, made, key)


def _begin(head: Head, configuration: Configuration, options: Row, folder: str, say: Say) -> Making:
    """The set under way, with those of its repositories that answer; the first of them is its main one."""
    rows, away = reach(configuration, head.repositories)
    if not rows:
        raise next(iter(away.values()))
    order = tuple(sorted(head.repositories, key=lambda place: place in away))
    making = Making(replace(head, repositories=order), configuration, options, rows, folder, say)
    for place, error in away.items():
        making.failures.append(manifest.away(place, error))
        say(f"{place}: cannot be reached, {error}")
    return making


def reach(configuration: Configuration, names: Sequence[str]) -> tuple[list[Row], dict[str, StewardError]]:
    """The wished repositories that answer, and why others do not.

    Asked first, because the engines themselves try for a quarter of an hour what is away.
    """
    rows: list[Row] = []
    away: dict[str, StewardError] = {}
    for row in configuration["repositories"]:
        if row["name"] not in names:
            continue
        try:
            if row["type"] == "s3":
                store.reach(plan.s3_description(row))
        except StewardError as error:
            away[row["name"]] = error
        else:
            rows.append(row)
    return rows, away


@contextlib.contextmanager
def _folder(name: str) -> Iterator[str]:
    """A folder for what has to lie on the disk for a moment; what a killed job left goes first."""
    shutil.rmtree(STAGING, ignore_errors=True)
    folder = f"{STAGING}/{name}"
    os.makedirs(folder, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(STAGING, ignore_errors=True)


def _make_parts(making: Making, known: Mapping[str, Manifest]) -> Manifest:
    results: list[dict[str, Any]] = []
    nothing: list[Wanted] = []
    for wanted in making.head.wanted:
        making.say(f"{wanted.name}: begun")
        begun = time.monotonic()
        try:
            results += MAKERS[wanted.part, wanted.engine](making, wanted)
        except StewardError as error:
            if isinstance(error, NothingError) and plan.may_lack(wanted, known.values()):
                nothing.append(wanted)
            else:
                making.fail(wanted, error)
        else:
            making.say(f"{wanted.name}: done in {time.monotonic() - begun:.1f} s")
    before = [each for each in known.values() if each["type"] == making.head.type]
    previous = max(before, key=lambda each: str(each["id"]), default=None)
    head = plan.without(making.head, nothing)
    made = manifest.build(
        head, results, making.failures, finished=clock.now(), previous=previous, inventory=making.inventory
    )
    return {**made, "warnings": [*made["warnings"], *plan.engine_warnings(results)]}


def _publish(making: Making, made: Manifest, key: bytes) -> Manifest:
    """Into the main repository last: only what is there is a set, and it says where else it is not."""
    if made["outcome"] == FAILED or not making.answering:
        raise StewardError(f"the set {made['id']} was not made: {'; '.join(manifest.warnings_of(made))}")
    holding = {part["repository"] for part in made["parts"]}
    main, *others = [row for name in making.head.repositories for row in making.answering if row["name"] == name]
    for row in others:
        if row["name"] not in holding:
            continue
        try:
            _publish_in(row, making, manifest.seal(made, key))
            look(making.configuration, [row])
        except StewardError as error:
            made = manifest.unpublished(made, row["name"], error)
            making.say(f"{MANIFEST}: failed, {row['name']}: {error}")
    sealed = manifest.seal(made, key)
    _publish_in(main, making, sealed)
    client.keep_set(sealed)
    look(making.configuration, [main])
    return sealed


def _publish_in(row: Row, making: Making, sealed: Manifest) -> None:
    restic.backup_stream(
        repository_of(row, making.configuration),
        part=MANIFEST,
        filename=MANIFEST_FILE,
        producer=manifest.to_text(sealed).encode(),
        tags=plan.tags(making.head, MANIFEST),
        host=making.configuration["host"],
    )


def repository_of(row: Row, configuration: Configuration, **more: Any) -> Repository:
    """This host's restic repository in a configured place."""
    return build_repository({**plan.restic_description(row), **more}, host=configuration["host"])


def look_at_repositories(*, wait: float) -> list[tuple[Repository, bool]]:
    """This host's restic repositories, and whether each is there and opens with its password.

    Copies are none of them: they come whole from their originals.
    """
    configuration = client.read_configuration()
    found = [repository_of(row, configuration) for row in own_repositories(configuration)]
    return [(repository, restic.exists(repository, wait=wait)) for repository in found]


def make_repositories(changes: Plan) -> None:
    """Make those that the plan names."""
    configuration = client.read_configuration()
    for change in changes.changes:
        restic.initialise(repository_of(find_repository(configuration, change.data["repository"]), configuration))


def look(configuration: Configuration, rows: Sequence[Row] | None = None) -> None:
    """Ask repositories what they have, and how the archive of WAL is; remember it.

    By default all that sets are made in. A copy is asked when it was made: it need not be there yet, and one that is
    away must not keep the others from being thinned.
    """
    chosen = own_repositories(configuration) if rows is None else rows
    database = configuration.get("postgresql")
    physical = database is not None and database["method"] == "physical"
    for number, row in enumerate(configuration["repositories"], start=1):
        if row not in chosen:
            continue
        listed = plan.stored_snapshots(row["name"], restic.snapshots(repository_of(row, configuration)))
        if database is not None and physical:
            state = pgbackrest.info(stanza=database["stanza"], repo=number).repository(number)
            listed += plan.stored_backups(row["name"], state.present)
        client.keep_look(row["name"], listed)
    # Of one that was not asked nothing is known: what is remembered of its archive stays.
    if physical and configuration["repositories"][0] in chosen:
        look_at_archive(configuration)


def look_at_archive(configuration: Configuration) -> None:
    """See how far the archive in the main repository leads, and remember it."""
    database = configuration["postgresql"]
    with local_session(database["port"], canary.DATABASE) as opened:
        # Asked first, so that what is archived meanwhile cannot look like something that is missing.
        idle = bool(opened.query(_IDLE)[0]["idle"])
    archiver, size = pgbackrest.read_archiver(stanza=database["stanza"], port=database["port"])
    state = pgbackrest.info(stanza=database["stanza"], repo=1).repository(1)
    pushed = archiver.last_archived
    continuity = pgbackrest.read_continuity(state, stanza=database["stanza"], size=size, pushed=pushed)
    client.keep_wal(plan.wal_state(continuity, archiver, idle=idle, now=clock.now()))


# The parts. Each returns one result for each repository of the set that has it then.


def _in_each(making: Making, wanted: Wanted, store_in: Callable[[int, Row], dict[str, Any]]) -> list[dict[str, Any]]:
    """One result for each repository; what fails in one is recorded, and the others get theirs all the same."""
    results = []
    for number, row in enumerate(making.configuration["repositories"], start=1):
        if row not in making.rows:
            continue
        if row["name"] in making.lost:
            making.fail(wanted, making.lost[row["name"]], row["name"])
            continue
        try:
            results.append(store_in(number, row))
        except StewardError as error:
            making.fail(wanted, error, row["name"])
            # Else each further part would wait for it as long again.
            _rows, gone = reach(making.configuration, [row["name"]])
            making.lost.update(gone)
    return results


def _physical(making: Making, wanted: Wanted) -> list[dict[str, Any]]:
    """PostgreSQL's files by pgBackRest; without a usable base a full backup, whatever was asked for."""
    database = making.configuration["postgresql"]
    making.inventory[:] = validation.read_inventory(partial(local_session, database["port"]))
    archiver, size = pgbackrest.read_archiver(stanza=database["stanza"], port=database["port"])

    def back_up(number: int, row: Row) -> dict[str, Any]:
        state = pgbackrest.info(stanza=database["stanza"], repo=number).repository(number)
        pushed = archiver.last_archived
        seen = pgbackrest.read_continuity(state, stanza=database["stanza"], size=size, pushed=pushed)
        return pgbackrest.backup(
            kind=choose_kind(wanted, has_base=bool(state.present), gap=seen.broken),
            repo=number,
            repository=row["name"],
            stanza=database["stanza"],
            annotations={plan.ANNOTATION: making.head.id},
            port=database["port"],
            progress=partial(making.note, wanted.name),
            wait=making.configuration["lock_wait"],
        )

    results = _in_each(making, wanted, back_up)
    if not results:
        return []
    with local_session(database["port"], canary.DATABASE) as opened:
        sung = validation.write_canary(opened, making.head.id)
    return [{**result, "details": {**result["details"], "canary": sung}} for result in results]


def _store(making: Making, wanted: Wanted, paths: Sequence[str], **options: Any) -> list[dict[str, Any]]:
    """Files and folders into every repository of the set."""

    def store_in(_number: int, row: Row) -> dict[str, Any]:
        return restic.backup_paths(
            repository_of(row, making.configuration, compression=compression(making.options["compress"])["restic"]),
            part=wanted.name,
            paths=paths,
            tags=plan.tags(making.head, wanted.name),
            host=making.configuration["host"],
            progress=lambda seen: making.note(wanted.name, 100 * seen.done),
            wait=making.configuration["lock_wait"],
            **options,
        )

    return _in_each(making, wanted, store_in)


def _files(making: Making, wanted: Wanted) -> list[dict[str, Any]]:
    """What the configuration names; of that a host may lack some."""
    source = making.configuration[wanted.part]
    # That nothing is there is no failure of a repository, so it is found before any is asked.
    restic.present_paths([], source["paths"])
    old = restic.list_older(source["paths"], source["days"]) if "days" in source else []
    return _store(making, wanted, [], optional=source["paths"], excludes=[*source["exclude"], *old])


def _made(making: Making, wanted: Wanted, made: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    return [plan.of_engine(stored, made) for stored in _store(making, wanted, [path])]


def _logical(making: Making, wanted: Wanted) -> list[dict[str, Any]]:
    """Dumps of all databases, or of their schemas."""
    folder = f"{making.folder}/{wanted.name}"
    made = pgdump.dump_server(
        server=build_server({"port": making.configuration["postgresql"]["port"]}),
        folder=folder,
        level=f"zstd:{compression(making.options['compress'])['zstd']}" if making.options["compress"] else "none",
        schema_only=wanted.part == "schema",
    )
    return _made(making, wanted, made, folder)


def _redis(making: Making, wanted: Wanted) -> list[dict[str, Any]]:
    path = f"{making.folder}/{wanted.name}.rdb"
    made = redis.snapshot(instance=wanted.name.removeprefix("redis-"), path=path)
    return _made(making, wanted, made, path)


def _openbao(making: Making, wanted: Wanted) -> list[dict[str, Any]]:
    path = f"{making.folder}/{wanted.name}.snap"
    where = {"address": making.configuration["openbao"]["address"], "ca_file": AUTHORITY_FILE, "path": path}
    made = openbao.take({**where, "login_file": OPENBAO_LOGIN})
    return _made(making, wanted, {**made, "engine": "openbao", "kind": wanted.kind}, path)


MAKERS: Mapping[tuple[str, str], Callable[[Making, Wanted], list[dict[str, Any]]]] = {
    ("postgresql", PHYSICAL): _physical,
    ("postgresql", "pgdump"): _logical,
    ("schema", "pgdump"): _logical,
    ("redis", "restic"): _redis,
    ("openbao", "restic"): _openbao,
    **{(part, "restic"): _files for part in ("configuration", "application_data", "logs")},
}
