# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings what was lost back to a bare host, stage by stage beside a deploy; a killed one goes on where it was."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Mapping
from glob import glob
from typing import Any

from ...backup_set import client as sets
from ...backup_set.configuration import find_repository
from ...backup_set.making.client import repository_of
from ...backup_set.wishes import ESCROW
from ...backup_validation import inventory
from ...core import clock, files, locks, process
from ...core.errors import InputError, StewardError
from ...core.plan import Plan
from ...core.sql import DATABASE_NAMES, local_session
from ...openbao.client import Server, login_admin
from ...openbao.model import ADMIN_FILE
from ...openbao.snapshot import client as openbao
from ...pki.wishes import AUTHORITY_FILE
from ...postgresql.model import ACCOUNT
from ...redis.snapshot import client as redis
from ...restic import client as restic
from ...restic.command import escape
from .. import journal as journals
from ..client import Offer, find_cluster, offered
from ..content import client as content
from ..database import client as database
from ..database.plan import replacement_of, unit_of
from ..erasures import client as erasures
from ..escrow.plan import unseal_files
from ..model import LOCK, POSTGRESQL, STATE
from ..plan import build_wish, choose_parts
from ..running.steps import lookup
from . import compare, plan, reporting

JOURNAL = f"{STATE}/site.json"
FOLDER = f"{STATE}/site"
RAFT = "/var/lib/openbao/raft"
# What a killed controller left running on the host ends by itself, and is waited for.
SECONDS = 600

Options = Mapping[str, Any]
Journal = Mapping[str, Any]


def load() -> dict[str, Any] | None:
    """The journal of this host's recovery, when it had one."""
    document = files.read_json(JOURNAL)
    return journals.read(document, JOURNAL) if document else None


def inspect(options: Options) -> dict[str, Any]:
    """Whether this host can be recovered onto; changes nothing.

    :param options: ``host``, ``platform``, ``redis`` (names of instances), ``repositories`` and ``asked``.
    :raises InputError: it holds data that no recovery put there, or has no repository where the inventory says.
    """
    journal = load()
    occupied = [path for pattern in plan.data_places(options["platform"], options["redis"]) for path in glob(pattern)]
    plan.refuse_occupied(options["host"], occupied, journal)
    plan.refuse_absent(
        options["host"],
        plan.folder_to_read(options["repositories"], options["asked"]["repository"]),
        lambda folder: os.path.isfile(f"{folder}/restic/{options['host']}/config"),
    )
    if journal is not None and plan.is_open(journal):
        plan.refuse_other(journal, options["asked"])
        return {"journal": journal}
    return {"journal": None}


def begin(options: Options) -> dict[str, Any]:
    """Choose what comes back and write it down, or go on as it was written; returns the journal.

    :param options: ``host``, ``platform``, ``mode``, ``asked``, ``zone``, ``point`` and ``moment``.
    :raises InputError: the repository does not have what is asked for.
    """
    with locks.lock(LOCK, "a recovery of the site", wait=SECONDS):
        journal = load()
        if journal is not None and plan.is_open(journal):
            plan.refuse_other(journal, options["asked"])
            return journal
        asked = options["asked"]
        _own_repositories(asked["repository"], read_only=options["mode"] == "drill")
        offer = offered(asked["repository"] or asked["set"])
        document, chosen = _chosen(options, offer)
        configuration = offer.configuration
        place: dict[str, Any] = {"repository": offer.repository, "number": offer.number}
        if configuration.get(POSTGRESQL) is not None:
            remote = configuration["repositories"][offer.number - 1]["type"] != "posix"
            place |= {"stanza": configuration[POSTGRESQL]["stanza"], "remote": remote}
        wanted = {part["set"] for part in document["parts"]}
        place["sets"] = {row["id"]: row for row in offer.sets if row["id"] in wanted}
        facts = {
            "mode": options["mode"],
            "begun": options["begun"],
            "asked": dict(asked),
            "plan": document,
            "place": place,
            "results": {},
        }
        os.makedirs(FOLDER, mode=0o700, exist_ok=True)
        now = clock.now()
        return _store(journals.new(clock.to_identifier(now), plan.steps_of(chosen), facts, now))


