# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies dumps, of ours or of anybody: they are loaded into an empty scratch instance and looked into there."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import glob
from typing import Any

from ....backup_validation import client as validation
from ....backup_validation.inventory import Envelope, Slack
from ....backup_validation.model import ACCOUNT, CHECKSUMS, LISTED, RESTORED, Check, Scratch, build_scratch
from ....backup_validation.scratch import client as scratches
from ....core import clock, process
from ....core.errors import InputError, StewardError
from ....pgdump.foreign.client import inspect_foreign
from ....pgdump.model import Server
from ....pgdump.parse import SUMS
from ....pgdump.restore.client import restore
from ....postgresql.command import quote_name
from ....s3.objects.client import Store
from ...model import Configuration
from .. import checks, plan, report
from ..plan import Asked
from . import plan as loading

# Where scratch instances and what is restored lie for the time: the server's account has to come by.
ROOT = "/var/lib/steward-scratch"
NAME, PORT = "verify", 5499
# How folders of files begin that are there only for the time.
WORK = ".work."
EVIDENCE = "/var/log/steward/dump-evidence.jsonl"
PROGRAMS = "/usr/lib/postgresql/*/bin/initdb"
SECONDS = 300
# A database that was written anew has no dead rows.
ENVELOPE = Envelope(size=Slack(95, 32 * 1024**2))


def scratch(version: str) -> Scratch:
    """The scratch instance of verifications."""
    return build_scratch(NAME, ROOT, PORT, version)


def verify(asked: Asked, configuration: Configuration, *, say: Callable[[str], object]) -> dict[str, Any]:
    """Verify a dump of anybody's at a path or in a bucket, and return the report.

    :raises InputError: there is nothing at that place.
    """
    subject = {"set": "", "dump": asked.name, "host": configuration["host"], "part": "dump", "repository": ""}
    subject["wanted"] = asked.level
    started, begun = clock.now(), time.monotonic()
    with _fetched(asked, configuration, say) as path:
        below = [Check(LISTED, "listed", "pass", f"{asked.name} is there", {})]
        if asked.level >= CHECKSUMS:
            below.append(_inspect(path, say))
        seconds = {"checks": time.monotonic() - begun}
        if asked.level < RESTORED or any(check.status == "fail" for check in below):
            made = validation.record(subject, below, started=started, seconds=seconds, evidence_file=EVIDENCE)
        else:
            expectation = validation.Expectation(databases=None, canary=False)
            loads = {"dump": path}
            made = prove(subject, expectation, None, lambda: loads, before=below, evidence_file=EVIDENCE)
    return report.build([made], configuration, subject=asked.name, set_type="dump", repository="")


def _inspect(path: str, say: Callable[[str], object]) -> Check:
    try:
        found = inspect_foreign(path=path, work=ROOT)
    except StewardError as error:
        return Check(CHECKSUMS, "dump", "fail", error.message, {})
    say(loading.describe(path, found))
    return checks.dump_check(found)


def inspect(path: str) -> dict[str, Any]:
    """What a dump is, see :func:`inspect_foreign`."""
    return inspect_foreign(path=path, work=ROOT)


@contextmanager
def _fetched(asked: Asked, configuration: Configuration, say: Callable[[str], object]) -> Iterator[str]:
    """The dump on this host's disk; one that was fetched is gone in the end."""
    if asked.kind == plan.PATHS:
        if not os.path.exists(asked.name):
            raise InputError(f"the dump is {asked.name!r}, which is not there")
        yield asked.name
        return
    options = loading.locate_object(asked.name, configuration)
    store = Store.open(options)
    item = next((item for item in store.list() if item.key == options["key"]), None)
    if item is None:
        raise InputError(f"the dump is {asked.name!r}, which is not there")
    plan.refuse_space(item.size, shutil.disk_usage(ROOT).free, ROOT)
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=WORK) as folder:
        say(f"{asked.name}: is fetched")
        path = f"{folder}/dump"
        with open(path, "xb") as file:
            store.read(item, file)
        yield path


def find(folder: str) -> dict[str, str]:
    """The databases of a logical copy of ours below a folder, each with the place of its archive.

    :raises StewardError: there is none.
    """
    sums = glob(f"{folder}/**/{SUMS}", recursive=True)
    if len(sums) != 1:
        raise StewardError(f"the snapshot has {len(sums)} copies of a server instead of one")
    found = [entry.path for entry in os.scandir(os.path.dirname(sums[0])) if entry.is_dir()]
    return {loading.database_of(path): path for path in sorted(found)}


def prove(
    subject: Mapping[str, Any],
    expectation: validation.Expectation,
    bring: Callable[[], object] | None,
    dumped: Callable[[], Mapping[str, str]],
    *,
    before: Sequence[Check],
    evidence_file: str = validation.EVIDENCE,
) -> dict[str, Any]:
    """Levels 2 and 3 of dumps: they are loaded into an empty instance, see :func:`validation.prove`.

    :param bring: gets the dumps, before the instance starts.
    :param dumped: the databases with the places of their dumps, once they were brought.
    """
    place = scratch(loading.choose_version(glob(PROGRAMS)))

    def fill(data: str) -> None:
        if bring:
            bring()
        _make_cluster(place, data)

    def load() -> None:
        for database, path in dumped().items():
            _load(place, database, path)

    return validation.prove(
        place,
        subject,
        expectation,
        scratches.Source(),
        fill,
        load=load,
        before=before,
        evidence_file=evidence_file,
    )


def _make_cluster(place: Scratch, data: str) -> None:
    program = f"/usr/lib/postgresql/{place.version}/bin/initdb"
    argv = ["runuser", "--user", ACCOUNT, "--", program, "--pgdata", data, "--username", ACCOUNT]
    process.run([*argv, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=peer", "--no-sync"], cwd="/", timeout=SECONDS)


def _load(place: Scratch, database: str, path: str) -> None:
    """Load a dump; roles that it names are made without any right, as often as it misses one."""
    server = Server(host=place.sockets, port=place.port, user=ACCOUNT, sslmode="disable")
    for _number in range(loading.ROLES_MAXIMUM):
        _empty(place, database)
        try:
            restore(server=server, database=database, path=path, work=ROOT)
            return
        except StewardError as error:
            role = loading.missing_role(error.message)
            if not role:
                raise
        with scratches.session(place) as opened:
            opened.execute(f"CREATE ROLE {quote_name(role)}")
    raise StewardError(f"{path} misses more than {loading.ROLES_MAXIMUM} roles")


def _empty(place: Scratch, database: str) -> None:
    if database == loading.MAINTENANCE:
        return
    name = quote_name(database)
    with scratches.session(place) as opened:
        opened.execute(f"DROP DATABASE IF EXISTS {name}")
        opened.execute(f"CREATE DATABASE {name} TEMPLATE template0")