def _own_repositories(name: str, *, read_only: bool) -> None:
    """Give PostgreSQL's account its part of a folder that came from another host, where it had another number.

    :param name: of the repository that is read, if it is known; a drill looks at no other.
    :raises InputError: the folder may be the one of a platform that serves.
    """
    configuration = sets.read_configuration()
    for row in configuration["repositories"]:
        if read_only and name not in ("", row["name"]):
            continue
        folder = f"{row['path']}/pgbackrest"
        if row["type"] != "posix" or configuration.get(POSTGRESQL) is None or not os.path.isdir(f"{folder}/archive"):
            continue
        account, owner = pwd.getpwnam(ACCOUNT), os.stat(f"{folder}/archive").st_uid
        if owner == account.pw_uid:
            continue
        if read_only:
            raise InputError(
                f"{folder} belongs to the user {owner}, allowed in a drill is: {account.pw_uid} ({ACCOUNT} here)",
                "Give the drill a copy of the repository, or a bucket.",
            )
        # The one that is looked at comes last, so that a killed run is found.
        for place, _folders, names in os.walk(folder, topdown=False):
            for path in [place, *(f"{place}/{name}" for name in names)]:
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _chosen(options: Options, offer: Offer) -> tuple[dict[str, Any], list[str]]:
    asked = options["asked"]
    point = options["point"] or {}
    moment = options["moment"] if offer.configuration.get(POSTGRESQL) is None else ""
    wish = build_wish(
        {
            "platform": options["platform"],
            "scope": plan.SCOPE,
            "source": asked["set"] or asked["repository"],
            "target": moment or asked["target"],
            "target_type": "time" if moment else asked["target_type"],
            "timeline": 0,
            "method": "beside",
            "zone": options["zone"],
            "repositories": [row["name"] for row in offer.configuration["repositories"]],
        }
    )
    wal = {**offer.wal, "points": [*offer.wal["points"], *([point] if point else [])]}
    now = clock.now()
    chosen = plan.with_newest(wish, choose_parts(wish, offer.sets, wal, now), offer.sets, now)
    document = plan.described(wish, chosen)
    return document, [row["part"] for row in document["parts"]]


def go(stage: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """Do what is left of a stage; returns the journal.

    :param keys: of the escrow bundle, needed by the stage ``source`` alone.
    :raises StewardError: a step did not work. The journal says which; running the playbook again goes on there.
    """
    with locks.lock(LOCK, "a recovery of the site", wait=SECONDS):
        journal = _needed()
        for step in plan.pending(journal, stage):
            journal = _store(journals.begin(journal, step, clock.now()))
            word, part = plan.split(step)
            try:
                result = _DO[word](journal, part, keys)
            except (StewardError, OSError) as error:
                _store(journals.failed(journal, step, str(error), clock.now()))
                hint = "Correct that and run the playbook again; it goes on here."
                raise StewardError(f"{step}: {error}", hint) from error
            journal["facts"]["results"][step] = result
            journal = _store(journals.done(journal, step, clock.now()))
        return journal


def _needed() -> dict[str, Any]:
    journal = load()
    if journal is None:
        raise StewardError(f"there is no {JOURNAL}", "playbooks/recover_site.yml begins a recovery.")
    return journal


def _store(journal: dict[str, Any]) -> dict[str, Any]:
    files.write_json(JOURNAL, journal, mode="0600")
    return journal


# The steps. Each finds out by itself how far it came before.


def _repository(journal: Journal) -> Any:
    configuration = sets.read_configuration()
    return repository_of(find_repository(configuration, journal["facts"]["place"]["repository"]), configuration)


def _keep_keys(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """What opens OpenBao, where it looks for it; and the copies to be carried away again."""
    places = {**{f"{ESCROW}/{name}": text for name, text in keys.items()}, **unseal_files(keys)}
    for path, text in places.items():
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        files.write(path, text, mode="0400")
    return {"files": sorted(places)}


def _bring_files(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    row = lookup.part_row(journal, part)
    stored = row["details"]["paths"]
    wanted = [escape(path) for path in (stored if part == plan.DATA else plan.carried_paths(stored))]
    return dict(restic.restore(_repository(journal), snapshot=row["id"], target="/", include=wanted, overwrite=True))


def _file(part: str) -> str:
    return f"{FOLDER}/{part}"


def _fetch(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    row = lookup.part_row(journal, part)
    files.remove(_file(part))
    return content.fetch_file(_repository(journal), row["id"], row["details"]["paths"][0], _file(part))


def _unlock(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """OpenBao as the snapshot has it. One that a killed run left half done is emptied and begun again."""
    if not os.path.exists(_file(part)):
        # It goes once it is in use, just before that is written down.
        _fetch(journal, part, keys)
    address = sets.read_configuration()["openbao"]["address"]
    options = content.openbao_options(address, _file(part))
    health, _seal, _content = openbao.observe_empty(options)
    if health["initialized"]:
        if not health["sealed"] and login_admin(Server(address, AUTHORITY_FILE), ADMIN_FILE) == "works":
            files.remove(_file(part))
            return {"login": "works"}
        _empty_openbao()
        openbao.observe_empty(options)
    done = openbao.restore(options)
    if done["login"] != "works":
        raise StewardError(
            f"OpenBao has the snapshot's content, but the login in {ADMIN_FILE} is {done['login']}",
            "The configuration and the snapshot are of different times; choose another set.",
        )
    files.remove(_file(part))
    return done


def _empty_openbao() -> None:
    process.run(["systemctl", "stop", "openbao.service"], timeout=SECONDS)
    for name in os.listdir(RAFT):
        path = f"{RAFT}/{name}"
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    process.run(["systemctl", "start", "openbao.service"], timeout=SECONDS)


def _place(journal: Journal) -> dict[str, Any]:
    place = journal["facts"]["place"]
    return {**find_cluster(sets.read_configuration()), **{name: place[name] for name in ("stanza", "number", "remote")}}


def _restore_database(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """Restored and replayed where nobody reaches it, with archiving off; then its directory waits."""
    place = _place(journal)
    wish = lookup.wish({**journal, "facts": {**journal["facts"], "asked": {"timeline": 0}}})
    return {**database.restore_beside(place, wish, journal["name"], {}), "place": place}


def _switch_database(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """In the place of the empty cluster that Debian made and nobody started."""
    place = lookup.result(journal, f"restore {part}")["place"]
    replacement = replacement_of(place["data"], journal["name"])
    if os.path.isdir(replacement):
        process.run(["systemctl", "stop", unit_of(place)], timeout=SECONDS)
        if os.path.isdir(place["data"]):
            shutil.rmtree(place["data"])
        os.rename(replacement, place["data"])
    return {}


def _erase(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """Who was erased since the backup is erased again."""
    content.find_ledger(_repository(journal))
    entries = erasures.read()
    port = lookup.result(journal, f"restore {part}")["place"]["port"]
    return erasures.replay(entries, port) if entries else {"replayed": 0}


def _fill(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    """An instance that nobody used yet: what it had before needs no keeping."""
    name = lookup.instance(part)
    _fetch(journal, part, keys)
    done = redis.restore(instance=name, path=_file(part))
    # A killed run before may have kept something as well.
    for kept in content.kept_of_redis(name):
        redis.accept(kept=kept)
    files.remove(_file(part))
    return {"keys": done["keys"], "seconds": done["seconds"]}


def _serve(journal: Journal, part: str, keys: Mapping[str, str]) -> dict[str, Any]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    return {"serving": clock.to_text(clock.now())}


Step = Callable[[Journal, str, Mapping[str, str]], dict[str, Any]]
_DO: Mapping[str, Step] = {
    "keys": _keep_keys,
    "files": _bring_files,
    "fetch": _fetch,
    "unlock": _unlock,
    "restore": _restore_database,
    "switch": _switch_database,
    "erasures": _erase,
    "fill": _fill,
    "serve": _serve,
}


# What databases hold.


def read_figures(port: int) -> dict[str, dict[str, Any]]:
    """Rows and checksum of each table of this host's PostgreSQL, each database as it is at one moment."""
    with local_session(port) as main:
        names = [row["name"] for row in main.query(DATABASE_NAMES)]
    return compare.figures([{"name": name, "tables": _read_tables(port, name)} for name in names])


def _read_tables(port: int, name: str) -> list[dict[str, Any]]:
    with local_session(port, name) as inside:
        for statement in (*compare.SETTINGS, compare.ONE_MOMENT):
            inside.execute(statement)
        return [
            {"name": row["name"], **inside.query(compare.CHECKSUM.format(row["quoted"]))[0]}
            for row in inside.query(inventory.TABLES)
        ]


# The report, on the controller.


def observe_report(options: Options) -> dict[str, str]:
    """Of the report's files those that are there."""
    states = {path: files.observe(path) for path in reporting.texts(options)}
    return {path: state.content for path, state in states.items() if state is not None}


def write_report(options: Options, changes: Plan) -> None:
    """Write the files that the plan names, as whoever runs the playbook."""
    os.makedirs(options["folder"], exist_ok=True)
    for change in changes.changes:
        with open(f"{change.subject}.new", "w", encoding="utf-8") as file:
            file.write(change.data["text"])
        os.replace(f"{change.subject}.new", change.subject)
